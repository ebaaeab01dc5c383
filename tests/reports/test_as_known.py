"""A patient's record as it was known at an earlier moment: from the history alone, in a constant number of queries."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.audit.act import act
from sessions.actions.course import change_course
from sessions.actions.patient import change_patient
from sessions.actions.session import log_session, mark_in_error, save_draft
from sessions.actions.session_rows import Row
from sessions.actions.signature import add_addendum, amend_session, sign_session
from sessions.measures.answers import BY_CODE
from sessions.models import Application, Device, Patient, Session
from sessions.reports import as_known
from tests.factories import (
    PARIS,
    a_consultation,
    a_patient,
    all_no,
    an_application,
    an_entry,
    an_observation,
    at,
    ready,
)

pytestmark = pytest.mark.django_db
START = date(2026, 3, 9)


def on(day: int, hour: int = 18) -> datetime:
    """An evening of that March."""
    return datetime(2026, 3, day, hour, tzinfo=PARIS)


@pytest.fixture
def clock():
    """The server's clock, set to the first day; tests move it on."""
    with time_machine.travel(on(9, 9), tick=False) as travelled:
        yield travelled


@pytest.fixture
def treated(clock, physician):
    """A patient whose session was logged and signed on the 9th."""
    patient, course, device = ready(by=physician)
    clock.move_to(on(9, 16))
    entry = an_entry(by=physician, device=device, started=at(START), notes="first words")
    session = log_session(by=physician, course=course, entry=entry, key=uuid4())
    session = sign_session(by=physician, session=session, version=session.version)
    return patient, course, device, session


def same_rows(session):
    """The stored rows of a session, unchanged, as an amendment names them."""
    applications = tuple(
        Row({}, id=application.pk, below=tuple(Row({}, id=phase.pk) for phase in application.phases.all()))
        for application in session.applications.all()
    )
    return {
        "applications": applications,
        "observations": tuple(Row({"measure": row.measure}, id=row.pk) for row in session.observations.all()),
    }


def known(patient, moment, **options):
    return as_known.build(patient, moment, **options)


def seen(patient, moment):
    """The one session at that moment: state, revision, notes, meanings signed, reason of the error."""
    one = known(patient, moment).sessions[0]
    session = one.session
    return (
        session.record_status,
        session.revision,
        session.notes,
        [(signature.meaning, signature.reason) for signature in one.signatures],
        one.in_error.reason if one.in_error else "",
    )


def test_a_session_logged_amended_and_struck_has_three_states(clock, physician, treated):
    patient, _course, _device, session = treated
    clock.move_to(on(11, 10))
    entry = an_entry(by=physician, device=session.device, started=at(START), notes="better words", **same_rows(session))
    session = amend_session(by=physician, session=session, entry=entry, version=session.version, reason="Misspelt")
    clock.move_to(on(12, 10))
    mark_in_error(by=physician, session=session, reason="Another patient", version=session.version)
    first = ("final", 1, "first words", [("authorship", "")], "")
    second = ("amended", 2, "better words", [("authorship", ""), ("amendment", "Misspelt")], "")
    third = ("entered-in-error", 2, "better words", second[3], "Another patient")
    assert [seen(patient, on(day)) for day in (9, 10, 11, 12, 20)] == [first, first, second, third, third]
    assert [known(patient, on(day)).later for day in (8, 9, 11, 12)] == [7, 2, 1, 0]


def test_the_moment_of_an_act_is_within_and_the_one_before_is_not(clock, physician, treated):
    patient = treated[0]
    moment = on(9, 16)
    assert (len(known(patient, moment).sessions), len(known(patient, moment - timedelta(microseconds=1)).sessions)) == (
        1,
        0,
    )


def test_before_the_record_began_nothing_was_known(treated):
    state = known(treated[0], on(8))
    assert (state.patient, state.sessions, state.courses, state.answers) == (None, [], [], [])


def test_former_name_stands_on_the_former_day(clock, physician, treated):
    patient = treated[0]
    clock.move_to(on(10, 10))
    stored = Patient.objects.get(pk=patient.pk)
    change_patient(
        by=physician, patient=stored, values={"family_name": "Celik"}, version=stored.version, reason="Passport"
    )
    assert [known(patient, on(day)).patient.family_name for day in (9, 10)] == ["Çelik", "Celik"]


def test_a_row_removed_from_a_draft_is_there_before_and_gone_after(clock, physician):
    patient, course, device = ready(by=physician)
    entry = an_entry(
        by=physician,
        device=device,
        started=at(START, 8),
        applications=(an_application(index=0), an_application(site="sole", index=1)),
    )
    draft = log_session(by=physician, course=course, entry=entry, key=uuid4())
    clock.move_to(on(10, 9))
    kept = Application.objects.get(session=draft, site="sole")
    entry = an_entry(
        by=physician,
        device=device,
        started=at(START, 8),
        applications=(Row({"site": "sole"}, id=kept.pk, below=tuple(Row({}, id=row.pk) for row in kept.phases.all())),),
        observations=tuple(Row({"measure": row.measure}, id=row.pk) for row in draft.observations.all()),
    )
    save_draft(by=physician, session=draft, entry=entry, version=draft.version)
    places = [
        [
            (application.site, len(application.phases.all()))
            for application in known(patient, on(day)).sessions[0].applications
        ]
        for day in (9, 10)
    ]
    assert places == [[("palm", 2), ("sole", 2)], [("sole", 2)]]


