"""The sessions report against counts worked out by hand."""

from collections import defaultdict
from datetime import date

import pytest
from django.utils import timezone, translation

from sessions.models import Session
from sessions.reports.report import Asked
from sessions.reports.session_filter import SessionFilter
from sessions.reports.sessions import build as build_report
from sessions.reports.sessions import counted
from tests.factories import PARIS, a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def build(chosen, *, identities, whole=False):
    return build_report(Asked(chosen, timezone.now(), identities=identities, whole=whole))


def total(chosen):
    return counted(chosen).total()


def months(report):
    return group(report, "months")


def group(report, name):
    return [row.values for row in report.table(name).rows]


def listed(report):
    return report.table("list").rows


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician))


def test_empty_logbook_counts_nothing(physician):
    report = build(SessionFilter(), identities=True)
    assert (total(SessionFilter()).values(), months(report), list(listed(report))) == ((0,) * 6, [], [])
    assert report.headline[0].figure == 0


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
    assert [row.values[0] for row in listed(report)] == [paris(2026, 3, 29, 23, 59), paris(2026, 3, 29, 0, 0)]
    assert total(SessionFilter(from_date=day)).performed == 3
    assert total(SessionFilter(to_date=day)).performed == 3


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
    assert total(SessionFilter()).values() == (3, 2, 1, 1, 1, 2)
    assert months(report) == [(date(2026, 3, 1), 3, 2, 1, 1, 1, 1), ("no start written yet", 0, 0, 0, 0, 0, 1)]
    assert report.table("months").totals.values == ("All", 3, 2, 1, 1, 1, 2)
    assert len(listed(report)) == 6
    assert [row.values[0] for row in listed(report)][-1] is None


def test_session_with_two_sites_counts_once_in_all_and_once_per_site(physician, course):
    a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), sites=("palm", "sole"))
    a_session(by=physician, course=course, started_at=paris(2026, 3, 13, 14), sites=("palm", "palm"))
    report = build(SessionFilter(), identities=True)
    assert report.headline[0].figure == 2
    assert [(name, performed) for name, performed, *_rest in group(report, "site")] == [
        ("palm (hand)", 2),
        ("sole (foot)", 1),
    ]
    assert [row.values[5] for row in listed(report)] == ["palm (hand)", "palm (hand), sole (foot)"]


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
        found = total(SessionFilter(**limits))
        return found.performed, found.drafts

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
    report = build(SessionFilter(), identities=False, whole=True)
    assert [row[0] for row in group(report, "physician")] == ["Dr Jeanne Morel", "Dr Paul Petit"]
    assert [row[0] for row in group(report, "indication")] == ["hyperhidrosis"]
    assert [row[0] for row in group(report, "device")] == ["Hidrex PSP1000 nº 4412", "no device written"]
    assert report.table("list") is None
    assert group(report, "counts")[:3] == [
        ("Per month", "2026-03", 2, 2, 0, 0, 0, 0),
        ("Physician", "Dr Jeanne Morel", 1, 1, 0, 0, 0, 0),
        ("Physician", "Dr Paul Petit", 1, 1, 0, 0, 0, 0),
    ]


def test_errors_are_listed_only_where_asked_for(physician, course):
    a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), record_status="entered-in-error")
    assert list(listed(build(SessionFilter(), identities=True))) == []
    report = build(SessionFilter(record_status="entered-in-error"), identities=True)
    assert ([row.struck for row in listed(report)], report.headline[0].figure) == ([True], 0)


def test_page_has_the_newest_of_the_list_and_a_file_all_of_it(physician, course, monkeypatch):
    monkeypatch.setattr("sessions.reports.session_list.NEWEST", 2)
    for day in (11, 12, 13):
        a_session(by=physician, course=course, started_at=paris(2026, 3, day, 9))
    page, file = (build(SessionFilter(), identities=True, whole=whole) for whole in (False, True))
    assert [row.values[0].day for row in listed(page)] == [13, 12]
    assert [row.values[0].day for row in listed(file)] == [13, 12, 11]


@pytest.mark.parametrize("whole", [True, False])
def test_number_of_queries_is_the_same_for_one_and_three_sessions(physician, course, whole, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), device=a_device(by=physician))
    with CaptureQueriesContext(connection) as one:
        build(SessionFilter(), identities=True, whole=whole)
    for day in (13, 14):
        patient = a_patient(by=physician, record_number=f"2026-01{day}")
        a_session(by=physician, course=a_course(by=physician, patient=patient), started_at=paris(2026, 3, day, 14))
    with django_assert_num_queries(len(one.captured_queries)):
        build(SessionFilter(), identities=True, whole=whole)


def test_limits_in_words_name_what_was_set():
    chosen = SessionFilter(from_date=date(2026, 3, 1), site="palm")
    assert (chosen.in_words(), SessionFilter().in_words()) == ("from_date = 2026-03-01; site = palm", "all")


@pytest.mark.parametrize("days", [
    (None, None), ((2026, 1, 1), (2026, 12, 31)), ((2026, 1, 17), (2026, 3, 2)), ((2026, 2, 3), (2026, 2, 20)),
    ((2026, 1, 31), (2026, 2, 1)), ((2026, 2, 1), None), (None, (2026, 2, 28)), ((2026, 1, 31), (2026, 1, 31)),
])  # fmt: skip
def test_whole_months_and_single_days_make_the_same_counts_as_the_sessions_one_by_one(physician, course, days):
    """The tally of months, the days beside it, and a plain loop over the record agree."""
    device = a_device(by=physician)
    for month in (1, 2, 3):
        for day in (1, 2, 16, 17, 28):
            status = ("completed", "stopped", "not-done")[day % 3]
            sites = ("palm", "sole") if day % 2 else ("palm",)
            a_session(
                by=physician,
                course=course,
                started_at=paris(2026, month, day, 23, 30),
                status=status,
                sites=sites,
                device=device if day > 2 else None,
            )
    first, last = (date(*day) if day else None for day in days)
    chosen = SessionFilter(from_date=first, to_date=last)
    found = counted(chosen)
    expected = {name: defaultdict(int) for name in ("month", "device", "site")}
    for session in Session.objects.all():
        day = session.started_at.astimezone(PARIS).date()
        if session.was_performed and (not first or day >= first) and (not last or day <= last):
            expected["month"][day.replace(day=1)] += 1
            expected["device"][session.device_id or 0] += 1
            for site in set(session.applications.values_list("site", flat=True)):
                expected["site"][site] += 1
    performed = {
        name: {key: counts.performed for key, counts in found.by[name].items() if counts.performed} for name in expected
    }
    assert performed == {name: dict(counts) for name, counts in expected.items()}
