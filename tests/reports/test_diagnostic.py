"""Diagnostic tests against counts worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from clinic.audit.act import act
from sessions.models import Result, Sample
from sessions.reports.diagnostic import REPORT
from tests.factories import a_course, a_patient
from tests.reports.asking import built, rows, totals
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def a_test(physician, course, started, *, label, sufficiency="", analyte="chloride", results=(), **values):
    """A signed sweat test with one sample and its results, put in as acts put them."""
    session = a_session(
        by=physician, course=course, started_at=started, sites=("forearm",),
        **{"extraction_mode": "stimulated-sweat", "analyte": analyte} | values,
    )  # fmt: skip
    with act("record_result", by=physician) as writing:
        sample = Sample(
            session=session, number=1, sample_id=label, site="forearm", side="left", sufficiency=sufficiency,
            collected_until=started + timedelta(minutes=30), laboratory="North",
        )  # fmt: skip
        writing.create(sample)
        writing.create(*[Result(sample=sample, **result) for result in results])
    return session


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician), indication="extraction", sites=("forearm",))


def reported(days, sufficiency="sufficient", **values):
    return {"sufficiency": sufficiency, "reported_at": paris(2026, 3, 1, 9, 30) + timedelta(days=days)} | values


def test_insufficient_outstanding_turnaround_and_repeats(physician, course):
    start = paris(2026, 3, 1, 9)
    figure = {"comparator": "=", "result_value": Decimal("20"), "result_unit": "mmol/L"}
    a_test(physician, course, start, label="A", results=[reported(2, "insufficient")])
    wrong = reported(1, in_error=True, error_reason="another patient", **figure)
    a_test(physician, course, start + timedelta(days=7), label="B", results=[wrong, reported(11, **figure)])
    a_test(physician, course, start + timedelta(days=8), label="C", sufficiency="sufficient")
    a_test(physician, course, start + timedelta(days=9), label="D", sufficiency="insufficient")
    a_test(physician, course, start + timedelta(days=9), label="E", analyte="sodium")
    a_test(physician, course, start, label="F", record_status="preliminary")
    a_test(physician, course, start, label="G", record_status="entered-in-error")
    found = built(REPORT)
    # Known quantity: A, B, C, D. Outstanding: C and E. Repeats: B, C and D of chloride. Turnaround: A 2 days, B 4 days.
    assert totals(found, "mode") == ("All", 5, 4, 2, Decimal("50.0"), 2, 3, Decimal("3.0"))
    assert rows(found, "analyte") == [
        ("chloride", 4, 4, 2, Decimal("50.0"), 1, 3, Decimal("3.0")),
        ("sodium", 1, 0, 0, None, 1, 0, None),
    ]
    assert [(line[0], line[7], line[9], line[10]) for line in rows(found, "list")] == [
        ("A", "", Decimal("2.0"), ""), ("B", "20 mmol/L", Decimal("4.0"), "repeat"), ("C", "", Decimal("52.1"), "outstanding, repeat"), ("D", "", None, "repeat"),
        ("E", "", Decimal("51.1"), "outstanding"),
    ]  # fmt: skip


def test_repeat_looks_back_beyond_the_period(physician, course):
    start = paris(2026, 3, 1, 9)
    for number, days in enumerate((0, 40)):
        a_test(physician, course, start + timedelta(days=days), label=f"S{number}")
    assert totals(built(REPORT, from_date=paris(2026, 4, 1).date()), "mode")[5:7] == (1, 1)


def test_two_samples_of_one_day_are_no_repeat(physician, course):
    for label in ("left", "right"):
        a_test(physician, course, paris(2026, 3, 1, 9), label=label)
    assert totals(built(REPORT), "mode")[6] == 0


def test_empty_logbook_has_no_tests(db):
    assert totals(built(REPORT), "mode") == ("All", 0, 0, 0, None, 0, 0, None)
