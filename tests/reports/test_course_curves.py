"""The curves of courses against medians and counts worked out by hand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from sessions.reports.course_curves import REPORT, build
from sessions.reports.report import Asked, answered
from sessions.reports.session_filter import SessionFilter
from tests.factories import a_course, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db
HALF_PAST = paris(2026, 3, 1, 9, 30)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def asked(definition="HDSS", **limits):
    return Asked(SessionFilter(**limits), timezone.now(), definition=definition)


def a_series(by, *values, indication="hyperhidrosis", **more):
    """A course with one session for each of these values; None: no value was taken."""
    course = a_course(by=by, patient=a_patient(by=by), indication=indication)
    for number, value in enumerate(values, start=1):
        given = {"measure": "HDSS", "value": Decimal(value)} | more if value else None
        a_session(
            by=by,
            course=course,
            started_at=HALF_PAST + timedelta(days=number),
            observations=(given,) if given else (),
        )
    return course


def lines(built):
    return [(row.values[0], *row.values[3:]) for row in built.tables[0].rows]


def test_lowest_and_highest_value_are_not_handed_on(physician):
    a_series(physician, 3)
    columns = {
        shared: [column.name for column in answered(REPORT, replace(asked(), shared=shared)).tables[0].columns]
        for shared in (False, True)
    }
    assert columns[False] == [*columns[True], "lowest", "highest"]


def test_empty_logbook_has_no_point(physician):
    built = build(asked())
    assert (lines(built), built.charts, built.headline[0].figure, built.used) == ([], (), 0, "HDSS")


def test_median_and_number_at_each_session(physician):
    a_series(physician, "4", "3", "2")
    a_series(physician, "4", "2", None, "1")
    a_series(physician, "3", "3")
    built = build(asked())
    right = "palm (hand) right"
    assert lines(built) == [
        (right, 1, 3, Decimal(4), Decimal(3), Decimal(4)),
        (right, 2, 3, Decimal(3), Decimal(2), Decimal(3)),
        (right, 3, 1, Decimal(2), Decimal(2), Decimal(2)),
        (right, 4, 1, Decimal(1), Decimal(1), Decimal(1)),
    ]
    assert built.headline[0].figure == 8


def test_a_session_without_a_value_is_a_gap(physician):
    a_series(physician, "4", None, "2")
    (chart,) = build(asked()).charts
    assert (chart.labels, [(str(one.name), one.values) for one in chart.series]) == (
        ("1", "2", "3"),
        [("palm (hand) right", (Decimal(4), None, Decimal(2)))],
    )
    assert (chart.least, chart.most) == (Decimal(1), Decimal(4))


def test_sides_are_lines_and_scales_and_moments_are_charts(physician):
    a_series(physician, "4", "3")
    a_series(physician, "2", "1", side="left")
    a_series(physician, "2", "2", side="left", moment="after")
    built = build(asked())
    assert [[str(one.name) for one in chart.series] for chart in built.charts] == [
        ["palm (hand) left", "palm (hand) right"],
        ["palm (hand) left"],
    ]
    assert [row.values[:3] for row in built.tables[0].rows] == [
        ("palm (hand) left", "before the session", ""),
        ("palm (hand) left", "before the session", ""),
        ("palm (hand) right", "before the session", ""),
        ("palm (hand) right", "before the session", ""),
        ("palm (hand) left", "after the session", ""),
        ("palm (hand) left", "after the session", ""),
    ]
    left = build(asked(side="left"))
    assert {row.values[0] for row in left.tables[0].rows} == set()  # the applications were on both sides
    palms = build(asked(site="palm"))
    assert len(palms.tables[0].rows) == 6


def test_a_session_number_far_off_is_no_thousand_gaps(physician):
    course = a_series(physician, "4")
    observation = ({"measure": "HDSS", "value": Decimal(1)},)
    a_session(by=physician, course=course, started_at=HALF_PAST, number=30_000, observations=observation)
    assert build(asked()).charts[0].labels == ("1", "30000")


def test_drafts_errors_and_sessions_not_done_are_not_in_it(physician):
    course = a_series(physician, "4")
    observation = ({"measure": "HDSS", "value": Decimal(1)},)
    later = HALF_PAST + timedelta(days=9)
    a_session(by=physician, course=course, started_at=later, record_status="preliminary", observations=observation)
    a_session(by=physician, course=course, started_at=later, record_status="entered-in-error", observations=observation)
    a_session(by=physician, course=course, started_at=later, status="not-done", sites=(), observations=observation)
    assert lines(build(asked())) == [("palm (hand) right", 1, 1, Decimal(4), Decimal(4), Decimal(4))]


def test_queries_do_not_grow(physician):
    counts = []
    for _time in range(2):
        a_series(physician, "4", "3")
        with CaptureQueriesContext(connection) as queries:
            build(asked())
        counts.append(len(queries))
    assert counts == [1, 1]
