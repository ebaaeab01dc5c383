"""The sessions report against counts worked out by hand."""

from datetime import date

import pytest
from django.utils import translation

from sessions.reports.session_filter import SessionFilter
from sessions.reports.sessions import build
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def months(report):
    return [row.values for row in report.months.rows]


def group(report, name):
    table = next(table for table in report.groups if table.name == name)
    return [row.values for row in table.rows]


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician))


def test_empty_logbook_counts_nothing(physician):
    report = build(SessionFilter(), identities=True)
    assert (report.total.values(), months(report), list(report.list.rows), report.patient_ids) == ((0,) * 6, [], [], ())


def test_month_is_that_of_the_clinic_across_year_ends_and_clock_changes(physician, course):
    for moment in (
        paris(2025, 12, 31, 23, 30),
        paris(2026, 1, 1, 0, 15),  # still December in UTC
        paris(2026, 3, 29, 1, 59),  # the clock goes forward at 2
        paris(2026, 3, 31, 23, 59),
        paris(2026, 4, 1, 0, 30),  # still March in UTC
        paris(2026, 10, 25, 2, 30),  # comes twice
    ):
        a_session(by=physician, course=course, started_at=moment)
    report = build(SessionFilter(), identities=False)
    assert [(month, performed) for month, performed, *_rest in months(report)] == [
        (date(2025, 12, 1), 1),
        (date(2026, 1, 1), 1),
        (date(2026, 2, 1), 0),
        (date(2026, 3, 1), 2),
        (date(2026, 4, 1), 1),
        *[(date(2026, month, 1), 0) for month in range(5, 10)],
        (date(2026, 10, 1), 1),
    ]


def test_period_takes_whole_days_of_the_clinic(physician, course):
    for moment in (
        paris(2026, 3, 28, 23, 59),
        paris(2026, 3, 29, 0, 0),
        paris(2026, 3, 29, 23, 59),
        paris(2026, 3, 30, 0, 0),
    ):
        a_session(by=physician, course=course, started_at=moment)
    day = date(2026, 3, 29)
    report = build(SessionFilter(from_date=day, to_date=day), identities=True)
    assert [row.values[0] for row in report.list.rows] == [paris(2026, 3, 29, 23, 59), paris(2026, 3, 29, 0, 0)]
    assert build(SessionFilter(from_date=day), identities=False).total.performed == 3
    assert build(SessionFilter(to_date=day), identities=False).total.performed == 3


def test_stopped_counts_and_not_done_drafts_and_errors_do_not(physician, course):
    start = paris(2026, 3, 12, 14, 5)
    a_session(by=physician, course=course, started_at=start)
    a_session(by=physician, course=course, started_at=start, status="stopped")
    a_session(by=physician, course=course, started_at=start, status="not-done", sites=())
    a_session(
        by=physician, course=course, started_at=start, late_record=True, late_reason="found later", incident_note="told"
    )
    a_session(by=physician, course=course, started_at=start, record_status="preliminary")
    a_session(by=physician, course=course, started_at=None, record_status="preliminary", status="", sites=())
    a_session(by=physician, course=course, started_at=start, record_status="entered-in-error")
    report = build(SessionFilter(), identities=True)
    assert report.total.values() == (3, 2, 1, 1, 1, 2)
    assert months(report) == [(date(2026, 3, 1), 3, 2, 1, 1, 1, 1), ("no start written yet", 0, 0, 0, 0, 0, 1)]
    assert report.months.totals.values == ("All", 3, 2, 1, 1, 1, 2)
    assert len(report.list.rows) == 6
    assert [row.values[0] for row in report.list.rows][-1] is None


def test_session_with_two_sites_counts_once_in_all_and_once_per_site(physician, course):
    a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), sites=("palm", "sole"))
    a_session(by=physician, course=course, started_at=paris(2026, 3, 13, 14), sites=("palm", "palm"))
    report = build(SessionFilter(), identities=True)
    assert report.total.performed == 2
    assert [(name, performed) for name, performed, *_rest in group(report, "site")] == [
        ("palm (hand)", 2),
        ("sole (foot)", 1),
    ]
    assert [row.values[5] for row in report.list.rows] == ["palm (hand)", "palm (hand), sole (foot)"]


