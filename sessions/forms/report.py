"""What a person may ask of the sessions report. It is read from the address, so that it can be kept as a bookmark."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from sessions.forms.base import DayField
from sessions.measures.sites import Indication, Site
from sessions.measures.words import RecordStatus, Status
from sessions.models import Device, Session
from sessions.reports.session_filter import SessionFilter
from sessions.reports.session_list import Cursor

_CURSOR = re.compile(r"(none|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})_(\d{1,18})", re.ASCII)
YEARS = [
    MinValueValidator(date(1900, 1, 1), _("Write the year with four digits, from 1900 on.")),
    MaxValueValidator(date(2199, 12, 31), _("This date lies too far ahead: please read it again.")),
]


def cursor_text(cursor: Cursor | None) -> str:
    """A place in the list, as it stands in an address."""
    if cursor is None:
        return ""
    moment = cursor.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") if cursor.started_at else "none"
    return f"{moment}_{cursor.pk}"


# French agrees with what is chosen from.
ALL, ALL_FEMININE = _("all"), pgettext_lazy("indications or sites", "all")


def _any(choices: list[tuple[str, Any]], everything: Promise = ALL) -> list[tuple[str, Any]]:
    return [("", everything), *choices]


class SessionReportForm(forms.Form):
    """The limits of the report; a blank field is no limit."""

    from_date = DayField(label=_("From"), required=False, validators=YEARS)
    to_date = DayField(label=_("To"), required=False, validators=YEARS)
    physician = forms.ModelChoiceField(User.objects.none(), label=_("Physician"), required=False, empty_label=_("all"))
    indication = forms.ChoiceField(
        label=_("Indication"),
        required=False,
        choices=_any(Indication.choices, ALL_FEMININE),
    )
    site = forms.ChoiceField(label=_("Site"), required=False, choices=_any(Site.choices, ALL_FEMININE))
    device = forms.ModelChoiceField(
        Device.objects.none(), label=_("Device"), required=False, empty_label=_("all"), to_field_name="uid"
    )
    status = forms.ChoiceField(label=_("What happened"), required=False, choices=_any(Status.choices))
    record_status = forms.ChoiceField(label=_("Record"), required=False, choices=_any(RecordStatus.choices))
    after = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    part = forms.ChoiceField(required=False, choices=[("", ""), ("counts", ""), ("list", "")], widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        physicians = Q(role=Role.PHYSICIAN) | Q(pk__in=Session.objects.values("physician"))
        self.fields["physician"].queryset = User.objects.filter(physicians)  # type: ignore[attr-defined]
        self.fields["device"].queryset = Device.objects.all()  # type: ignore[attr-defined]

    def clean_after(self) -> Cursor | None:
        text = self.cleaned_data["after"]
        if not text:
            return None
        found = _CURSOR.fullmatch(text)
        try:
            moment, pk = found.groups()  # type: ignore[union-attr]
            return Cursor(None if moment == "none" else datetime.fromisoformat(f"{moment}+00:00"), int(pk))
        except (AttributeError, ValueError) as error:
            raise ValidationError(_("The page of the list is not known. Begin again with the first page.")) from error

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in self.data:
            if name not in self.fields:
                self.add_error(
                    None, ValidationError(_("This report knows no limit named “%(name)s”."), params={"name": name[:40]})
                )
            elif hasattr(self.data, "getlist") and len(self.data.getlist(name)) > 1:
                self.add_error(name, ValidationError(_("This limit stands twice in the address.")))
        first, last = values.get("from_date"), values.get("to_date")
        if first and last and first > last:
            self.add_error("to_date", ValidationError(_("The period ends before it begins.")))
        return values

    def in_words(self) -> str:
        """The limits that were set, as a reader reads them; found to be sound before."""
        said = []
        for field in self.visible_fields():
            value = self.cleaned_data.get(field.name)
            if value in (None, ""):
                continue
            if isinstance(value, date):
                shown = date_format(value, "SHORT_DATE_FORMAT")
            else:
                shown = str(dict(getattr(field.field, "choices", [])).get(value, value))
            said.append(f"{field.label}{_(':')} {shown}")
        return " · ".join(said) or str(_("No limits"))

    def chosen(self) -> SessionFilter:
        """The limits, once they are found to be sound."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in {"after", "part"}}
        for name in ("physician", "device"):
            values[name] = values[name].pk if values[name] else None
        return SessionFilter(**values)
