"""The newest sessions of a long list, found by way of its days, so that the older ones are neither read nor sorted."""

from django.db.models import F, QuerySet

from sessions.models import SessionFigures

NEWEST = (F("day").desc(nulls_last=True), F("started_at").desc(nulls_last=True), "-session_id")


def newest(found: QuerySet[SessionFigures], number: int) -> list[int]:
    """The keys of the first `number` of these, the newest first; those without a start stand last."""
    days = found.filter(day__isnull=False).order_by("-day").values_list("day", flat=True)
    since = next(iter(days[number - 1 : number]), None)
    recent = found.filter(day__gte=since) if since else found
    return list(recent.order_by(*NEWEST).values_list("pk", flat=True)[:number])


def every(found: QuerySet[SessionFigures]) -> list[int]:
    """The keys of all of these, in the same order."""
    return list(found.order_by(*NEWEST).values_list("pk", flat=True))
