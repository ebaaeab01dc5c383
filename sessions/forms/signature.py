"""Signing and what follows: the password again, the reason, the addendum, the laboratory's result."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.accounts.passwords import LONGEST
from clinic.lib.fields import PROSE
from clinic.lib.forms import code_beside_password
from sessions.forms.base import LogbookForm, LogbookModelForm, check_typed_again, form_field
from sessions.models import Result


def _password() -> forms.CharField:
    return forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("It is asked for each signature."),
    )


class VersionForm(LogbookForm):
    """Says which version of the record its page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def meant_for(self, version: int) -> None:
        """The page now shows this version, so the next answer is meant for it."""
        typed = self.data.copy()  # type: ignore[attr-defined]
        typed[self.add_prefix("version")] = str(version)
        self.data = typed


class SignForm(VersionForm):
    password = _password()
    code = code_beside_password()


class AmendForm(LogbookForm):
    """What an amendment needs beside the corrected session form."""

    reason = forms.CharField(
        label=_("Why the record is amended"), max_length=PROSE, widget=forms.Textarea(attrs={"rows": 2})
    )
    password = _password()
    code = code_beside_password()


class AddendumForm(LogbookForm):
    text = forms.CharField(label=_("Addendum"), max_length=PROSE, widget=forms.Textarea(attrs={"rows": 5}))
    password = _password()
    code = code_beside_password()


class InErrorForm(LogbookForm):
    reason = forms.CharField(
        label=_("Why this record is wrong"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The record stays readable, struck through, with this reason. It counts in no report."),
    )


class SessionInErrorForm(VersionForm, InErrorForm):
    """A session is struck through as it was read."""


class ResultForm(LogbookModelForm):
    class Meta:
        model = Result
        fields = [
            "sufficiency",
            "comparator",
            "result_value",
            "result_unit",
            "method",
            "received_at",
            "reported_at",
            "sweat_rate",
            "reference_text",
            "interpretation",
        ]
        formfield_callback = form_field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        check_typed_again(self)
        return cleaned
