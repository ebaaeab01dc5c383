"""The rows of the session form: applications with their phases, observations, adverse events, samples."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import OutsideAnAct
from clinic.lib.text import readable_text
from sessions.actions.session_rows import Row
from sessions.forms.base import FigureField, check_typed_again, form_field, run_field_checks, typed_again
from sessions.measures.outcomes import BY_CODE, measures_of
from sessions.measures.quantities import FREQUENCY_UNITS
from sessions.measures.sites import pole_choices, site_choices
from sessions.models import AdverseEvent, Application, Observation, Phase, Sample, Session

MOST_ROWS = 40
BLANK = ("", "—")
NOT_WHOLE = _("This part of the page did not arrive whole. Please reload the page and type it again.")


class RowForm(forms.ModelForm):
    """One row; it checks the shape and hands over values with what was typed where that differs."""

    id = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, indication: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.indication = indication
        sites = [BLANK, *site_choices(indication)]
        for name in ("site", "collection_site"):
            if name in self.fields:
                self.fields[name].choices = sites  # type: ignore[attr-defined]
        for field in self.fields.values():
            if isinstance(field, forms.CharField) and readable_text not in field.validators:
                field.validators.append(readable_text)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        check_typed_again(self)
        return cleaned

    def _post_clean(self) -> None:
        """Each field's own check, at its field; the row as a whole is checked by the act."""
        run_field_checks(self)

    def values(self) -> dict[str, Any]:
        """What was typed, by model field name."""
        found = {name: self.cleaned_data[name] for name in self._meta.fields or [] if name in self.cleaned_data}
        if any(field.name == "as_typed" for field in self._meta.model._meta.fields):
            found["as_typed"] = self.typed()
        return found

    def typed(self) -> dict[str, str]:
        """The figures as they were typed, where the stored form differs."""
        found = {}
        for name, field in self.fields.items():
            text = str(self.data.get(self.add_prefix(name), "")).strip()
            value = self.cleaned_data.get(name)
            if isinstance(field, FigureField) and isinstance(value, Decimal) and text != str(value):
                found[name] = text
        return found

    def save(self, commit: bool = True) -> Any:
        raise OutsideAnAct("Forms do not write; acts do.")


class PhaseForm(RowForm):
    frequency_unit = forms.ChoiceField(label=_("Hz or kHz"), choices=[BLANK, *FREQUENCY_UNITS], required=False)

    class Meta:
        model = Phase
        fields = [
            "anode_site",
            "anode_side",
            "cathode_site",
            "cathode_side",
            "reversal",
            "current_type",
            "current_ma",
            "current_kind",
            "current_reading",
            "duration_min",
            "voltage_v",
            "frequency_hz",
            "duty_cycle_pct",
            "pulse_width_ms",
            "current_density_ma_cm2",
            "charge_ma_min",
        ]
        formfield_callback = form_field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        poles = [BLANK, *pole_choices(self.indication)]
        self.fields["anode_site"].choices = poles  # type: ignore[attr-defined]
        self.fields["cathode_site"].choices = poles  # type: ignore[attr-defined]
        self.fields["frequency_hz"].unit = ""  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        frequency, unit = cleaned.get("frequency_hz"), cleaned.get("frequency_unit")
        if frequency is not None and not unit:
            self.add_error("frequency_unit", forms.ValidationError(_("A frequency needs its unit."), code="unit"))
        if unit and frequency is None and "frequency_hz" not in self.errors:
            self.add_error("frequency_hz", forms.ValidationError(_("Write the figure as well."), code="required"))
        if frequency is not None and unit == "kHz":
            cleaned["frequency_hz"] = frequency * 1000
        return cleaned

    def typed(self) -> dict[str, str]:
        found = super().typed()
        unit = self.cleaned_data.get("frequency_unit")
        if self.cleaned_data.get("frequency_hz") is not None and unit:
            found["frequency_hz"] = str(self.data.get(self.add_prefix("frequency_hz"), "")).strip()
            found["frequency_unit"] = unit
        return found


