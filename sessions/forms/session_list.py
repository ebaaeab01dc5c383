"""What a person may ask of the list of sessions: the limits of all reports, an order, and from where on."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sessions.forms.report import LimitsForm
from sessions.reports.session_order import ORDERS, USUAL

SORTS = [(f"{hyphen}{name}", "") for name in ORDERS for hyphen in ("", "-")]
PLACES = ("sort", "after", "before")


class SessionListForm(LimitsForm):
    """Read from the address. Pages begin at a session, named by its address and not by what it says."""

    sort = forms.ChoiceField(required=False, choices=[("", ""), *SORTS], widget=forms.HiddenInput)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("after") and values.get("before"):
            self.add_error("before", ValidationError(_("A page comes after one session or before another, not both.")))
        return values

    @property
    def chosen_sort(self) -> str:
        return self.cleaned_data.get("sort") or USUAL

    def limits(self) -> str:
        """The limits alone, as an address holds them; a usual period by its name."""
        names = {*self.fields} - set(PLACES)
        return urlencode([(name, self.data[name]) for name in sorted(names) if self.data.get(name)])
