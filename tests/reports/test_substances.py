"""Substances and batches against counts worked out by hand."""

from datetime import date

import pytest
from django.utils import translation

from sessions.reports.substances import REPORT
from tests.factories import a_course, a_patient
from tests.reports.asking import built, rows
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def sessions(physician):
    """Batch B1 at both palms of one session and in another patient's; B2 expired; tap water without either."""
    courses = [
        a_course(
            by=physician,
            patient=a_patient(by=physician, record_number=f"2026-000{n}", family_name=f"Name{n}", given_names="Zoë"),
        )
        for n in (1, 2)
    ]
    batch = {"substance": "glycopyrronium", "substance_batch": "B1", "substance_expiry_date": date(2026, 3, 31)}
    twice = [batch | {"side": "left"}, batch | {"side": "right"}]

    def put(course, *moment, **values):
        a_session(by=physician, course=course, started_at=paris(2026, *moment), **values)

    put(courses[0], 3, 1, 9, sites=("palm", "palm"), of_sites=twice)
    put(courses[1], 3, 31, 23, 59, of_sites=[batch])
    put(courses[1], 4, 1, 0, 1, of_sites=[batch | {"substance_batch": "B2"}])
    put(courses[1], 4, 2, 9)
    put(courses[1], 4, 3, 9, of_sites=[batch], record_status="preliminary")
    put(courses[1], 4, 4, 9, of_sites=[batch], record_status="entered-in-error")


def test_batches_are_traced_to_sessions_and_patients(sessions):
    found = built(REPORT)
    expiry = date(2026, 3, 31)
    assert rows(found, "batches") == [
        ("glycopyrronium", "", "B1", expiry, 3, 2, 2, date(2026, 3, 1), date(2026, 3, 31)),
        ("glycopyrronium", "", "B2", expiry, 1, 1, 1, date(2026, 4, 1), date(2026, 4, 1)),
    ]
    assert [(line[0], line[3], line[5], line[8]) for line in rows(found, "list")] == [
        ("B2", "expired", "Name2 Zoë", "both sides"),
        ("B1", "", "Name2 Zoë", "both sides"),
        ("B1", "", "Name1 Zoë", "left"),
        ("B1", "", "Name1 Zoë", "right"),
    ]


def test_limit_of_a_side_leaves_its_applications(sessions):
    assert [line[4] for line in rows(built(REPORT, side="left"), "batches")] == [1]
    assert rows(built(REPORT, substance="atropine"), "batches") == []


def test_empty_logbook_has_no_batches(db):
    assert (rows(built(REPORT), "batches"), rows(built(REPORT), "list")) == ([], [])
