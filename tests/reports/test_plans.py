"""How SQLite answers what reports ask most: from an index of the stored figures, never by reading a table through."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, F, Q, Sum

from sessions.measures.words import PERFORMED, SIGNED
from sessions.models import Answer, Course, CourseFigures, Outcome, SessionFigures, Tally
from sessions.models.course import OPEN

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the words of SQLite's planner"),
]
YEAR = {"day__gte": date(2026, 1, 1), "day__lte": date(2026, 12, 31)}
COUNTED = {"record_status__in": SIGNED, "status__in": PERFORMED}
FILTERS: dict[str, Any] = {
    "physician": 3, "operator": 3, "indication": "hyperhidrosis", "device": 3, "sex": "female", "age__gte": 30,
    "age__lte": 44, "late_record": False, "course": 3,
}  # fmt: skip
Asked = Callable[[], Any]


def tally() -> Any:
    return Tally.objects.filter(site="", month__gte=date(2026, 1, 1), month__lte=date(2026, 12, 1))


def of_the_year() -> Any:
    return SessionFigures.objects.filter(**YEAR)


def page_after(day: date, session: int) -> Any:
    """The list, newest day first, from where the page before ended."""
    found = SessionFigures.objects.filter(Q(day__lt=day) | Q(day=day, session_id__lt=session), day__lte=day)
    return found.order_by("-day", "-session_id").values_list("day", "session_id", "patient_id")[:51]


QUESTIONS: dict[str, Asked] = {
    "month by month": lambda: tally().values_list("month", "status").annotate(Sum("number")).order_by("month", "status"),
    "month, physician, indication": lambda: tally().values_list("month", "physician_id", "indication").annotate(Sum("number")),
    "all time": lambda: Tally.objects.filter(site="").values_list("month", "device", "status").annotate(Sum("number")),
    "each site": lambda: Tally.objects.exclude(site="").values_list("site").annotate(Sum("number")).filter(site__in=["palm"]),
    "sites of a year": lambda: (
        Tally.objects.filter(site__in=["palm", "sole"], month__gte=date(2026, 1, 1)).values_list("site").annotate(Sum("number"))
    ),
    "list, first page": lambda: of_the_year().order_by("-day", "-session_id").values_list("day", "session_id")[:51],
    "list, any page": lambda: page_after(date(2026, 5, 12), 5000),
    "patients of a year": lambda: of_the_year().filter(**COUNTED).values_list("status").annotate(Count("patient", distinct=True)),
    "courses of a year": lambda: of_the_year().values_list("indication").annotate(Count("course", distinct=True)),
    "counted with every filter": lambda: of_the_year().filter(**FILTERS, **COUNTED).values_list("month").annotate(Count("pk")),
    "events of a year": lambda: of_the_year().filter(**COUNTED).values_list("indication").annotate(Sum("events"), Sum("serious")),
    "sessions with events": lambda: of_the_year().filter(events__gt=0).order_by("-day", "-session_id").values_list("day", "session_id"),
    "response per measure": lambda: (
        Outcome.objects.filter(measure="HDSS", day__gte=date(2026, 1, 1), day__lte=date(2026, 12, 31))
        .values_list("scale", "unit", "site", "side", "physician", "device", "first_value", "last_value").annotate(n=Count("pk"))
    ),
    "every measure": lambda: (
        Outcome.objects.filter(day__isnull=False).values_list("measure", "scale", "unit")
        .annotate(fell=Count("pk", filter=Q(last_value__lt=F("first_value"))))
    ),
    "courses without a value": lambda: (
        CourseFigures.objects.filter(last_day__gte=date(2026, 1, 1), indication__in=["hyperhidrosis"]).values_list("course_id")
    ),
    "absences": lambda: (
        SessionFigures.objects.filter(absent=True, record_status__in=SIGNED, day__gte=date(2026, 1, 1)).values_list("month", "physician_id", "indication")
    ),
    "people": lambda: (
        SessionFigures.objects.filter(day__gte=date(2026, 1, 1), status__in=["completed", "stopped"])
        .values_list("patient_id", "device_id", "sites").distinct()
    ),
    "ended courses": lambda: (
        Course.objects.order_by().filter(ended_date__isnull=False, ended_date__gte=date(2026, 1, 1))
        .values_list("physician_id", "indication", "end_reason", "planned_sessions", "status")
    ),
    "answers that are not no": lambda: (
        Answer.objects.order_by().exclude(reply="no").exclude(reply="not-applicable").exclude(reply="").values_list("item", "reply")
    ),
    "active courses": lambda: (
        Course.objects.filter(status__in=OPEN).values_list("pk", "physician_id", "figures__last_day", "figures__performed")
    ),
    "one course": lambda: CourseFigures.objects.filter(course=3).values_list("performed", "last_day"),
    "outcomes of one course": lambda: Outcome.objects.filter(course=3).annotate(gone=F("first_value") - F("last_value")),
}  # fmt: skip
# Answered within the index: the table itself is never touched.
WITHIN = set(QUESTIONS) - {"active courses", "one course", "outcomes of one course", "sessions with events"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_question_is_answered_from_an_index(question: str) -> None:
    plan = QUESTIONS[question]().explain()
    through = [line for line in plan.splitlines() if re.search(r"\bSCAN\b", line) and "INDEX" not in line]
    assert through == []
    searched = [line for line in plan.splitlines() if "logbook_" in line]
    assert searched
    if question in WITHIN:
        assert [line for line in searched if "USING COVERING INDEX" not in line] == []


def test_plan_of_a_question_without_an_index_reads_the_table_through() -> None:
    """The words that the test above looks for are those that SQLite says."""
    assert "SCAN logbook_outcome" in Outcome.objects.filter(number=7).explain()


def test_page_of_the_list_is_not_sorted() -> None:
    assert "TEMP B-TREE" not in page_after(date(2026, 5, 12), 5000).explain()
