"""Taking the evidence of a record out: for whom, and why."""

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.lib.fields import PROSE
from sessions.forms.base import LogbookForm


class EvidenceForm(LogbookForm):
    reason = forms.CharField(
        label=_("For whom, and why"),
        max_length=PROSE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "It stands in the pack and in the history: a court and its file number, an inspection, the patient."
        ),
    )
