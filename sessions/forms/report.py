"""What a person may ask of a report. It is read from the address, so that it can be kept as a bookmark."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.lib.fields import Line
from clinic.lib.forms import KeyedForm
from sessions.forms.base import DayField
from sessions.measures.ages import BANDS
from sessions.measures.sites import Indication, Side, Site
from sessions.measures.words import RecordStatus, Sex, Status
from sessions.models import Device, Session
from sessions.reports.periods import NAMES, days_of
from sessions.reports.report import Report
from sessions.reports.responses import limit_choices
from sessions.reports.session_filter import ALL_LIMITS, SessionFilter

YEARS = [
    MinValueValidator(date(1900, 1, 1), _("Write the year with four digits, from 1900 on.")),
    MaxValueValidator(date(2199, 12, 31), _("This date lies too far ahead: please read it again.")),
]
# French agrees with what is chosen from.
ALL, ALL_FEMININE = _("all"), pgettext_lazy("indications or sites", "all")
MORE = frozenset({"operator", "side", "substance", "status", "record_status", "age", "sex", "response", "shared"})
DATES = frozenset({"from_date", "to_date"})


def _any(choices: Iterable[tuple[str, Any]], everything: Promise = ALL) -> list[tuple[str, Any]]:
    return [("", everything), *choices]


class LimitsForm(forms.Form):
    """The limits that all reports and the list of sessions share; a blank field is no limit.

    `limits` are those that this report takes: any other name in the address is refused.
    """

    period = forms.ChoiceField(label=_("Period"), required=False)
    from_date = DayField(label=_("From"), required=False, validators=YEARS)
    to_date = DayField(label=_("To"), required=False, validators=YEARS)
    physician = forms.ModelChoiceField(User.objects.none(), label=_("Physician"), required=False, empty_label=_("all"))
    operator = forms.ModelChoiceField(User.objects.none(), label=_("Operator"), required=False, empty_label=_("all"))
    indication = forms.ChoiceField(
        label=_("Indication"), required=False, choices=_any(Indication.choices, ALL_FEMININE)
    )
    site = forms.ChoiceField(label=_("Site"), required=False, choices=_any(Site.choices, ALL_FEMININE))
    side = forms.ChoiceField(label=_("Side"), required=False, choices=_any(Side.choices))
    device = forms.ModelChoiceField(
        Device.objects.none(), label=_("Device"), required=False, empty_label=_("all"), to_field_name="uid"
    )
    substance = forms.CharField(
        label=_("Substance"), required=False, max_length=100, validators=Line.default_validators
    )
    status = forms.ChoiceField(label=_("What happened"), required=False, choices=_any(Status.choices))
    record_status = forms.ChoiceField(label=_("Record"), required=False, choices=_any(RecordStatus.choices))
    age = forms.ChoiceField(label=_("Age at the session"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), required=False, choices=_any(Sex.choices))
    response = forms.ChoiceField(label=_("Response of the course"), required=False)

    def __init__(self, data: Any = None, *, limits: frozenset[str] = ALL_LIMITS, **more: Any) -> None:
        super().__init__(data, **more)
        taken = limits | ({"period"} if limits & DATES else frozenset())
        for name in [name for name in LimitsForm.base_fields if name not in taken]:
            del self.fields[name]
        people = User.objects.by_name()
        choices: dict[str, Any] = {
            "physician": lambda: people.filter(
                Q(role=Role.PHYSICIAN) | Exists(Session.objects.filter(physician=OuterRef("pk")))
            ),
            "operator": lambda: people,
            "device": Device.objects.all,
        }
        for name, found in choices.items():
            if name in self.fields:
                self.fields[name].queryset = found()  # type: ignore[attr-defined]
        words: dict[str, Any] = {
            "period": _any(NAMES.items(), _("by dates")),
            "age": _any([(band.code, band.label) for band in BANDS]),
        }
        if "response" in self.fields:
            words["response"] = _any(limit_choices(), ALL_FEMININE)
        for name, choices_of in words.items():
            if name in self.fields:
                self.fields[name].choices = choices_of  # type: ignore[attr-defined]

    def first_fields(self) -> list[forms.BoundField]:
        """What is asked for most."""
        return [field for field in self.visible_fields() if field.name not in MORE]

    def more_fields(self) -> list[forms.BoundField]:
        """What is asked for now and then: folded away while none of it is set."""
        return [field for field in self.visible_fields() if field.name in MORE]

    def more_is_set(self) -> bool:
        return any(field.value() or field.errors for field in self.more_fields())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in self.data:
            if name not in self.fields:
                said = _("This report knows no limit named “%(name)s”.")
                self.add_error(None, ValidationError(said, params={"name": name[:40]}))
            elif hasattr(self.data, "getlist") and len(self.data.getlist(name)) > 1:
                field = name if name in self.fields else None
                self.add_error(field, ValidationError(_("This limit stands twice in the address.")))
        first, last = values.get("from_date"), values.get("to_date")
        if first and last and first > last:
            self.add_error("to_date", ValidationError(_("The period ends before it begins.")))
        if values.get("period") and (first or last):
            self.add_error("period", ValidationError(_("Choose a usual period or write dates, not both.")))
        return values

    def chosen(self, today: date | None = None) -> SessionFilter:
        """The limits, once they are found to be sound; a usual period as its days, seen from `today`."""
        values: dict[str, Any] = {name: self.cleaned_data.get(name) for name in self.fields if name in ALL_LIMITS}
        for name in ("physician", "operator", "device"):
            if name in values:
                values[name] = values[name].pk if values[name] else None
        if period := self.cleaned_data.get("period"):
            values["from_date"], values["to_date"] = days_of(period, today or timezone.localdate())
        return SessionFilter(**values)

    def question(self, today: date | None = None, *, days: bool = True) -> str:
        """The limits as an address holds them, in one order; with `days` a usual period stands as its days."""
        values: dict[str, Any] = {field.name: self.cleaned_data.get(field.name) for field in self.visible_fields()}
        if days and values.pop("period", ""):
            chosen = self.chosen(today)
            values |= {"from_date": chosen.from_date, "to_date": chosen.to_date}
        for name in ("physician", "operator"):
            values[name] = values[name].pk if values.get(name) else None
        values["device"] = values["device"].uid if values.get("device") else None
        return urlencode(sorted((name, str(value)) for name, value in values.items() if value not in (None, "", False)))

    def without_period(self) -> str:
        """The other limits as an address holds them: a usual period is added to them."""
        pieces = self.question(days=False).split("&")
        return "&".join(piece for piece in pieces if piece.partition("=")[0] not in {"period", *DATES})

    def in_words(self) -> str:
        """The limits that were set, as a reader reads them; found to be sound before."""
        said = []
        for field in self.visible_fields():
            value = self.cleaned_data.get(field.name)
            if value in (None, "", False):
                continue
            if value is True:
                said.append(str(field.label))
                continue
            if isinstance(value, date):
                shown = date_format(value, "SHORT_DATE_FORMAT")
            else:
                shown = str(dict(getattr(field.field, "choices", [])).get(value, value))
            if field.name == "period":
                first, last = days_of(value, timezone.localdate())
                shown += f" ({date_format(first, 'SHORT_DATE_FORMAT')} – {date_format(last, 'SHORT_DATE_FORMAT')})"
            said.append(f"{field.label}{_(':')} {shown}")
        return " · ".join(said) or str(_("No limits"))


class UsualChoice(forms.ChoiceField):
    """A choice that is never left open: where nothing is chosen, `initial` is, and the page shows it."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data or initial

    def clean(self, value: Any) -> Any:
        return super().clean(value or self.initial)


class ReportForm(LimitsForm):
    """The limits of one report, which of its tables a file shall hold, and which of its definitions is used."""

    part = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    definition = UsualChoice(label=_("Definition"), required=False)
    shared = forms.BooleanField(
        label=_("To be handed on"), required=False, help_text=_("Without names, and small numbers are hidden.")
    )

    def __init__(self, data: Any = None, *, report: Report) -> None:
        super().__init__(data, limits=report.limits)
        if report.names_people or not settings.SMALLEST_CELL:
            del self.fields["shared"]
        if report.definitions is None:
            del self.fields["definition"]
        else:
            self.fields["definition"].choices = report.definitions()  # type: ignore[attr-defined]
            self.fields["definition"].label = report.choice  # type: ignore[assignment]
            if report.usual and not (data or {}).get("definition"):
                self.fields["definition"].initial = report.usual()
            self.order_fields(["definition"])


class KeepForm(KeyedForm):
    """The name under which limits are kept, and for whom."""

    name = forms.CharField(label=pgettext_lazy("kept limits", "Name"), max_length=80)
    shared = forms.BooleanField(label=_("Everybody who sees reports may use it"), required=False)