def test_devices_people_and_courses_are_called_as_they_were(clock, physician, treated):
    patient, course, device, _session = treated
    clock.move_to(on(10, 9))
    stored = Device.objects.get(pk=device.pk)
    stored.model = "Renamed"
    physician.full_name = "Dr Jeanne Morel-Petit"
    with act("change_device", by=physician) as writing:
        writing.change(stored, "model")
        writing.change(physician, "full_name")
    change_course(
        by=physician,
        course=course,
        values={"goal": "dry hands"},
        sites=("palm",),
        version=course.version,
        reason="Feet are dry",
    )
    told = []
    for day in (9, 10):
        state = known(patient, on(day))
        session = state.sessions[0].session
        sites = [site.site for site in state.courses[0].sites.all()]
        told.append(
            (session.device.model, str(session.physician), str(session.course.physician), state.courses[0].goal, sites)
        )
    assert told == [
        ("PSP1000", "Dr Jeanne Morel", "Dr Jeanne Morel", "", ["palm", "sole"]),
        ("Renamed", "Dr Jeanne Morel-Petit", "Dr Jeanne Morel-Petit", "dry hands", ["palm"]),
    ]


def test_answers_stand_as_they_stood(clock, physician):
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=START)
    clock.move_to(on(11, 9))
    a_consultation(by=physician, patient=patient, held=date(2026, 3, 11), replies=all_no(iud="yes"))
    said = []
    for day in (9, 11):
        state = known(patient, on(day))
        iud = next(line for line in state.answers if line.short == BY_CODE["iud"].short)
        said.append((iud.reply, iud.on, len(state.consultations), [mark.tone for mark in state.standing.marks]))
    assert said == [("no", START, 1, []), ("yes", date(2026, 3, 11), 2, ["never"])]


def test_an_addendum_comes_on_its_day(clock, physician, treated):
    patient, session = treated[0], treated[3]
    clock.move_to(on(12, 9))
    add_addendum(by=physician, session=session, text="Skin normal the next day.")
    told = [[row.addendum.text for row in known(patient, on(day)).sessions[0].addenda] for day in (11, 12)]
    assert told == [[], ["Skin normal the next day."]]


def test_nothing_is_read_from_the_rows_of_today(clock, physician, treated):
    """The tables of today may say anything: the state comes from the history."""
    patient, session = treated[0], treated[3]
    before = known(patient, on(9))
    tables = {model._meta.db_table for model in (Session, Application, Device, Patient)}
    with CaptureQueriesContext(connection) as queries:
        state = known(patient, on(9))
        shown = state.sessions[0]
        assert (shown.session.device.model, shown.session.patient.family_name) == ("PSP1000", "Çelik")
        assert [len(row.phases.all()) for row in shown.applications] == [2]
    assert [query["sql"] for query in queries if any(f'FROM "{table}"' in query["sql"] for table in tables)] == []
    assert (shown.session.pk, before.sessions[0].session.notes) == (session.pk, "first words")


def test_an_act_that_names_no_patient_counts_where_it_wrote_of_this_one(clock, physician, treated):
    """An import of many patients is one act."""
    patient, other = treated[0], a_patient(by=physician)
    clock.move_to(on(10, 9))
    rows = [Patient.objects.get(pk=one.pk) for one in (patient, other)]
    for row in rows:
        row.note = f"imported {row.given_names}"
    with act("import_patients", by=physician) as writing:
        for row in rows:
            writing.change(row, "note")
    assert [known(patient, on(day)).patient.note for day in (9, 10)] == ["", f"imported {patient.given_names}"]


def test_number_of_queries_is_the_same_for_one_session_and_for_twelve(clock, physician, treated):
    patient, course, device, _session = treated
    counts = []
    for number in (0, 2, 9):
        for _each in range(number):
            clock.shift(timedelta(hours=1))
            started = timezone.now() - timedelta(minutes=40)
            entry = an_entry(
                by=physician,
                device=device,
                started=started,
                observations=(an_observation(), an_observation(side="left", index=1)),
            )
            log_session(by=physician, course=course, entry=entry, key=uuid4())
        with CaptureQueriesContext(connection) as queries:
            state = known(patient, timezone.now())
        counts.append((len(state.sessions) + state.older, len(queries)))
    assert counts == [(1, counts[0][1]), (3, counts[0][1]), (12, counts[0][1])]
    assert counts[0][1] <= 25
    assert (len(state.sessions), state.older, len(known(patient, timezone.now(), whole=True).sessions)) == (10, 2, 12)
