"""What a person may ask of the trail. It is read from the address; a record number is typed and never stands there."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.accounts.models import User
from clinic.audit.words import ACTS, LOOKS
from clinic.lib.fields import Line
from sessions.forms.base import DayField
from sessions.forms.report import YEARS
from sessions.models import Patient
from sessions.reports.trail_filter import ACT_ORDERS, LOOK_ORDERS, Sorting, TrailFilter
from sessions.reports.trail_records import SAID

_UID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RECORD = re.compile(rf"(?:{'|'.join(SAID)}):{_UID}")
_SUBJECT = re.compile(rf"(?:{'|'.join(SAID)}):{_UID}|user:\d{{1,18}}|report:[a-z-]{{1,40}}", re.ASCII)
_PLACE = re.compile(r"[1-9]\d{0,17}", re.ASCII)


class KindsField(forms.MultipleChoiceField):
    """Kinds of acts or looks, in the order of their words."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, words: dict[str, Any], **options: Any) -> None:
        choices = sorted(((kind, str(said)) for kind, said in words.items()), key=lambda choice: choice[1].casefold())
        super().__init__(choices=choices, required=False, **options)


class TrailForm(forms.Form):
    """The limits of the trail; a blank field is no limit."""

    orders: tuple[str, ...] = ()
    words: dict[str, Any] = {}
    record_pattern = _RECORD

    from_date = DayField(label=_("From"), required=False, validators=YEARS)
    to_date = DayField(label=_("To"), required=False, validators=YEARS)
    person = forms.ModelChoiceField(User.objects.none(), label=_("Person"), required=False, empty_label=_("everybody"))
    record_number = forms.CharField(
        label=_("Record number"), required=False, max_length=20, validators=Line.default_validators
    )
    patient = forms.ModelChoiceField(
        Patient.objects.all(), required=False, to_field_name="uid", widget=forms.HiddenInput
    )
    record = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    after = forms.CharField(required=False, max_length=18, widget=forms.HiddenInput)

    def __init__(self, *args: Any, typed: bool = False, **kwargs: Any) -> None:
        """`typed` where a person sent the form; else the values stand in an address."""
        super().__init__(*args, **kwargs)
        self.typed = typed
        self.fields["person"].queryset = User.objects.by_name()  # type: ignore[attr-defined]
        self.fields["kind"] = KindsField(self.words, label=_("Kinds"))

    def clean_record(self) -> str:
        text = str(self.cleaned_data["record"])
        if text and not self.record_pattern.fullmatch(text):
            raise ValidationError(_("This address names no record."))
        return text

    def clean_sort(self) -> Sorting:
        sorting = Sorting.read(self.cleaned_data["sort"])
        if sorting.name not in self.orders:
            raise ValidationError(_("The trail cannot be sorted by this."))
        return sorting

    def clean_after(self) -> int | None:
        text = self.cleaned_data["after"]
        if text and not _PLACE.fullmatch(text):
            raise ValidationError(_("The page of the list is not known. Begin again with the first page."))
        return int(text) if text else None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.typed:
            self._find_patient(values)
        else:
            self._read_address()
        first, last = values.get("from_date"), values.get("to_date")
        if first and last and first > last:
            self.add_error("to_date", ValidationError(_("The period ends before it begins.")))
        return values

    def _find_patient(self, values: dict[str, Any]) -> None:
        number = values.get("record_number", "")
        values["patient"] = Patient.objects.filter(record_number__iexact=number).first() if number else None
        if number and values["patient"] is None:
            self.add_error("record_number", ValidationError(_("No patient has this record number.")))

    def _read_address(self) -> None:
        for name in self.data:
            if name not in self.fields or name == "record_number":
                self.add_error(
                    None, ValidationError(_("The trail knows no limit named “%(name)s”."), params={"name": name[:40]})
                )
            elif name != "kind" and len(self.data.getlist(name)) > 1:  # type: ignore[attr-defined]
                self.add_error(name, ValidationError(_("This limit stands twice in the address.")))

    def chosen(self) -> TrailFilter:
        """The limits, once they are found to be sound."""
        data = self.cleaned_data
        return TrailFilter(
            from_date=data["from_date"],
            to_date=data["to_date"],
            person=data["person"].pk if data["person"] else None,
            patient=data["patient"].pk if data["patient"] else None,
            kinds=tuple(sorted(data["kind"])),
            record=data["record"],
        )

    def address(self, **others: Any) -> str:
        """The limits as they stand in an address, with `others` (None takes one away); no name and no number of a record."""
        data = self.cleaned_data
        values = {
            "from_date": data["from_date"],
            "to_date": data["to_date"],
            "person": data["person"].pk if data["person"] else None,
            "patient": data["patient"].uid if data["patient"] else None,
            "kind": sorted(data["kind"]),
            "record": data["record"],
            "sort": None if data["sort"] == Sorting() else data["sort"],
        } | others
        query = QueryDict(mutable=True)
        for name, value in values.items():
            if value not in (None, "", []):
                query.setlist(name, [str(each) for each in (value if isinstance(value, list) else [value])])
        return query.urlencode()

    def as_typed(self) -> "TrailForm":
        """The same limits in a form to be changed: the patient by record number."""
        data = self.cleaned_data
        patient = data["patient"]
        initial = {name: data[name] for name in ("from_date", "to_date", "person", "kind", "record", "sort")}
        return type(self)(initial=initial | {"record_number": patient.record_number if patient else ""})


class ActTrailForm(TrailForm):
    """The limits of the trail of changes."""

    orders = ACT_ORDERS
    words = ACTS
    record_pattern = _SUBJECT


class LookTrailForm(TrailForm):
    """The limits of the trail of looks."""

    orders = LOOK_ORDERS
    words = LOOKS
