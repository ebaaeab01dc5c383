"""What people type on the pages that belong to no record."""

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.audit.verify.outside import why_not_read
from clinic.lib.fields import LINE
from clinic.lib.text import readable_text


class AnchorForm(forms.Form):
    """An entry and its code, as they stand at the foot of a print."""

    anchor = forms.CharField(
        label=_("Entry and code at the foot of a print or a file"),
        max_length=LINE,
        validators=[readable_text],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_anchor(self) -> str:
        typed = self.cleaned_data["anchor"]
        if problem := why_not_read(typed):
            raise forms.ValidationError(problem, code="anchor")
        return typed
