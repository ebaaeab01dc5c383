"""Which sessions a report is about: the limits, and the query that they make."""

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from sessions.models import Application, Session
from sessions.models.session import SessionQuerySet


@dataclass(frozen=True)
class SessionFilter:
    """Which sessions; None or empty is no limit. Dates are days in the clinic's time zone, both included."""

    from_date: date | None = None
    to_date: date | None = None
    physician: int | None = None
    indication: str = ""
    site: str = ""
    device: int | None = None
    status: str = ""
    record_status: str = ""

    def in_words(self) -> str:
        """The limits that were set, as they are kept with an export; names nobody."""
        limits = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return "; ".join(f"{name} = {value}" for name, value in limits if value not in (None, "")) or "all"


def start_of(day: date) -> datetime:
    """The first moment of `day` in the clinic's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def sessions_within(chosen: SessionFilter) -> SessionQuerySet:
    """The sessions that these limits leave, those entered in error among them."""
    limits = Q()
    if chosen.from_date:
        limits &= Q(started_at__gte=start_of(chosen.from_date))
    if chosen.to_date:
        limits &= Q(started_at__lt=start_of(chosen.to_date + timedelta(days=1)))
    for name, value in (
        ("physician_id", chosen.physician),
        ("course__indication", chosen.indication),
        ("device_id", chosen.device),
        ("status", chosen.status),
        ("record_status", chosen.record_status),
    ):
        if value not in (None, ""):
            limits &= Q(**{name: value})
    if chosen.site:
        limits &= Q(Exists(Application.objects.filter(session=OuterRef("pk"), site=chosen.site)))
    return Session.objects.filter(limits)
