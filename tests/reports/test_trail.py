"""The trail: every act and every look within the limits, in any order, a page at a time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from clinic.audit.models import Access, Act
from clinic.lib.problems import Refused
from sessions.reports.trail import act_lines, all_in_order, changes, looks, patients_within
from sessions.reports.trail_files import CHANGE_COLUMNS, changes_table, looks_table
from sessions.reports.trail_filter import (
    ACT_ORDERS,
    LOOK_ORDERS,
    NoSuchPlace,
    Sorting,
    TrailFilter,
    act_places,
    acts_within,
    in_order,
    look_places,
    looks_within,
)
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import paris
from tests.reports.trails import a_look, an_act, rename

pytestmark = pytest.mark.django_db

ALL = TrailFilter()
LATEST = Sorting()


def every(question, chosen, sorting, size):
    """All lines, page after page."""
    lines, after = [], None
    while True:
        page = question(chosen, sorting, after=after, size=size)
        lines += page.lines
        after = page.following
        if after is None:
            return lines


# --- Limits ----------------------------------------------------------------------------------------------------------

# Midnight in Paris, on an ordinary day and where the clock goes forward and back.
DAYS = [date(2026, 3, 12), date(2026, 3, 29), date(2026, 10, 25)]
LENGTHS = {date(2026, 3, 29): 23, date(2026, 10, 25): 25}


@pytest.mark.parametrize("day", DAYS)
def test_period_holds_the_whole_day_in_the_clinics_time_zone_and_nothing_else(physician, day):
    begins = paris(day.year, day.month, day.day).astimezone(UTC)
    ends = begins + timedelta(hours=LENGTHS.get(day, 24))
    instant = timedelta(microseconds=1)
    moments = [begins - instant, begins, ends - instant, ends]
    for moment in moments:
        an_act(physician, moment, reason=moment.isoformat())
        a_look(by=physician, at=moment)
    that_day = TrailFilter(from_date=day, to_date=day, kinds=("save_draft", "session"))
    assert [line.act.at for line in changes(that_day, LATEST).lines] == [ends - instant, begins]
    assert [line.look.at for line in looks(that_day, LATEST).lines] == [ends - instant, begins]
    from_then = replace(that_day, to_date=None)
    assert [line.act.at for line in changes(from_then, LATEST).lines] == [ends, ends - instant, begins]
    until_then = replace(that_day, from_date=None)
    assert [line.act.at for line in changes(until_then, LATEST).lines] == [ends - instant, begins, begins - instant]


def test_limits_leave_what_they_name(physician, staff, other_physician):
    patient, other = a_patient(by=physician), a_patient(by=staff, record_number="2026-0099")
    rename(patient, other_physician, "Celik")
    course = a_course(by=physician, patient=patient)
    kept = lambda **limits: [line.act.kind for line in changes(TrailFilter(**limits), LATEST).lines]  # noqa: E731
    assert kept(patient=patient.pk) == ["open_course", "change_patient", "register_patient"]
    assert kept(patient=other.pk) == ["register_patient"]
    assert kept(person=other_physician.pk) == ["change_patient"]
    assert kept(kinds=("open_course", "change_patient")) == ["open_course", "change_patient"]
    assert kept(record=f"patient:{patient.uid}") == ["change_patient", "register_patient"]
    assert kept(record=f"course:{course.uid}") == ["open_course"]
    assert kept(record=f"user:{staff.pk}") == ["create_account"]
    assert kept(patient=patient.pk, person=physician.pk, kinds=("register_patient",)) == ["register_patient"]


def test_looks_are_limited_by_person_patient_kind_and_record(physician, staff):
    patient, other = a_patient(by=physician), a_patient(by=physician, record_number="2026-0099")
    course = a_course(by=physician, patient=patient)
    one = a_look(by=physician, patient=patient, kind="course", record=course.uid, route="logbook:course")
    two = a_look(by=staff, patient=other, kind="report")
    three = a_look(kind="login_failed", detail="morel")
    kept = lambda **limits: [line.look.pk for line in looks(TrailFilter(**limits), LATEST).lines]  # noqa: E731
    assert kept()[:3] == [three.pk, two.pk, one.pk]
    assert kept(person=staff.pk, kinds=("report",)) == [two.pk]
    assert kept(patient=patient.pk) == [one.pk]
    assert kept(kinds=("course", "login_failed")) == [three.pk, one.pk]
    assert kept(record=f"course:{course.uid}") == [one.pk]
    with translation.override("en"):
        line = looks(TrailFilter(patient=patient.pk), LATEST).lines[0]
    assert (line.what, line.record.words, line.patient) == ("Course", "Course: hyperhidrosis", patient)


def test_limits_in_words_name_nobody():
    chosen = TrailFilter(from_date=date(2026, 1, 5), person=3, patient=7, kinds=("a", "b"), record="user:3")
    assert chosen.in_words() == "from_date = 2026-01-05; person = 3; patient = 7; kinds = a, b; record = user:3"
    assert ALL.in_words() == "all"


# --- Order and pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(physician, staff, administrator):
    """Acts and looks with equals, blanks and big and small letters in every column."""
    patients = [a_patient(by=physician, family_name=name) for name in ("Zola", "élan", "Abel")]
    patients += [a_patient(by=staff, family_name="abel", given_names="B", record_number="X1")]
    for patient in patients[:2]:
        rename(patient, staff, f"{patient.family_name}x", reason="Ärger")
        rename(patient, physician, f"{patient.family_name}y", reason="apple")
    a_device(by=administrator)
    moment = datetime(2026, 3, 12, 9, tzinfo=UTC)
    for _each in range(3):
        an_act(physician, moment)
        a_look(by=physician, patient=patients[0], at=moment, address="192.0.2.7", route="logbook:session")
        a_look(by=staff, patient=patients[1], kind="report", address="2001:db8::1", route="logbook:report")
        a_look(kind="login_failed", at=moment, detail="zzz", address="192.0.2.30")
        a_look(by=staff, patient=patients[3], kind="patient", record=patients[3].uid)


@pytest.mark.parametrize("order", ACT_ORDERS)
def test_acts_are_the_same_whatever_the_order(busy, order):
    up, down = (every(changes, ALL, Sorting(order, way), 5) for way in (False, True))
    keys = [line.act.pk for line in up]
    assert keys == [line.act.pk for line in reversed(down)]
    assert sorted(keys) == sorted(Act.objects.values_list("pk", flat=True))
    whole = changes(ALL, Sorting(order, False), size=1000)
    assert [line.act.pk for line in whole.lines] == keys


@pytest.mark.parametrize("order", LOOK_ORDERS)
def test_looks_are_the_same_whatever_the_order(busy, order):
    up, down = (every(looks, ALL, Sorting(order, way), 5) for way in (False, True))
    keys = [line.look.pk for line in up]
    assert keys == [line.look.pk for line in reversed(down)]
    assert sorted(keys) == sorted(Access.objects.values_list("pk", flat=True))


def test_order_is_the_one_that_the_reader_sees(busy):
    with translation.override("en"):
        whats = [line.what for line in changes(ALL, Sorting("what", False), size=1000).lines]
        assert whats == sorted(whats, key=str.casefold)
        names = [str(line.patient or "") for line in changes(ALL, Sorting("patient", True), size=1000).lines]
        assert names[0].startswith("Zola")
        assert names[-1] == ""
        pages = [line.page for line in looks(ALL, Sorting("route", False), size=1000).lines]
        assert pages == sorted(pages, key=lambda page: (not page, page.casefold()))
    numbers = [line.number for line in changes(ALL, Sorting("number", False), size=1000).lines]
    assert numbers == sorted(numbers)


def test_limits_hold_on_every_page_of_every_order(busy, physician):
    chosen = replace(ALL, person=physician.pk)
    wanted = set(Act.objects.filter(by=physician).values_list("pk", flat=True))
    for order in ACT_ORDERS:
        assert {line.act.pk for line in every(changes, chosen, Sorting(order, False), 2)} == wanted


def test_place_that_is_not_in_the_list_is_refused(busy, physician):
    elsewhere = Act.objects.exclude(by=physician).first()
    for after in (elsewhere.pk, 10**17):
        with pytest.raises(NoSuchPlace):
            changes(replace(ALL, person=physician.pk), LATEST, after=after)


def test_as_many_queries_for_sixty_acts_as_for_two(physician):
    patient = a_patient(by=physician)
    rename(patient, physician, "A0")
    chosen = replace(ALL, patient=patient.pk)
    changes(chosen, LATEST)
    with CaptureQueriesContext(connection) as few:
        changes(chosen, LATEST)
    for number in range(1, 60):
        rename(patient, physician, f"A{number}")
    with CaptureQueriesContext(connection) as many:
        page = changes(chosen, LATEST, size=60)
    assert (len(page.lines), len(many.captured_queries)) == (60, len(few.captured_queries))


def test_as_many_queries_for_sixty_looks_as_for_one(physician):
    patient = a_patient(by=physician)
    a_look(by=physician, patient=patient, record=patient.uid)
    with CaptureQueriesContext(connection) as one:
        looks(ALL, LATEST)
    for _each in range(60):
        a_look(by=physician, patient=patient, record=patient.uid)
    with CaptureQueriesContext(connection) as many:
        looks(ALL, LATEST)
    assert len(many.captured_queries) == len(one.captured_queries)


# --- Files ---------------------------------------------------------------------------------------------------------------


def test_file_of_changes_has_one_row_for_each_field(physician):
    moment = datetime(2026, 3, 12, 13, 5, 9, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        patient = a_patient(by=physician, given_names="Zoë")
        rename(patient, physician, "Celik")
    with translation.override("en"):
        table = changes_table(replace(ALL, patient=patient.pk), LATEST)
        rows = [dict(zip([column.name for column in CHANGE_COLUMNS], row.values, strict=True)) for row in table.rows]
    number = rows[0]["number"]
    assert rows[0] == {
        "at": moment, "at_utc": "2026-03-12T13:05:09Z", "who": "Dr Jeanne Morel", "account": "morel",
        "what": "Patient corrected", "record": "Patient's details", "patient": "Celik Zoë",
        "record_number": patient.record_number, "row": "Patient", "change": "changed", "field": "Family name",
        "old": "Çelik", "new": "Celik", "why": "Passport seen", "number": number,
    }  # fmt: skip
    assert [(row["field"], row["change"]) for row in rows[1:]] == [
        ("Record number", "added"), ("Family name", "added"), ("Given names", "added"), ("Date of birth", "added"),
        ("Sex", "added"),
    ]  # fmt: skip
    assert {row["number"] for row in rows[1:]} == {number - 1}


def test_act_that_changed_no_field_stands_in_the_file_as_well(physician):
    an_act(physician, timezone.now(), kind="export_report", reason="sessions: all", subject="report:sessions")
    with translation.override("en"):
        [row] = changes_table(replace(ALL, kinds=("export_report",)), LATEST).rows
    assert row.values[4:14] == (
        "Report taken out as a file", "Sessions", "", "", "", "", "", "", "", "No limits",
    )  # fmt: skip


def test_file_of_looks_has_one_row_for_each(physician):
    patient = a_patient(by=physician)
    moment = datetime(2026, 3, 12, 13, 5, 9, tzinfo=UTC)
    a_look(by=physician, patient=patient, at=moment, record=patient.uid, address="192.0.2.7", route="logbook:patient")
    a_look(kind="login_failed", at=moment, detail="nobody")
    with translation.override("en"):
        chosen = replace(ALL, kinds=("session", "login_failed"))
        failed, seen = [row.values for row in looks_table(chosen, LATEST).rows]
    assert seen == (
        moment, "2026-03-12T13:05:09Z", "Dr Jeanne Morel", "morel", str(patient), patient.record_number, "Session", "",
        "Patient's details", "192.0.2.7", "Patient", None,
    )  # fmt: skip
    assert failed[2:6] == ("", "", "", "")
    assert failed[7] == "nobody"


def test_file_that_would_be_too_long_is_refused_and_not_cut(busy):
    rows = len(changes_table(ALL, LATEST).rows)
    assert len(changes_table(ALL, LATEST, rows).rows) == rows
    for table in (changes_table, looks_table):
        with pytest.raises(Refused) as refused:
            table(ALL, LATEST, 3)
        assert [problem.code for problem in refused.value.problems] == ["too-long"]


@pytest.mark.parametrize("sorting", [Sorting("at", True), Sorting("who", False), Sorting("number", True)])
def test_all_rows_come_once_in_batches(busy, sorting):
    acts = [
        one for batch in all_in_order(in_order(acts_within(ALL), act_places(), sorting), sorting, 3) for one in batch
    ]
    assert sorted(one.pk for one in acts) == sorted(Act.objects.values_list("pk", flat=True))
    found = [
        one for batch in all_in_order(in_order(looks_within(ALL), look_places(), LATEST), LATEST, 2) for one in batch
    ]
    assert len(found) == Access.objects.count()


def test_patients_of_a_file_are_named_once(busy):
    named = patients_within(acts_within(ALL))
    assert named == sorted(set(Act.objects.exclude(patient_id=None).values_list("patient_id", flat=True)))


def test_empty_trail_has_no_line():
    assert (changes(ALL, LATEST).lines, looks(ALL, LATEST).lines, act_lines([])) == ([], [], [])
    assert list(changes_table(ALL, LATEST).rows) == []
