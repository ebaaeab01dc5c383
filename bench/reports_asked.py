"""Ask one filled logbook everything once warm, then again and again: written as JSON."""

import importlib
import json
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

importlib.import_module("clinic.wsgi")  # as the server starts

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import by_hand, by_hand_pages, by_hand_reports, combinations  # noqa: E402
from bench.agreeing import differences, rows_differ  # noqa: E402
from bench.answering import Answer, answered, read  # noqa: E402
from clinic.accounts.actions import create_account  # noqa: E402
from clinic.accounts.models import User  # noqa: E402
from sessions.actions.response import define_response  # noqa: E402
from sessions.models import Patient, Session  # noqa: E402
from sessions.reports import trail  # noqa: E402
from sessions.reports.registry import REPORTS  # noqa: E402
from sessions.reports.report import Asked  # noqa: E402
from sessions.reports.session_filter import SessionFilter, start_of  # noqa: E402
from sessions.reports.session_order import ORDERS  # noqa: E402
from sessions.reports.session_page import Page, sessions_page  # noqa: E402
from sessions.reports.trail_filter import Sorting, TrailFilter  # noqa: E402

BY_HAND = by_hand.STATEMENTS | by_hand_reports.STATEMENTS
# Reports that are looked at day by day; the others may take as long as a free choice of limits.
STANDING = ("sessions", "response", "adverse-events", "active-courses", "attendance")
STANDING_MS, STANDING_ALL_MS, FREE_MS, PAGE_MS = (20, 100, 500, 60)


def main() -> None:
    today = timezone.localdate()
    year = SessionFilter(from_date=date(today.year - 1, 1, 1), to_date=date(today.year - 1, 12, 31))
    answers = [_report(report, year) for report in REPORTS]
    answers += [_report(report, SessionFilter()) for report in REPORTS]
    answers += combinations.asked(year, _definition())
    answers += [*_pages(), _patient_page(), _audit(today)]
    said = {
        "sessions": Session.objects.count(),
        "patients": Patient.objects.count(),
        "bytes": _bytes(),
        "answers": [asdict(answer) for answer in answers],
    }
    print(json.dumps(said))


def _report(report: Any, chosen: SessionFilter) -> Answer:
    limits = {name: getattr(chosen, name) for name in chosen.names & report.limits}
    definition = _definition() if report.code == "response" else ""
    # As a physician sees the page: names, and the first lines of each list.
    asked = Asked(SessionFilter(**limits), timezone.now(), identities=True, records=True, definition=definition)
    one_year = bool(chosen.names)
    standing = report.code in STANDING
    goal = (STANDING_MS if one_year else STANDING_ALL_MS) if standing else FREE_MS
    answer = Answer(f"{report.code}, {'one year' if one_year else 'all time'}", goal, flat=one_year and standing)
    values = by_hand.values(chosen) if one_year else None
    hand = [(text, values) for text in BY_HAND[report.code][one_year]]
    answer.differs = differences(report.code, report.build(asked), [read(statement) for statement in hand])
    return answered(answer, lambda: _read(report.build(asked)), hand, plans=one_year)


def _read(built: Any) -> None:
    for table in built.tables:
        for _row in table.rows:
            pass


def _pages() -> list[Answer]:
    """The first page and one half-way down, in each order."""
    middle = Session.objects.order_by("pk")[Session.objects.count() // 2].uid
    sorts = (*ORDERS, *(f"-{name}" for name in ORDERS))
    return [_page(sort, after) for sort in sorts for after in (None, middle)]


def _page(sort: str, after: UUID | None) -> Answer:
    def page() -> Page:
        return sessions_page(SessionFilter(), sort, after=after)

    hand = by_hand_pages.list_page(sort, after)
    answer = Answer(f"list, {'half-way down' if after else 'first page'} by {sort}", PAGE_MS)
    shown = [line.session.uid for line in page().lines]
    answer.differs = rows_differ("list", shown, [row["key"] for row in read(hand[-1])])
    return answered(answer, page, hand)


def _patient_page() -> Answer:
    """The page of somebody in the middle, looks recorded."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(_somebody())
    patient = Patient.objects.order_by("pk")[Patient.objects.count() // 2]
    address = reverse("logbook:patient", kwargs={"uid": patient.uid})

    def page() -> None:
        assert client.get(address).status_code == 200

    hand = by_hand_pages.patient_page(patient, client.session.session_key or "", _somebody().pk)
    return answered(Answer("page of one patient", PAGE_MS), page, hand)


@cache
def _definition() -> str:
    """A response of the measure of which the logbook has values at every session."""
    values = {
        "name": "Mesure", "measure": by_hand.MEASURE, "unit": "{score}", "rule": "fall", "amount": Decimal(1), "source": "Mesure",
    }  # fmt: skip
    return define_response(by=_somebody(), values=values).as_response().key


@cache
def _somebody() -> User:
    """A physician who need not change a password first."""
    administrator = User.objects.filter(role="administrator").order_by("pk")[0]
    known = User.objects.filter(username="bench").first()
    return known or create_account(
        by=administrator, username="bench", full_name="Dr Bench", role="physician", password="a long word for nobody", must_change_password=False
    )  # fmt: skip


def _audit(today: date) -> Answer:
    person = User.objects.filter(role="physician").order_by("pk")[0]
    chosen = TrailFilter(from_date=today - timedelta(days=30), to_date=today, person=person.pk)
    hand = by_hand_pages.acts_of(person.pk, start_of(today - timedelta(days=30)))
    return answered(Answer("audit of one person, one month", PAGE_MS), lambda: trail.changes(chosen, Sorting()), hand)


def _bytes() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    return Path(settings.DATABASES["default"]["NAME"]).stat().st_size


if __name__ == "__main__":
    main()
