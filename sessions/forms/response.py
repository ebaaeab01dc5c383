"""What the clinic calls a response."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.lib.figures import figure_text
from sessions.forms.base import LogbookForm, LogbookModelForm, form_field
from sessions.models import ResponseDefinition


def _reason() -> forms.CharField:
    return forms.CharField(label=_("reason for the change"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class ResponseForm(LogbookModelForm):
    """A definition of the clinic's own."""

    class Meta:
        model = ResponseDefinition
        fields = ["name", "measure", "unit", "rule", "amount", "source"]
        formfield_callback = form_field


class ChangeResponseForm(ResponseForm):
    """A new version, with its reason."""

    reason = _reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["amount"] = figure_text(self.instance.amount)


class RetireResponseForm(LogbookForm):
    """Why a definition goes out of use."""

    reason = _reason()