class ApplicationForm(RowForm):
    class Meta:
        model = Application
        fields = [
            "site",
            "site_note",
            "side",
            "arrangement",
            "return_place",
            "electrode_type",
            "electrode_material",
            "electrode_area_cm2",
            "electrode_area_kind",
            "medium",
            "medium_additive",
            "water_level",
            "water_temperature_cel",
            "product",
            "substance",
            "concentration",
            "concentration_unit",
            "substance_volume_ml",
            "substance_batch",
            "substance_expiry_date",
        ]
        formfield_callback = form_field


class ObservationForm(RowForm):
    class Meta:
        model = Observation
        fields = [
            "measure",
            "site",
            "side",
            "moment",
            "value",
            "unit",
            "collection_minutes",
            "scale_name",
            "scale_maximum",
            "rater",
            "method",
        ]
        formfield_callback = form_field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        measures = measures_of(self.indication)
        self.fields["measure"].choices = [BLANK, *((measure.code, measure.name) for measure in measures)]  # type: ignore[attr-defined]
        units = dict(unit for measure in measures for unit in measure.units)
        self.fields["unit"].choices = [  # type: ignore[attr-defined]
            BLANK,
            *((ucum, shown or _("score, no unit")) for ucum, shown in units.items()),
        ]
        self.fields["unit"].required = False
        self.named_scales = "|".join(measure.code for measure in measures if measure.named_scale)
        self.timed_measures = "|".join(measure.code for measure in measures if measure.timed)

    def clean(self) -> dict[str, Any]:
        """A measure that is noted in one unit only needs nobody to choose it; any other does."""
        cleaned = super().clean()
        measure = BY_CODE.get(cleaned.get("measure") or "")
        if measure and not cleaned.get("unit") and "unit" not in self.errors:
            if len(measure.units) == 1:
                cleaned["unit"] = measure.units[0][0]
            else:
                self.add_error(
                    "unit", forms.ValidationError(self.fields["unit"].error_messages["required"], code="required")
                )
        return cleaned


class EventForm(RowForm):
    class Meta:
        model = AdverseEvent
        fields = [
            "term",
            "term_note",
            "site",
            "side",
            "under_electrode",
            "onset",
            "onset_figure",
            "detected_by",
            "severity",
            "serious",
            "serious_criterion",
            "ctcae_grade",
            "relatedness",
            "expected",
            "action",
            "outcome",
            "outcome_date",
            "device_incident",
            "incident_report",
        ]
        formfield_callback = form_field


class SampleForm(RowForm):
    class Meta:
        model = Sample
        fields = [
            "sample_id",
            "site",
            "side",
            "collector",
            "collected_from",
            "collected_until",
            "mass_mg",
            "volume_ul",
            "sufficiency",
            "pooled",
            "calibration",
            "calibration_note",
            "blood_value",
            "blood_unit",
            "blood_taken_at",
            "laboratory",
            "sent_at",
        ]
        formfield_callback = form_field


class RowFormSet(BaseFormSet):
    """Rows of one kind. A row nobody typed into is no row; one that the page did not count is never dropped."""

    default_error_messages = {"missing_management_form": NOT_WHOLE}

    def clean(self) -> None:
        counted = self.total_form_count()
        numbers = (re.match(rf"{re.escape(str(self.prefix))}-([0-9]{{1,9}})-", name) for name in self.data)
        if counted < 0 or any(found and int(found[1]) >= counted for found in numbers):
            raise forms.ValidationError(NOT_WHOLE, code="not-whole")

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove")
        if self._asked_for(index):
            first = form._meta.fields[0]
            form.fields[first].widget.attrs["autofocus"] = True

    def _asked_for(self, index: int | None) -> bool:
        """Whether this is the row that `add` asked for: the next thing to type into."""
        return self.is_bound and self.data.get("add") == self.prefix and index == self.total_form_count() - 1


class ApplicationFormSet(RowFormSet):
    """Applications, each with its phases: `form.phases`."""

    def __init__(self, *args: Any, phases: list[list[dict[str, Any]]], **kwargs: Any) -> None:
        self._phases = phases
        super().__init__(*args, **kwargs)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        form.phases = _formset(
            PhaseForm,
            f"phases-{i}",
            self.data if self.is_bound else None,
            form.indication,
            self._phases[i] if i < len(self._phases) else [],
            blank=1,
        )
        if self.is_bound and form.phases.has_changed():
            form.empty_permitted = False
        return form


