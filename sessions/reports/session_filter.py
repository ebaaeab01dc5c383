"""Which sessions a report is about: the limits, and the query that they make.

Every report takes the same limits. They are asked of the stored figures of a session (one narrow row each), so that a
report over years does not read the records themselves.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sessions.measures.ages import BY_CODE as BANDS
from sessions.measures.words import PERFORMED, SIGNED, RecordStatus
from sessions.models import Application, Session, SessionFigures
from sessions.models.session import SessionQuerySet
from sessions.reports.responses import courses_that

# Limits that a session answers by itself; the others by its applications.
OF_THE_SESSION = ("physician", "operator", "indication", "device", "status", "record_status", "sex")
OF_AN_APPLICATION = ("site", "side", "substance")
OF_DAYS = frozenset({"from_date", "to_date"})
ALL_LIMITS = frozenset({"from_date", "to_date", "age", "response", *OF_THE_SESSION, *OF_AN_APPLICATION})


@dataclass(frozen=True)
class SessionFilter:
    """Which sessions; None or empty is no limit. Dates are days in the clinic's time zone, both included.

    Site, side and substance are those of one application: "palm, left" is the left palm. The response is that of the
    course: key of a definition, and how the course stands to it (`sessions/reports/responses.py`).
    """

    from_date: date | None = None
    to_date: date | None = None
    physician: int | None = None
    operator: int | None = None
    indication: str = ""
    site: str = ""
    side: str = ""
    device: int | None = None
    substance: str = ""
    status: str = ""
    record_status: str = ""
    age: str = ""
    sex: str = ""
    response: str = ""

    def in_words(self) -> str:
        """The limits that were set, as they are kept with an export; names nobody."""
        limits = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return "; ".join(f"{name} = {value}" for name, value in limits if value not in (None, "")) or "all"

    @property
    def names(self) -> frozenset[str]:
        """The limits that were set."""
        return frozenset(field.name for field in fields(self) if getattr(self, field.name) not in (None, ""))


def start_of(day: date) -> datetime:
    """The first moment of `day` in the clinic's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def limits_of(chosen: SessionFilter, prefix: str = "") -> Q:
    """The limits as a condition on the figures of a session, or on what leads there by `prefix`."""
    limits = Q()
    if chosen.from_date:
        limits &= Q(**{f"{prefix}day__gte": chosen.from_date})
    if chosen.to_date:
        limits &= Q(**{f"{prefix}day__lte": chosen.to_date})
    for name in OF_THE_SESSION:
        if (value := getattr(chosen, name)) not in (None, ""):
            limits &= Q(**{f"{prefix}{name}": value})
    if chosen.age:
        band = BANDS[chosen.age]
        limits &= Q(**{f"{prefix}age__gte": band.least})
        if band.most is not None:
            limits &= Q(**{f"{prefix}age__lte": band.most})
    if chosen.response:
        limits &= courses_that(chosen.response, f"{prefix}course")
    return limits & _applied(chosen, f"{prefix}session")


def whole_year(chosen: SessionFilter, dated: QuerySet[Any] | None = None, day: str = "day") -> int | None:
    """The calendar year that the days are, 0 for all time; None where its tallies do not answer.

    They do not where other limits are set, or where one of `dated` (the sessions) lies in that year before or after. A year
    that ends today is all of it: nothing is of tomorrow.
    """
    first, last = chosen.from_date, chosen.to_date
    if not chosen.names <= OF_DAYS or bool(first) != bool(last):
        return None
    if not first or not last:
        return 0
    if first.year != last.year:
        return None
    dated = SessionFigures.objects.all() if dated is None else dated
    begin, end = date(first.year, 1, 1), date(first.year, 12, 31)
    beside = [{f"{day}__gte": begin, f"{day}__lt": first}] if first > begin else []
    beside += [{f"{day}__gt": last, f"{day}__lte": end}] if last < end else []
    return None if any(dated.filter(**days).exists() for days in beside) else first.year


def figures_within(chosen: SessionFilter) -> QuerySet[SessionFigures]:
    """The figures of the sessions that these limits leave, those entered in error among them."""
    return SessionFigures.objects.filter(limits_of(chosen))


def counted_within(chosen: SessionFilter) -> QuerySet[SessionFigures]:
    """The figures of the sessions that are counted: signed, and performed."""
    return figures_within(chosen).filter(record_status__in=SIGNED, status__in=PERFORMED)


def sessions_within(chosen: SessionFilter) -> SessionQuerySet:
    """The sessions that these limits leave, those entered in error among them."""
    return Session.objects.filter(limits_of(chosen, "figures__"))


def standing_within(chosen: SessionFilter) -> SessionQuerySet:
    """The sessions that a list shows: those entered in error only where they were asked for."""
    found = sessions_within(chosen)
    return found if chosen.record_status == RecordStatus.IN_ERROR else found.standing()


def _applied(chosen: SessionFilter, session: str) -> Q:
    """One application of the session answers all of the limits that are asked of an application."""
    asked: dict[str, Any] = {name: getattr(chosen, name) for name in OF_AN_APPLICATION if getattr(chosen, name)}
    return Q(Exists(Application.objects.filter(session=OuterRef(session), **asked))) if asked else Q()