def test_each_limit_alone_and_all_together(physician, other_physician, course):
    device = a_device(by=physician)
    other = a_course(
        by=physician,
        patient=a_patient(by=physician, record_number="2026-0002", family_name="Roy"),
        indication="cellulite",
        sites=("hip",),
    )
    start = paris(2026, 3, 12, 14)
    a_session(by=physician, course=course, started_at=start, device=device)
    a_session(by=physician, course=course, started_at=start, physician=other_physician, sites=("sole",))
    a_session(by=physician, course=other, started_at=start, sites=("thigh-medial",), status="stopped")
    a_session(
        by=physician,
        course=other,
        started_at=paris(2026, 4, 1, 9),
        sites=("thigh-medial",),
        record_status="preliminary",
    )

    def performed_and_drafts(**limits):
        total = build(SessionFilter(**limits), identities=False).total
        return total.performed, total.drafts

    assert performed_and_drafts() == (3, 1)
    assert performed_and_drafts(physician=other_physician.pk) == (1, 0)
    assert performed_and_drafts(indication="cellulite") == (1, 1)
    assert performed_and_drafts(site="palm") == (1, 0)
    assert performed_and_drafts(device=device.pk) == (1, 0)
    assert performed_and_drafts(status="stopped") == (1, 0)
    assert performed_and_drafts(record_status="preliminary") == (0, 1)
    assert performed_and_drafts(from_date=date(2026, 4, 1)) == (0, 1)
    everything = {
        "from_date": date(2026, 3, 1), "to_date": date(2026, 3, 31), "physician": physician.pk, "indication": "hyperhidrosis",
        "site": "palm", "device": device.pk, "status": "completed", "record_status": "final",
    }  # fmt: skip
    assert performed_and_drafts(**everything) == (1, 0)
    assert performed_and_drafts(**everything | {"site": "sole"}) == (0, 0)


def test_groups_name_physicians_indications_and_devices(physician, other_physician, course):
    device = a_device(by=physician)
    start = paris(2026, 3, 12, 14)
    a_session(by=physician, course=course, started_at=start, device=device)
    a_session(by=physician, course=course, started_at=start, physician=other_physician)
    report = build(SessionFilter(), identities=False)
    assert [row[0] for row in group(report, "physician")] == ["Dr Jeanne Morel", "Dr Paul Petit"]
    assert [row[0] for row in group(report, "indication")] == ["hyperhidrosis"]
    assert [row[0] for row in group(report, "device")] == ["Hidrex PSP1000 nº 4412", "no device written"]
    assert report.list is None
    assert [row.values for row in report.all_counts().rows][:3] == [
        ("Per month", "2026-03", 2, 2, 0, 0, 0, 0),
        ("Physician", "Dr Jeanne Morel", 1, 1, 0, 0, 0, 0),
        ("Physician", "Dr Paul Petit", 1, 1, 0, 0, 0, 0),
    ]


def test_errors_are_listed_only_where_asked_for(physician, course):
    a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), record_status="entered-in-error")
    assert list(build(SessionFilter(), identities=True).list.rows) == []
    report = build(SessionFilter(record_status="entered-in-error"), identities=True)
    assert ([row.struck for row in report.list.rows], report.total.performed) == ([True], 0)


def test_pages_of_the_list_hold_every_session_once(physician, course):
    same = paris(2026, 3, 12, 14)
    for moment in (same, same, paris(2026, 3, 11, 9), None, None):
        a_session(by=physician, course=course, started_at=moment, record_status="preliminary")
    whole = [row.key for row in build(SessionFilter(), identities=True, size=None).list.rows]
    paged, after = [], None
    while True:
        report = build(SessionFilter(), identities=True, after=after, size=2)
        paged += [row.key for row in report.list.rows]
        after = report.following
        if after is None:
            break
    assert (paged, len(set(paged))) == (whole, 5)


@pytest.mark.parametrize("size", [2, None])
def test_number_of_queries_is_the_same_for_one_and_three_sessions(physician, course, size, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), device=a_device(by=physician))
    with CaptureQueriesContext(connection) as one:
        build(SessionFilter(), identities=True, size=size)
    for day in (13, 14):
        patient = a_patient(by=physician, record_number=f"2026-01{day}")
        a_session(by=physician, course=a_course(by=physician, patient=patient), started_at=paris(2026, 3, day, 14))
    with django_assert_num_queries(len(one.captured_queries)):
        build(SessionFilter(), identities=True, size=size)


def test_limits_in_words_name_what_was_set():
    chosen = SessionFilter(from_date=date(2026, 3, 1), site="palm")
    assert (chosen.in_words(), SessionFilter().in_words()) == ("from_date = 2026-03-01; site = palm", "all")