def applications_of(data: Any, indication: str, session: Session | None) -> Any:
    stored = list(session.applications.all()) if session else []
    made = formset_factory(
        ApplicationForm,
        formset=ApplicationFormSet,
        extra=0 if stored else 1,
        can_delete=True,
        absolute_max=MOST_ROWS,
        max_num=MOST_ROWS,
    )
    phases = [[initial(phase, PhaseForm) for phase in row.phases.all()] for row in stored]
    return made(
        _grown(data, "applications"),
        prefix="applications",
        initial=[initial(row, ApplicationForm) for row in stored],
        form_kwargs={"indication": indication},
        phases=phases,  # type: ignore[call-arg]
    )


def observations_of(data: Any, indication: str, session: Session | None) -> Any:
    stored = session.observations.all() if session else []
    return _formset(
        ObservationForm, "observations", data, indication, [initial(row, ObservationForm) for row in stored], blank=1
    )


def events_of(data: Any, indication: str, session: Session | None) -> Any:
    stored = session.events.all() if session else []
    return _formset(EventForm, "events", data, indication, [initial(row, EventForm) for row in stored], blank=1)


def samples_of(data: Any, indication: str, session: Session | None) -> Any:
    stored = session.samples.all() if session else []
    return _formset(SampleForm, "samples", data, indication, [initial(row, SampleForm) for row in stored], blank=1)


def rows_in(formset: Any) -> tuple[Row, ...]:
    """The rows that were typed and not removed, for the act."""
    return tuple(_rows(formset))


def _rows(formset: Any) -> Iterable[Row]:
    for index, form in enumerate(formset.forms):
        if form.cleaned_data.get("DELETE"):
            continue
        phases = getattr(form, "phases", None)
        below = rows_in(phases) if phases is not None else ()
        if not (form.cleaned_data.get("id") or form.has_changed() or below):
            continue
        yield Row(
            values=form.values(), id=form.cleaned_data.get("id"), index=index, below=below, retyped=typed_again(form)
        )


def initial(row: models.Model, form: type[RowForm]) -> dict[str, Any]:
    """A stored row as the form shows it again: figures as they were typed."""
    names = [*(form._meta.fields or []), "id"]
    typed = getattr(row, "as_typed", {})
    values = {name: getattr(row, row._meta.get_field(name).attname) for name in names}  # type: ignore[union-attr]
    return {
        name: format(value.normalize(), "f") if isinstance(value, Decimal) else value for name, value in values.items()
    } | typed


def _formset(
    form: type[RowForm], prefix: str, data: Any, indication: str, rows: list[dict[str, Any]], *, blank: int
) -> Any:
    made = formset_factory(
        form, formset=RowFormSet, extra=0 if rows else blank, can_delete=True, absolute_max=MOST_ROWS, max_num=MOST_ROWS
    )
    data = _grown(data if rows else _begun(data, prefix, blank), prefix)
    return made(data, prefix=prefix, initial=rows, form_kwargs={"indication": indication})


def _begun(data: Any, prefix: str, blank: int) -> Any:
    """The posted data with the counts of rows that the page could not hold yet: those of a new application."""
    if data is None or f"{prefix}-TOTAL_FORMS" in data:
        return data
    copy = data.copy()
    copy[f"{prefix}-TOTAL_FORMS"], copy[f"{prefix}-INITIAL_FORMS"] = str(blank), "0"
    return copy


def _grown(data: Any, prefix: str) -> Any:
    """The posted data with one more blank row where `add` asked for one of this kind."""
    if data is None or data.get("add") != prefix:
        return data
    copy = data.copy()
    total = copy.get(f"{prefix}-TOTAL_FORMS", "0")
    known = int(total) if re.fullmatch("[0-9]{1,3}", total) else 0
    copy[f"{prefix}-TOTAL_FORMS"] = str(min(known, MOST_ROWS - 1) + 1)
    return copy
