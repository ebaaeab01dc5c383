"""Three clocks of one thing that was done: when it was performed, when it was entered, when it was signed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Performed = date | datetime | None
_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True)
class Entered:
    """The act that wrote something: the server's time and the person's name at the time."""

    at: datetime
    by: str


@dataclass(frozen=True)
class Signed:
    """One signature, and how long after the thing itself it was given."""

    at: datetime
    by: str
    meaning: str
    revision: int
    reason: str
    after: str


def clinic_day(moment: Performed) -> date | None:
    """The day in the clinic's time zone."""
    return timezone.localdate(moment) if isinstance(moment, datetime) else moment


def in_order(moment: Performed) -> datetime | None:
    """A moment that sorts: a day without a time comes before what was done on it."""
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.min, timezone.get_current_timezone()).astimezone(UTC)


def days_between(performed: Performed, entered: datetime) -> int:
    """Clinic days from the one to the other; 0 where it is not known when it was performed."""
    day = clinic_day(performed)
    return (timezone.localdate(entered) - day).days if day else 0


def late_words(performed: Performed, entered: datetime) -> str:
    """What to mark: it was entered on another clinic day than it was performed; else nothing."""
    days = days_between(performed, entered)
    if days > 0:
        return ngettext("entered %(n)s day after", "entered %(n)s days after", days) % {"n": days}
    if days < 0:
        return ngettext("entered %(n)s day before", "entered %(n)s days before", -days) % {"n": -days}
    return ""


def distance_words(performed: Performed, later: datetime) -> str:
    """How long after: in days where the day is another one, else in hours or minutes."""
    if performed is None:
        return ""
    days = days_between(performed, later)
    if days > 0:
        return ngettext("%(n)s day after", "%(n)s days after", days) % {"n": days}
    if days < 0:
        return ngettext("%(n)s day before", "%(n)s days before", -days) % {"n": -days}
    if not isinstance(performed, datetime):
        return _("the same day")
    seconds = int((later - performed).total_seconds())
    count, hours = abs(seconds) // _HOUR, abs(seconds) >= _HOUR
    if hours and seconds < 0:
        return ngettext("%(n)s hour before", "%(n)s hours before", count) % {"n": count}
    if hours:
        return ngettext("%(n)s hour after", "%(n)s hours after", count) % {"n": count}
    count = abs(seconds) // _MINUTE
    if count == 0:
        return _("at the same time")
    if seconds < 0:
        return ngettext("%(n)s minute before", "%(n)s minutes before", count) % {"n": count}
    return ngettext("%(n)s minute after", "%(n)s minutes after", count) % {"n": count}


def entered_by_act(model: Any, **limits: Any) -> dict[int, Entered]:
    """For each row of `model` within `limits` the act that first wrote it; one query."""
    rows = model.history.model.objects.filter(
        id__in=model.objects.filter(**limits).order_by().values("pk"), history_type="+"
    )
    return {
        pk: Entered(at, by) for pk, at, by in rows.order_by("-history_id").values_list("id", "act__at", "act__by_name")
    }
