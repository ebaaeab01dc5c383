"""What the trail says that an act changed, field by field."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from clinic.accounts.actions import change_account, set_password
from clinic.audit.act import act
from clinic.audit.changes import _kept_fields_of, latest_of, touched_by
from clinic.audit.history import Recorded
from clinic.audit.models import Act
from sessions.models import Application, Patient, Phase
from sessions.reports.changes import TABLES, history_of_acts
from sessions.reports.trail import changes
from sessions.reports.trail_filter import Sorting, TrailFilter
from tests.factories import a_course, a_device, a_patient, a_signed_session, ready
from tests.reports.rows import a_session, paris
from tests.reports.trails import rename, told

pytestmark = pytest.mark.django_db

ALL = TrailFilter()
LATEST = Sorting()


def test_change_of_a_patient_says_who_what_whose_and_why_field_by_field(physician, other_physician):
    patient = a_patient(by=physician, given_names="Zoë")
    rename(patient, other_physician, "Celik")
    with translation.override("en"):
        latest = changes(replace(ALL, patient=patient.pk), LATEST).lines[0]
        assert told(latest) == (
            "Patient corrected", "Dr Paul Petit", "Patient's details", "Celik Zoë", "Passport seen",
            [("Patient", "~", [("Family name", "Çelik", "Celik")])],
        )  # fmt: skip
    assert (latest.record.kind, latest.record.uid) == ("patient", str(patient.uid))


def test_name_of_the_person_is_the_one_of_the_time(administrator, physician):
    a_patient(by=physician)
    change_account(by=administrator, user=physician, reason="Married", full_name="Dr Jeanne Dupont")
    names = [line.act.by_name for line in changes(replace(ALL, person=physician.pk), LATEST).lines]
    assert names == ["Dr Jeanne Morel"]


def test_account_and_device_are_told_as_well_and_never_a_password(administrator, staff):
    change_account(by=administrator, user=staff, reason="Married", full_name="Lou Martin", role="physician")
    set_password(by=administrator, user=staff, password="another brown lamp for me", reason="Forgotten")
    a_device(by=administrator)
    with translation.override("en"):
        device, password, account = (told(line) for line in changes(ALL, LATEST).lines[:3])
    assert account == (
        "Account changed", "Ada Administrator", "Account of Lou Martin", "", "Married",
        [("Account", "~", [("Full name", "Lou Leroy", "Lou Martin"), ("Role", "clinic staff", "physician")])],
    )  # fmt: skip
    assert password[0] == "Password set"
    assert password[5] == [("Account", "~", [("Must choose a new password", "no", "yes")])]
    assert device[:4] == ("Device registered", "Ada Administrator", "Device Hidrex PSP1000 nº 4412", "")


def test_rows_below_a_session_are_called_by_their_place(physician):
    course = a_course(by=physician, patient=a_patient(by=physician))
    session = a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14, 5))
    phase = Phase(application=Application.objects.get(session=session), number=1, duration_min=Decimal("15.0"))
    with act("save_draft", by=physician) as writing:
        writing.create(phase)
        writing.about(f"session:{session.uid}", session.patient_id)
    phase.duration_min = Decimal("14.5")
    with act("save_draft", by=physician) as writing:
        writing.change(phase)
    with act("save_draft", by=physician) as writing:
        writing.remove(phase)
    name = "Application 1, phase 1"
    with translation.override("en"):
        removed, changed, added = (told(line) for line in changes(ALL, LATEST).lines[:3])
    assert added[5] == [(name, "+", [("Time with current", "", "15 min")])]
    assert changed[5] == [(name, "~", [("Time with current", "15 min", "14.5 min")])]
    assert removed[5] == [(name, "-", [("Time with current", "14.5 min", "")])]
    assert added[2:4] == ("Session 1 (hyperhidrosis)", str(course.patient))


def test_whole_session_with_answers_and_signature_is_one_line_each(physician):
    _patient, course, device = ready(by=physician)
    signed = a_signed_session(by=physician, course=course, device=device)
    with translation.override("en"):
        lines = changes(replace(ALL, record=f"session:{signed.uid}"), LATEST).lines
    assert [line.what for line in lines] == ["Session signed", "Session logged"]
    tables = {row.name.split(" ")[0].strip(":,") for row in lines[1].rows}
    assert tables == {"Session", "Application", "Observation", "Screening", "Answer"}
    assert {row.name for row in lines[0].rows} == {"Session", "Signature"}


def test_version_before_is_found_however_far_back_it_lies(physician):
    patient = a_patient(by=physician, given_names="Zoë")
    for name in ("B", "C", "D"):
        rename(patient, physician, name)
    latest = Act.objects.latest("pk")
    touched = touched_by([Patient, Application], [latest.pk])
    versions = [(row.family_name, row.act_id == latest.pk) for row in touched.pop(Patient)]
    assert (versions, touched) == ([("C", False), ("D", True)], {})
    assert [row.family_name for row in latest_of({Patient: [patient.pk]})[Patient]] == ["D"]


def test_versions_of_every_table_read_as_the_rows_that_they_tell_of(physician):
    _patient, course, device = ready(by=physician)
    a_signed_session(by=physician, course=course, device=device)
    acts = list(Act.objects.values_list("pk", flat=True))
    tables = [model for model in apps.get_models() if issubclass(model, Recorded)]
    read = {
        model: [{kept.attname: getattr(row, kept.attname) for kept in _kept_fields_of(row.history)} for row in rows]
        for model, rows in touched_by(tables, acts).items()
    }
    stored = {
        model: [
            {kept.attname: getattr(row, kept.attname) for kept in _kept_fields_of(model.history.model)}
            for row in model.history.order_by("history_id")
        ]
        for model in tables
        if model.history.exists()
    }
    assert read == stored
    assert len(read) > 10
    assert {model: [type(value) for row in rows for value in row.values()] for model, rows in read.items()} == {
        model: [type(value) for row in rows for value in row.values()] for model, rows in stored.items()
    }


def test_acts_on_many_tables_take_no_more_queries_than_a_page_may(physician):
    _patient, course, device = ready(by=physician)
    for _each in range(3):
        a_signed_session(by=physician, course=course, device=device)
    counts = []
    for size in (1, 3, 200):
        with CaptureQueriesContext(connection) as queries:
            page = changes(replace(ALL, kinds=("sign_session",)), LATEST, size=size)
        counts.append((len(page.lines), len(queries)))
    assert [lines for lines, _queries in counts] == [1, 3, 3]
    assert len({queries for _lines, queries in counts}) == 1
    assert counts[0][1] <= 12


def test_every_table_with_a_history_can_be_told(physician):
    tables = {model for model in apps.get_models() if issubclass(model, Recorded)}
    assert set(TABLES) <= tables
    assert history_of_acts([]) == []


def test_no_secret_is_a_field_that_the_trail_shows():
    shown = {
        kept.name
        for model in apps.get_models()
        if issubclass(model, Recorded)
        for kept in _kept_fields_of(model.history.model)
    }
    assert shown & {"password", "password_mark", "secret", "codes"} == set()
    assert "full_name" in shown
