"""What every form shares: readable text, a key against sending twice, problems shown at their field."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.lib.problems import Problem
from clinic.lib.text import readable_text


class KeyedForm(forms.Form):
    """A plain form with a key; problems of a rule or an act are shown at their field."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_key"].initial = uuid.uuid4()
        for field in self.fields.values():
            holds_text = isinstance(field, forms.CharField) and not isinstance(field, forms.UUIDField)
            if holds_text and readable_text not in field.validators:
                field.validators.append(readable_text)

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Show each problem at its field, or above the form where it belongs to none."""
        if not hasattr(self, "cleaned_data"):
            self.cleaned_data = {}
        for problem in problems:
            field = problem.field if problem.field in self.fields else None
            if field and problem.code == "unlikely":
                self.fields[field].ask_again = True  # type: ignore[attr-defined]
            self.add_error(field, forms.ValidationError(str(problem.message), code=problem.code))


class CodeInput(forms.TextInput):
    """A code is typed anew each time, and stands on no page."""

    def format_value(self, value: Any) -> None:
        return None


def code_field(*, required: bool = True) -> forms.CharField:
    """The code of an authenticator app, or a recovery code."""
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(label=_("Code"), max_length=40, required=required, widget=CodeInput(attrs=attrs))


def code_beside_password() -> forms.CharField:
    """Drawn for those who have a second factor, whose empty code is a wrong one (`parts/_confirm.html`)."""
    field = code_field(required=False)
    field.help_text = _("Of your authenticator app, or a recovery code.")
    return field
