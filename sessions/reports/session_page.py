"""One page of the list of sessions, in the order that was asked for, in as many queries whatever it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from clinic.lib.table import Column, Row
from sessions.measures.sites import Site
from sessions.measures.words import RecordStatus
from sessions.models import Course, Session, SessionFigures
from sessions.reports.session_file import SitesInOrder
from sessions.reports.session_filter import SessionFilter, figures_within, start_of
from sessions.reports.session_list import LIST_COLUMNS, PAGE_SIZE, list_row
from sessions.reports.session_order import Order, Place, S, Within, order_of, page_of, places_of

# Up to here sessions are counted one by one, and a page is cut out of all that were found.
COUNTED = 1000
# What a line shows: to read all columns of five tables takes three times as long.
SHOWN = (
    "uid", "started_at", "number", "status", "late_record", "record_status", "course", "figures__indication",
    "patient__uid", "patient__family_name", "patient__given_names", "patient__record_number",
    "physician__full_name", "device__maker", "device__model", "device__serial_number",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One session of the list: its cells, and the patient whom it shows."""

    row: Row
    session: Session

    @property
    def cells(self) -> list[tuple[Column, Any]]:
        return list(zip(LIST_COLUMNS, self.row.values, strict=True))


@dataclass(frozen=True)
class Page:
    """The lines of a page, how many sessions there are in all (none where they are more than are counted), and where
    the pages before and after it begin: sessions, by their addresses.
    """

    lines: list[Line]
    number: int | None
    before: UUID | None = None
    after: UUID | None = None

    @property
    def patients(self) -> list[int]:
        return [line.session.patient_id for line in self.lines]


class NoSuchPlace(LookupError):
    """The page should begin at a session that does not exist."""


def sessions_page(
    chosen: SessionFilter, sort: str, *, after: UUID | None = None, before: UUID | None = None, size: int = PAGE_SIZE
) -> Page:
    """The page that follows the session `after`, or comes before the session `before`, or the first one."""
    figures = figures_within(chosen)
    if chosen.record_status != RecordStatus.IN_ERROR:
        figures = figures.exclude(record_status=RecordStatus.IN_ERROR)
    order = order_of(sort)
    start = _place(order, before or after)
    counted = list(figures.values_list("pk", flat=True)[: COUNTED + 1])
    back, few = before is not None, len(counted) <= COUNTED
    if few:
        keys = _cut(order, counted, start, size + 1, back)
    else:
        keys = page_of(order, _within(chosen, figures), start, size + 1, back=back)
    more = len(keys) > size
    if back and not more:  # fewer than a page come before: the first page shows them, and is full
        return sessions_page(chosen, sort, size=size)
    keys = (keys[1:] if back else keys[:-1]) if more else keys
    lines = _lines(keys)
    return Page(
        lines,
        len(counted) if few else None,
        before=lines[0].session.uid if lines and (back or start is not None) else None,
        after=lines[-1].session.uid if lines and (back or more) else None,
    )


def _place(order: Order, uid: UUID | None) -> Place | None:
    if uid is None:
        return None
    value = Session._meta.get_field("uid").get_db_prep_value(uid, connection)
    places = places_of(order, f'{S}."uid" = %s', [value])
    if not places:
        raise NoSuchPlace(uid)
    return next(iter(places.values()))


def _cut(order: Order, counted: Sequence[int], start: Place | None, size: int, back: bool) -> list[int]:
    """Of a few sessions: all are put in order, and the page is cut out."""
    if not counted:
        return []
    places = places_of(order, f'{S}."id" IN ({", ".join(["%s"] * len(counted))})', counted)
    ordered = order.sorted(places)
    if start is None:
        return ordered[-size:] if back else ordered[:size]
    if back:
        return [pk for pk in ordered if order.after(start, places[pk])][-size:]
    return [pk for pk in ordered if order.after(places[pk], start)][:size]


def _within(chosen: SessionFilter, figures: QuerySet[SessionFigures]) -> Within:
    """The limits as SQL over the table of the figures."""
    query = figures.query
    query.get_initial_alias()
    try:
        condition, values = query.get_compiler(connection=connection).compile(query.where)
    except EmptyResultSet:
        return Within("FALSE")
    return Within(
        condition,
        values,
        first=start_of(chosen.from_date) if chosen.from_date else None,
        last=start_of(chosen.to_date + timedelta(days=1)) if chosen.to_date else None,
    )


def _lines(keys: list[int]) -> list[Line]:
    whole = Session.objects.select_related("patient", "figures", "physician", "device")
    joined = whole.only("patient", "physician", "device", *SHOWN).annotate(site_codes=SitesInOrder(F("pk")))
    found = joined.in_bulk(keys)
    for session in found.values():
        # Of the course the list shows the indication alone, which the figures hold: one table less to join.
        session.course = Course(pk=session.course_id, indication=session.figures.indication)
    sessions = [found[pk] for pk in keys if pk in found]
    return [Line(list_row(session, _labels(session.site_codes)), session) for session in sessions]


def _labels(codes: str | None) -> list[str]:
    """The sites in words, each once, in the order of the applications."""
    return [str(Site(code).label) for code in dict.fromkeys(codes.split(","))] if codes else []
