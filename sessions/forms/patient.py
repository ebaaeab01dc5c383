"""Who a patient is, and the search for one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.lib.text import readable_text
from sessions.forms.base import LogbookModelForm, form_field
from sessions.measures.words import Sex
from sessions.models import Patient


class SearchForm(forms.Form):
    """One box. Sent by POST, so that no name stands in an address."""

    search = forms.CharField(
        label=_("Name, record number or date of birth"),
        max_length=100,
        required=False,
        validators=[readable_text],
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )


class PatientForm(LogbookModelForm):
    """Who the patient is; nobody's sex is picked beforehand."""

    sex = forms.ChoiceField(label=_("sex"), choices=Sex.choices, widget=forms.RadioSelect)

    class Meta:
        model = Patient
        fields = [
            "family_name",
            "given_names",
            "birth_date",
            "sex",
            "record_number",
            "phone",
            "referring_doctor",
            "note",
        ]
        formfield_callback = form_field
        help_texts = {"note": _("For the office. What is medical belongs to the consultation.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("family_name", "given_names", "birth_date", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.fields["phone"].widget.input_type = "tel"


class RegisterForm(PatientForm):
    """A new patient. The last box is shown when somebody alike is known."""

    another_person = forms.BooleanField(label=_("This is another person"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["record_number"].required = False
        self.fields["record_number"].help_text = _("Leave it empty for the next number of the year.")

    def typed(self) -> dict[str, Any]:
        """What is readable so far of name and birth date, for the warning while typing."""
        self.is_valid()
        clean = self.cleaned_data
        return {
            "family_name": clean.get("family_name", ""),
            "given_names": clean.get("given_names", ""),
            "birth_date": clean.get("birth_date"),
        }


class EditPatientForm(PatientForm):
    """A correction, with its reason and the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("reason for the change"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the history with the old and the new values."),
    )
