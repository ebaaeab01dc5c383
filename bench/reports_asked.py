"""Ask one filled logbook everything once warm, then again and again: written as JSON."""

import importlib
import json
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

importlib.import_module("clinic.wsgi")  # as the server starts

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import by_hand  # noqa: E402
from clinic.accounts.actions import create_account  # noqa: E402
from clinic.accounts.models import User  # noqa: E402
from sessions.actions.response import define_response  # noqa: E402
from sessions.models import Patient, Session  # noqa: E402
from sessions.reports import trail  # noqa: E402
from sessions.reports.registry import REPORTS  # noqa: E402
from sessions.reports.report import Asked  # noqa: E402
from sessions.reports.session_filter import SessionFilter  # noqa: E402
from sessions.reports.session_order import ORDERS  # noqa: E402
from sessions.reports.session_page import sessions_page  # noqa: E402
from sessions.reports.trail_filter import Sorting, TrailFilter  # noqa: E402

TIMES, PAGES_DEEP = 7, 40
Statement = tuple[str, Any]
# Reading all of one of these for one year is what no report does; SQLite says so in its plan, at any size.
LARGE = "session|application|phase|observation|answer|screening|adverseevent|sample|result|signature|sessionfigures"
SCAN = re.compile(rf"^SCAN (?:TABLE )?logbook_({LARGE})\b(?!.*USING (?:COVERING )?INDEX)")
# Reports that are looked at day by day; the others may take as long as a free choice of limits.
STANDING = ("sessions", "response", "adverse-events", "active-courses", "attendance")
STANDING_MS, STANDING_ALL_MS, FREE_MS, PAGE_MS = (20, 100, 500, 60)


@dataclass
class Answer:
    """What one question took: in all, in the database alone, and by hand; `flat`: it must not grow with the logbook."""

    name: str
    goal_ms: float
    ms: float = 0
    database_ms: float = 0
    hand_ms: float = 0
    queries: int = 0
    flat: bool = True
    by_hand: bool = False
    scans: list[str] = field(default_factory=list)


def main() -> None:
    today = timezone.localdate()
    year = SessionFilter(from_date=date(today.year - 1, 1, 1), to_date=date(today.year - 1, 12, 31))
    answers = [_report(report, year) for report in REPORTS]
    answers += [_report(report, SessionFilter()) for report in REPORTS]
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
    statements = by_hand.STATEMENTS.get(report.code, {}).get(one_year)
    hand = [(text, by_hand.values(chosen) if one_year else None) for text in statements or ()]
    return _answered(answer, lambda: _read(report.build(asked)), hand, plans=one_year)


def _read(built: Any) -> None:
    for table in built.tables:
        for _row in table.rows:
            pass


def _pages() -> list[Answer]:
    """The first page and deep ones, in each order."""
    answers = []
    for sort in (*ORDERS, *(f"-{name}" for name in ORDERS)):
        first = _answered(
            Answer(f"list, first page by {sort}", PAGE_MS), lambda sort=sort: sessions_page(SessionFilter(), sort), []
        )
        start = Session.objects.order_by("pk")[Session.objects.count() // 2].uid
        deep = _answered(
            Answer(f"list, half-way down by {sort}", PAGE_MS), lambda sort=sort, start=start: sessions_page(SessionFilter(), sort, after=start), []
        )  # fmt: skip
        answers += [first, deep]
    return answers


def _patient_page() -> Answer:
    """The page of somebody in the middle, looks recorded."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(_somebody())
    patient = Patient.objects.order_by("pk")[Patient.objects.count() // 2]
    address = reverse("logbook:patient", kwargs={"uid": patient.uid})

    def page() -> None:
        assert client.get(address).status_code == 200

    return _answered(Answer("page of one patient", PAGE_MS), page, [])


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
    hand = [("SELECT * FROM audit_act WHERE by_id = %s AND at >= %s ORDER BY at DESC, id DESC LIMIT 51",
        [person.pk, connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=30))])]  # fmt: skip
    return _answered(Answer("audit of one person, one month", PAGE_MS), lambda: trail.changes(chosen, Sorting()), hand)


# --- Measuring -----------------------------------------------------------------------------------


def _answered(answer: Answer, ask: Callable[[], Any], hand: list[Statement], *, plans: bool = True) -> Answer:
    asked = _statements(ask)
    answer.queries, answer.by_hand = len(asked), bool(hand)
    whole, database, own = [], [], []
    for _turn in range(TIMES):  # one after the other: times drift
        whole.append(_spent(ask))
        database.append(sum(_spent(lambda one=one: _run(one)) for one in asked))
        own.append(sum(_spent(lambda one=one: _run(one)) for one in hand))
    answer.ms, answer.database_ms = statistics.median(whole), statistics.median(database)
    # Where nothing was written by hand, only growth and plans are held against it.
    answer.hand_ms = statistics.median(own) if hand else answer.database_ms
    if plans and connection.vendor == "sqlite":
        answer.scans = sorted(
            {
                f"{plan} ({sql[:160]})"
                for sql, values in asked
                for plan in _plan(sql, values)
                if SCAN.match(plan) and " LIMIT " not in sql
            }
        )
    return answer


def _statements(ask: Callable[[], Any]) -> list[Statement]:
    """What is read from the database."""
    asked: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "WITH")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    ask()
    with connection.execute_wrapper(note):
        ask()
    return asked


def _run(statement: Statement) -> None:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        cursor.fetchall()


def _plan(sql: str, values: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return [row[3] for row in cursor.fetchall()]


def _spent(step: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    step()
    return (time.perf_counter() - begun) * 1000


def _bytes() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    return Path(settings.DATABASES["default"]["NAME"]).stat().st_size


if __name__ == "__main__":
    main()
