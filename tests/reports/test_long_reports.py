"""How many sessions a report would go through, told before it does."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions.reports import long_reports
from sessions.reports.long_reports import QUICK, too_many
from sessions.reports.registry import BY_CODE
from sessions.reports.session_filter import SessionFilter
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _none_at_once(monkeypatch):
    monkeypatch.setattr(long_reports, "MOST_SESSIONS_AT_ONCE", 0)


@pytest.fixture
def device(physician):
    """Three sessions in March, one of them at two sites and one with this device, and one in April; a draft."""
    device, course = a_device(by=physician), a_course(by=physician, patient=a_patient(by=physician))
    a_session(by=physician, course=course, started_at=paris(2026, 3, 1, 0), sites=("palm", "sole"))
    a_session(by=physician, course=course, started_at=paris(2026, 3, 15, 9), device=device)
    a_session(by=physician, course=course, started_at=paris(2026, 3, 31, 23, 59), status="not-done", sites=())
    a_session(by=physician, course=course, started_at=paris(2026, 4, 1, 0))
    a_session(by=physician, course=course, started_at=paris(2026, 3, 3, 9), record_status="preliminary")
    return device


@pytest.mark.parametrize(
    ("limits", "number"),
    [
        ({}, 4),
        ({"from_date": date(2026, 3, 20), "to_date": date(2026, 3, 20)}, 3),  # the whole month: at most so many
        ({"from_date": date(2026, 3, 31)}, 4),
        ({"from_date": date(2026, 4, 1)}, 1),
        ({"to_date": date(2026, 3, 1)}, 3),
        ({"to_date": date(2026, 2, 28)}, 0),
        ({"status": "not-done"}, 1),
        ({"sex": "female", "site": "sole"}, 4),  # what no tally knows leaves fewer
    ],
)
def test_sessions_are_counted_by_the_tally(device, limits, number):
    with CaptureQueriesContext(connection) as asked:
        assert too_many(BY_CODE["screening"], SessionFilter(**limits)) == number
    assert len(asked.captured_queries) == 1


def test_limit_that_the_tally_knows_leaves_fewer(device):
    assert too_many(BY_CODE["screening"], SessionFilter(device=device.pk)) == 1


def test_as_many_as_are_allowed_are_not_too_many(device, monkeypatch):
    for most, number in ((4, 0), (3, 4)):
        monkeypatch.setattr(long_reports, "MOST_SESSIONS_AT_ONCE", most)
        assert too_many(BY_CODE["screening"], SessionFilter()) == number


@pytest.mark.parametrize("code", BY_CODE)
def test_reports_that_stored_figures_answer_never_take_long_by_dates_alone(device, code):
    with CaptureQueriesContext(connection) as asked:
        found = [too_many(BY_CODE[code], SessionFilter(**dates)) for dates in ({}, {"from_date": date(2026, 4, 1)})]
    assert (found, len(asked.captured_queries)) == (([0, 0], 0) if code in QUICK else ([4, 1], 2))
    assert too_many(BY_CODE[code], SessionFilter(sex="female")) == 4
    assert QUICK.keys() <= BY_CODE.keys()
