"""Which sites, and when a course can end."""

from datetime import date

import pytest

from sessions.models import Course
from sessions.rules.course import status_at_end, why_not_end, why_not_remove_sites, why_not_these_sites


@pytest.mark.parametrize(
    ("indication", "sites", "fields"),
    [
        ("hyperhidrosis", ["palm", "sole", "axilla"], []),
        ("hyperhidrosis", ["palm", "hip"], ["sites"]),
        ("extraction", ["arm"], []),
        ("cellulite", ["arm"], []),
        ("cellulite", [], ["sites"]),
        ("nothing", ["palm"], ["sites"]),
    ],
)
def test_sites_of_the_indication(indication: str, sites: list[str], fields: list[str]) -> None:
    assert [problem.field for problem in why_not_these_sites(indication, sites)] == fields


def test_treated_sites_stay() -> None:
    assert why_not_remove_sites(["palm"], {"sole"}) == []
    assert [problem.field for problem in why_not_remove_sites(["palm"], {"palm"})] == ["sites"]


@pytest.mark.parametrize(
    ("status", "ended", "last", "fields"),
    [
        ("active", date(2026, 2, 1), None, []),
        ("on-hold", date(2026, 1, 5), None, []),
        ("active", date(2026, 1, 4), None, ["ended_date"]),
        ("active", date(2026, 3, 13), None, ["ended_date"]),
        ("active", date(2026, 2, 1), date(2026, 2, 1), []),
        ("active", date(2026, 2, 1), date(2026, 2, 2), ["ended_date"]),
        ("completed", date(2026, 2, 1), None, [""]),
    ],
)
def test_end(status: str, ended: date, last: date | None, fields: list[str]) -> None:
    course = Course(status=status, opened_date=date(2026, 1, 5))
    problems = why_not_end(course, ended_date=ended, today=date(2026, 3, 12), last_session=last)
    assert [problem.field for problem in problems] == fields


def test_status_at_the_end_follows_the_reason() -> None:
    assert [status_at_end(reason) for reason in ("completed", "goal-reached", "moved")] == [
        "completed",
        "completed",
        "stopped",
    ]
