"""What may be asked of the audit pages of a patient: a moment, a period and a language, an order and a place in the list."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions.forms.base import DayField
from sessions.reports.timeline import ORDERS, Cursor, cursor_of

_MINUTE = timedelta(minutes=1) - timedelta(microseconds=1)


class Asked(forms.Form):
    """Limits read from the address: each at most once, and none that the page does not know."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in self.data:
            if name not in self.fields:
                self.add_error(
                    None, ValidationError(_("This page knows nothing named “%(name)s”."), params={"name": name[:40]})
                )
            elif hasattr(self.data, "getlist") and len(self.data.getlist(name)) > 1:
                self.add_error(name, ValidationError(_("This stands twice in the address.")))
        return values


class AsKnownForm(Asked):
    """The moment of an earlier state: a date means the end of that clinic day, a time the end of that minute."""

    on = DayField(label=_("Date"))
    time = forms.TimeField(
        label=_("Time, if it matters"),
        required=False,
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Without a time, the end of the day."),
    )
    whole = forms.ChoiceField(choices=[("", ""), ("1", "")], required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        day, at = values.get("on"), values.get("time")
        if day is None or "time" in self.errors:
            return values
        if day > timezone.localdate(self.now):
            self.add_error("on", ValidationError(_("This day lies in the future: nothing is known of it yet.")))
        elif at is None:
            values["moment"] = min(_at(day, time(23, 59)) + _MINUTE, self.now)
        elif not _exists(day, at):
            self.add_error("time", ValidationError(_("On this day the clocks skipped this time.")))
        elif _at(day, at) > self.now:
            self.add_error("time", ValidationError(_("This time lies in the future: nothing is known of it yet.")))
        else:
            values["moment"] = min(_at(day, at) + _MINUTE, self.now)
        return values


class TimelineForm(Asked):
    """By which clock the timeline runs, and where its page begins."""

    order = forms.ChoiceField(choices=[("", ""), *((order, order) for order in ORDERS)], required=False)
    after = forms.CharField(required=False, max_length=80)

    def clean_after(self) -> Cursor | None:
        text = self.cleaned_data["after"]
        cursor = cursor_of(text) if text else None
        if text and cursor is None:
            raise ValidationError(_("The page of the list is not known. Begin again with the first page."))
        return cursor

    def chosen_order(self) -> str:
        return self.cleaned_data["order"] or ORDERS[0]


class LetterForm(Asked):
    """The period and the language of a letter; a blank end of the period is no limit."""

    from_date = DayField(label=_("From"), required=False)
    to_date = DayField(label=_("To"), required=False)
    language = forms.ChoiceField(label=_("Language of the letter"), choices=settings.LANGUAGES, required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        first, last = values.get("from_date"), values.get("to_date")
        if first and last and first > last:
            self.add_error("to_date", ValidationError(_("The period ends before it begins.")))
        return values


def _at(day: date, at: time) -> datetime:
    """This time of this day by the clinic's clock; of an hour that the clock shows twice, the second."""
    return datetime.combine(day, at, timezone.get_current_timezone()).replace(fold=1).astimezone(UTC)


def _exists(day: date, at: time) -> bool:
    """Whether the clinic's clock ever showed this time of this day: in spring it skips an hour."""
    return timezone.localtime(_at(day, at)).replace(tzinfo=None) == datetime.combine(day, at)
