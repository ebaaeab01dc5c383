"""What every form of the logbook shares: figures as people write them, readable text, a key against sending twice."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import OutsideAnAct
from clinic.lib.forms import KeyedForm
from sessions.measures.quantities import QUANTITIES

# Far beyond any record; a year outside is a slip of the key, and the first ones no database keeps in every time zone.
FIRST_YEAR, LAST_YEAR = 1800, 2199

_FIGURE = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,12})?")


class FigureField(forms.DecimalField):
    """A decimal figure with comma or point, never with a thousands separator; its unit stands beside it."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": _("Write a figure in digits, with a comma or a point before the decimals."),
        "max_decimal_places": _("Too many digits after the decimal separator: please read it again."),
        "max_digits": _("Too many digits: please read it again."),
        "max_whole_digits": _("Too many digits before the decimal separator: please read it again."),
    }

    # Set where a figure looked unlikely: the page then asks for it a second time, in a field of its own.
    ask_again = False
    typed_again = ""

    def __init__(self, *args: Any, unit: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        for validator in self.validators:
            if hasattr(validator, "messages"):  # DecimalValidator: say it without naming a range
                validator.messages = {
                    **validator.messages,
                    **{key: self.error_messages[key] for key in validator.messages if key in self.error_messages},
                }
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off", "size": 8})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = str(value or "").strip()
        if not text:
            return None
        if not _FIGURE.fullmatch(text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return Decimal(text.replace(",", "."))


class WholeField(forms.IntegerField):
    """A whole number, typed."""

    widget = forms.TextInput

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.widget.attrs.update({"inputmode": "numeric", "autocomplete": "off", "size": 6})


def readable_year(day: date) -> None:
    """Refuse a year that is a slip of the key: 0026, 12026."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise forms.ValidationError(_("Please read the year again: it has four digits."), code="year")


class MomentField(forms.DateTimeField):
    """A time of day on a date, in the clinic's time zone."""

    default_validators = [readable_year]
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class DayField(forms.DateField):
    """A date."""

    default_validators = [readable_year]
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def form_field(field: models.Field, **options: Any) -> forms.Field | None:
    """The form field of a model field: figures as text, dates by the browser's own picker, choices without a first pick."""
    if isinstance(field, models.DecimalField):
        kind = QUANTITIES.get(field.name)
        return field.formfield(form_class=FigureField, unit=kind.shown if kind else "", **options)
    if isinstance(field, models.IntegerField) and not field.choices and not isinstance(field, models.BooleanField):
        return field.formfield(form_class=WholeField, **options)
    if isinstance(field, models.DateTimeField):
        return field.formfield(form_class=MomentField, **options)
    if isinstance(field, models.DateField):
        return field.formfield(form_class=DayField, **options)
    made = field.formfield(**options)
    if made is not None and isinstance(made, forms.CharField) and isinstance(made.widget, forms.Textarea):
        made.widget.attrs.update({"rows": 3})
        made.widget.attrs.pop("cols", None)
    return _with_short_blank(made)


def _with_short_blank(made: forms.Field | None) -> forms.Field | None:
    """The choice of nothing is one dash, in every list alike."""
    if isinstance(made, forms.ModelChoiceField):
        made.empty_label = made.empty_label and "—"
    elif isinstance(made, forms.ChoiceField):
        made.choices = [("", "—") if code == "" else (code, label) for code, label in made.choices]  # type: ignore[union-attr, misc]
    return made


def check_typed_again(form: forms.BaseForm) -> None:
    """A figure asked for a second time is the same both times."""
    for name, field in form.fields.items():
        again = f"{form.add_prefix(name)}-again"
        if not isinstance(field, FigureField) or again not in form.data:
            continue
        field.ask_again, field.typed_again = True, str(form.data[again]).strip()
        if not field.typed_again or name not in form.cleaned_data:
            continue
        try:
            same = field.to_python(field.typed_again) == field.to_python(form.data.get(form.add_prefix(name)))
        except forms.ValidationError:
            same = False
        if not same:
            form.add_error(
                name, forms.ValidationError(_("The two figures differ: please read them again."), code="differ")
            )


def typed_again(form: forms.BaseForm) -> frozenset[str]:
    """The fields whose figure was typed twice, the same both times."""
    return frozenset(
        name
        for name, field in form.fields.items()
        if isinstance(field, FigureField) and field.typed_again and name not in form.errors
    )


def run_field_checks(form: forms.ModelForm) -> None:
    """The validators of the model's fields, with what they say at the form's fields."""
    for name in form._meta.fields or []:
        value = form.cleaned_data.get(name)
        if value in (None, ""):
            continue
        try:
            form._meta.model._meta.get_field(name).run_validators(value)
        except forms.ValidationError as error:
            form.add_error(name, error)


class LogbookForm(KeyedForm):
    """A plain form of the logbook, with its key and its problems in place."""


class LogbookModelForm(LogbookForm, forms.ModelForm):
    """A form over the fields of a record. It checks and hands over values; saving is for acts."""

    def _post_clean(self) -> None:
        """Each field's own check, at its field; the record as a whole is checked by the act."""
        run_field_checks(self)

    def values(self) -> dict[str, Any]:
        """What was typed, by model field name."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or [] if name in self.cleaned_data}

    def save(self, commit: bool = True) -> Any:
        raise OutsideAnAct("Forms do not write; acts do.")
