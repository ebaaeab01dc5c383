"""Sessions not signed, against counts worked out by hand."""

import pytest
from django.utils import translation

from sessions.reports.unsigned import REPORT
from tests.factories import a_course, a_patient
from tests.reports.asking import built, rows, totals
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def drafts(physician, other_physician):
    """Seen from 30 April at noon: today, yesterday late at night, eight days ago, 31 days ago, and without a start."""
    course = a_course(by=physician, patient=a_patient(by=physician))
    for start in (
        paris(2026, 4, 30, 0, 5), paris(2026, 4, 29, 23, 55), paris(2026, 4, 22, 9), paris(2026, 3, 30, 9), None,
    ):  # fmt: skip
        a_session(by=physician, course=course, started_at=start, record_status="preliminary")
    a_session(
        by=physician,
        course=course,
        started_at=paris(2026, 4, 22, 9),
        physician=other_physician,
        record_status="preliminary",
    )
    a_session(by=physician, course=course, started_at=paris(2026, 4, 1, 9))
    a_session(by=physician, course=course, started_at=paris(2026, 4, 1, 9), record_status="entered-in-error")


def test_drafts_are_counted_by_age_in_days_of_the_clinic(drafts):
    found = built(REPORT)
    assert [column.title for column in found.table("physicians").columns][1:6] == [
        "Today", "1 day", "2 to 7 days", "8 to 30 days", "More than 30 days",
    ]  # fmt: skip
    assert rows(found, "physicians") == [
        ("Dr Jeanne Morel", 1, 1, 0, 1, 1, 1, 5, 0),
        ("Dr Paul Petit", 0, 0, 0, 1, 0, 0, 1, 0),
    ]
    assert totals(found, "physicians") == ("All", 1, 1, 0, 2, 1, 1, 6, 0)


def test_overdue_is_what_waits_longer_than_the_clinic_allows(drafts, settings):
    settings.SIGN_WITHIN_DAYS = 7
    found = built(REPORT)
    assert [headline.figure for headline in found.headline] == [6, 3]
    assert [(line[1], line[2]) for line in rows(found, "list")] == [
        (None, ""), (31, "overdue"), (8, "overdue"), (8, "overdue"), (1, ""), (0, ""),
    ]  # fmt: skip
    settings.SIGN_WITHIN_DAYS = 8
    assert built(REPORT).headline[1].figure == 1


def test_empty_logbook_waits_for_nobody(db):
    assert totals(built(REPORT), "physicians") == ("All", *[0] * 8)
