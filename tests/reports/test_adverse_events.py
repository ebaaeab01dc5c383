"""Adverse events against counts worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from sessions.reports.adverse_events import REPORT
from tests.factories import a_course, a_device, a_patient
from tests.reports.asking import built, rows
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def courses(physician):
    return [
        a_course(
            by=physician,
            patient=a_patient(by=physician, record_number=f"2026-000{n}", family_name=f"Name{n}", given_names="Zoë"),
        )
        for n in (1, 2, 3)
    ]


def event(term="erythema", severity="mild", **values):
    given = {
        "term": term,
        "severity": severity,
        "serious": "no",
        "site": "palm",
        "side": "left",
        "under_electrode": "anode",
    }
    return given | values


@pytest.fixture
def eight_sessions(physician, courses):
    """Patient 1: three at the palms, two with events. Patient 2: two, palm and sole, one with two events alike. Patient 3:
    one without. Besides a draft, one in error and one not done, each with an event that does not count.
    """
    device, (first, second, third) = a_device(by=physician), courses

    def put(course, day, **values):
        a_session(by=physician, course=course, started_at=paris(2026, 3, day, 9), **values)

    put(first, 1, device=device, events=(event(),))
    put(
        first,
        2,
        device=device,
        events=(
            event(
                "burn-2",
                "severe",
                serious="yes",
                serious_criterion="hospital",
                under_electrode="cathode",
                ctcae_grade=3,
            ),
        ),
    )
    put(first, 3, device=device)
    put(second, 4, sites=("palm", "sole"), events=(event(), event(severity="moderate", site="sole")))
    put(second, 31, sites=("sole",), events=(event("other", site="", side="", under_electrode="", term_note="cramp"),))
    put(third, 6, device=device)
    put(third, 7, record_status="preliminary", events=(event(),))
    put(third, 8, record_status="entered-in-error", events=(event(),))
    put(third, 9, status="not-done", events=(event(),))


def test_rates_are_of_sessions_and_patients_with_such_an_event(eight_sessions):
    found = built(REPORT)
    # 6 sessions of 3 patients. Erythema: 3 events in 2 sessions of 2 patients.
    assert rows(found, "term") == [
        ("erythema", 3, 2, 1, 0, 2, 6, Decimal("33.3"), 2, 3, Decimal("66.7")),
        ("burn, second degree", 1, 0, 0, 1, 1, 6, Decimal("16.7"), 1, 3, Decimal("33.3")),
        ("other event", 1, 1, 0, 0, 1, 6, Decimal("16.7"), 1, 3, Decimal("33.3")),
    ]
    assert [(line[0], line[1], line[5], line[8]) for line in rows(found, "severity")] == [
        ("mild", 3, 3, 2), ("moderate", 1, 1, 1), ("severe", 1, 1, 1),
    ]  # fmt: skip
    assert [headline.figure for headline in found.headline] == [5, Decimal("66.7"), 1]


def test_site_and_device_have_their_own_denominators(eight_sessions):
    found = built(REPORT)
    # Palm: sessions 1, 2, 3, 4 and 6 of three patients; sole: two sessions of one patient.
    assert [(line[0], line[1], *line[5:]) for line in rows(found, "site")] == [
        ("palm (hand)", 3, 3, 5, Decimal("60.0"), 2, 3, Decimal("66.7")),
        ("not written", 1, 1, None, None, 1, None, None),
        ("sole (foot)", 1, 1, 2, Decimal("50.0"), 1, 1, Decimal("100.0")),
    ]
    # The device: four sessions of two patients; none written: two sessions of one.
    assert [(line[0], line[1], *line[5:]) for line in rows(found, "device")] == [
        ("no device written", 3, 2, 2, Decimal("100.0"), 1, 1, Decimal("100.0")),
        ("Hidrex PSP1000 nº 4412", 2, 2, 4, Decimal("50.0"), 1, 2, Decimal("50.0")),
    ]
    assert [(line[0], line[1]) for line in rows(found, "electrode")] == [
        ("under the anode (+)", 3), ("not written", 1), ("under the cathode (−)", 1),
    ]  # fmt: skip


def test_serious_events_are_listed_one_by_one(eight_sessions):
    (line,) = rows(built(REPORT), "serious")
    assert line[1:8] == (
        "Name1 Zoë",
        "2026-0001",
        "burn, second degree",
        "palm (hand), left",
        "severe",
        3,
        "hospital stay",
    )
    assert built(REPORT, identities=False).table("serious") is None


def test_chart_counts_events_per_month_by_severity(eight_sessions):
    (chart,) = built(REPORT).charts
    assert (chart.labels, [(str(series.name), series.values) for series in chart.series]) == (
        (date(2026, 3, 1),), [("severe", (1,)), ("moderate", (1,)), ("mild", (3,))],
    )  # fmt: skip


def test_limits_leave_the_events_of_the_sessions_within_them(eight_sessions):
    assert [line[:2] for line in rows(built(REPORT, from_date=date(2026, 3, 31)), "term")] == [("other event", 1)]
    assert [line[6] for line in rows(built(REPORT, site="sole"), "term")] == [2, 2]


def test_empty_logbook_has_no_events(db):
    found = built(REPORT)
    assert (rows(found, "term"), rows(found, "serious"), found.headline[1].figure) == ([], [], "–")
