"""What reports share: shares and rates with their rounding, and which courses the limits of sessions are about."""

from bisect import bisect_right
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from sessions.measures.words import PERFORMED, SIGNED, CourseStatus
from sessions.models import Course, Device, Session
from sessions.reports.session_filter import OF_DAYS, SessionFilter, counted_within, limits_of

ONE_PLACE = Decimal("0.1")


def per_hundred(part: int, whole: int) -> Decimal | None:
    """`part` for each hundred of `whole`, to one place, half up; None of nothing."""
    return (Decimal(100 * part) / whole).quantize(ONE_PLACE, ROUND_HALF_UP) if whole else None


def middle(values: Iterable[tuple[Decimal, int]]) -> Decimal | None:
    """The median of values, each with how often it is there, to one place, half up; None of nothing."""
    ordered = sorted(values)
    size = sum(number for _value, number in ordered)
    if not size:
        return None
    upto = list(accumulate(number for _value, number in ordered))
    low, high = (ordered[bisect_right(upto, place)][0] for place in ((size - 1) // 2, size // 2))
    return ((low + high) / 2).quantize(ONE_PLACE, ROUND_HALF_UP)


def courses_within(chosen: SessionFilter) -> QuerySet[Course]:
    """The courses with a counted session within these limits; every one where there is no limit. None in error."""
    found = Course.objects.exclude(status=CourseStatus.IN_ERROR)
    if chosen.names <= OF_DAYS:
        return found.filter(seen_within(chosen, "figures__")) if chosen.names else found
    return found.filter(pk__in=counted_within(chosen).order_by().values("course"))


def seen_within(chosen: SessionFilter, prefix: str = "") -> Q:
    """A counted session on these days, as a condition on the figures of courses, or on what leads there by `prefix`.

    The first and the last day nearly always say it; only of a course that began before and went on after are the sessions
    themselves asked.
    """
    seen = Q(**{f"{prefix}last_day__isnull": False})
    if chosen.from_date:
        seen &= Q(**{f"{prefix}last_day__gte": chosen.from_date})
    if chosen.to_date:
        seen &= Q(**{f"{prefix}first_day__lte": chosen.to_date})
    if chosen.from_date and chosen.to_date:
        between = limits_of(chosen, "figures__") & Q(record_status__in=SIGNED, status__in=PERFORMED)
        sessions = Session.objects.order_by().filter(between, course=OuterRef(f"{prefix}course"))
        seen &= (
            Q(**{f"{prefix}first_day__gte": chosen.from_date})
            | Q(**{f"{prefix}last_day__lte": chosen.to_date})
            | Q(Exists(sessions))
        )
    return seen


def people_named(keys: Iterable[int]) -> dict[int, str]:
    """The full names of these accounts."""
    return dict(get_user_model().objects.filter(pk__in=set(keys)).values_list("pk", "full_name"))


def devices_named(keys: Iterable[int | None]) -> dict[int | None, str]:
    """What these devices are called; a session without one has "no device written"."""
    known: dict[int | None, str] = {
        device.pk: str(device) for device in Device.objects.filter(pk__in={key for key in keys if key})
    }
    return known | dict.fromkeys([None, 0], _("no device written"))


def sums(rows: Iterable[tuple[Any, ...]]) -> tuple[int, ...]:
    """The sum of each place of tuples of the same length."""
    return tuple(map(sum, zip(*rows, strict=True)))
