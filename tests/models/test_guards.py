"""What is signed stays as it was signed, whoever writes to the database."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import models

from clinic.accounts.models import User
from sessions.actions.device_entry import mark_device_entry_in_error
from sessions.actions.result import mark_result_in_error
from sessions.actions.session import mark_in_error
from sessions.actions.signature import amend_session
from sessions.models import (
    Addendum,
    AdverseEvent,
    Answer,
    Application,
    Consultation,
    Course,
    CourseSite,
    Decision,
    Device,
    DeviceEntry,
    Observation,
    Patient,
    Phase,
    Result,
    Sample,
    Screening,
    Session,
    Signature,
)
from sessions.models.guards import LOCKED, MOVED
from tests.audit.raw import SQLITE, as_a_stranger, as_ours, copied, refusal, run, upsert
from tests.conftest import administrator_of_all, one_of, rows_of_all
from tests.factories import a_device, a_device_entry, a_draft, a_signed_session, an_entry, at
from tests.reports.signed import a_session_of_every_kind

pytestmark = pytest.mark.django_db
only_sqlite = pytest.mark.skipif(not SQLITE, reason="REPLACE is SQLite's")
only_postgresql = pytest.mark.skipif(SQLITE, reason="TRUNCATE is PostgreSQL's")

ROWS = [Application, Phase, Observation, AdverseEvent, Sample]
ASKED = [Screening, Answer]
APPEND_ONLY = [Addendum, Signature, Decision, Consultation]
KEPT = [Patient, Course, Device, User, Session, Result, Screening, Answer]
EVERY = [*ROWS, *ASKED, *APPEND_ONLY, Patient, Course, Device, User, Session, Result, CourseSite]


def name(model: type[models.Model]) -> str:
    return model.__name__


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[int, int]]:
    """The physician and the signed session of all tests of this file: each of them takes back what it did."""
    with rows_of_all(django_db_blocker):
        physician = one_of("physician", administrator_of_all())
        yield physician.pk, a_session_of_every_kind(physician).pk


@pytest.fixture
def physician(kept: tuple[int, int], db: None) -> User:
    return User.objects.get(pk=kept[0])


@pytest.fixture
def signed(kept: tuple[int, int], db: None) -> Iterator[Session]:
    as_a_stranger()
    yield Session.objects.get(pk=kept[1])
    as_ours()


@pytest.fixture
def draft(signed: Session, physician: User) -> Session:
    """A session of the same course that nobody has signed."""
    return a_draft(by=physician, course=signed.course, device=signed.device, started=at(date(2026, 1, 19)))


def table(model: type[models.Model]) -> str:
    return model._meta.db_table


def of_signed(model: type[models.Model], session: Session) -> str:
    """SQL: the rows of this table that belong to `session`."""
    return {
        Phase: f"application_id IN (SELECT id FROM logbook_application WHERE session_id = {session.pk})",
        Answer: f"screening_id IN (SELECT id FROM logbook_screening WHERE session_id = {session.pk})",
    }.get(model, f"session_id = {session.pk}")


# A column of each table that a person could want otherwise, with another value.
OTHER = {
    Application: "medium = 'saline'",
    Phase: "current_ma = 20",
    Observation: "value = 1",
    AdverseEvent: "severity = 'severe'",
    Sample: "mass_mg = 31",
    Screening: "changed = 'yes'",
    Answer: "reply = 'yes'",
}


@pytest.mark.parametrize("model", [*ROWS, *ASKED], ids=name)
def test_row_of_a_signed_session_is_never_changed(model: type[models.Model], signed: Session) -> None:
    said = refusal(f"UPDATE {table(model)} SET {OTHER[model]} WHERE {of_signed(model, signed)}")
    assert said == LOCKED


@pytest.mark.parametrize("model", [*ROWS, *ASKED], ids=name)
def test_row_of_a_signed_session_is_never_deleted(model: type[models.Model], signed: Session) -> None:
    said = refusal(f"DELETE FROM {table(model)} WHERE {of_signed(model, signed)}")
    assert said == (LOCKED if model in ROWS else f"{table(model)} is never deleted from.")


@pytest.mark.parametrize("model", [*ROWS, *ASKED], ids=name)
def test_no_row_is_added_to_a_signed_session(model: type[models.Model], signed: Session) -> None:
    changed = {"id": "id + 1000", "uid": "'0123456789abcdef0123456789abcdef'", "number": "number + 50"}
    changed |= {"sample_id": "'another'", "item": "'epilepsy'"}
    said = refusal(f"{copied(model, **changed)} AND {of_signed(model, signed)}")
    assert said == LOCKED


OF_A_DRAFT = {
    Application: "session_id = {signed}",
    Phase: "application_id = (SELECT MIN(id) FROM logbook_application WHERE session_id = {signed})",
    Observation: "session_id = {signed}",
    Screening: "session_id = {signed}",
    Answer: "screening_id = (SELECT id FROM logbook_screening WHERE session_id = {signed})",
}


@pytest.mark.parametrize("model", OF_A_DRAFT, ids=name)
def test_row_of_a_draft_is_written_as_before(model: type[models.Model], draft: Session) -> None:
    assert run(f"UPDATE {table(model)} SET {OTHER[model]} WHERE {of_signed(model, draft)}") >= 1


@pytest.mark.parametrize("model", OF_A_DRAFT, ids=name)
def test_row_does_not_move_to_another_record(model: type[models.Model], signed: Session, draft: Session) -> None:
    into = OF_A_DRAFT[model].format(signed=signed.pk)
    assert refusal(f"UPDATE {table(model)} SET {into} WHERE {of_signed(model, draft)}") == MOVED


@only_sqlite
@pytest.mark.parametrize("model", EVERY, ids=name)
def test_row_is_never_replaced(model: type[models.Model], signed: Session) -> None:
    assert refusal(copied(model, verb="REPLACE")) != ""
    assert refusal(f'UPDATE OR REPLACE "{table(model)}" SET id = id + 1') != ""


@only_sqlite
@pytest.mark.parametrize("column", ["sample_id", "uid"])
def test_signed_row_is_not_pushed_out_by_one_with_its_key(column: str, signed: Session, draft: Session) -> None:
    changed = {"session_id": f"{draft.pk}", "id": "id + 1000", "uid": "'0123456789abcdef0123456789abcdef'"}
    changed |= {"sample_id": "'another'"}
    del changed[column]
    assert refusal(copied(Sample, verb="REPLACE", **changed)) == f"UNIQUE constraint failed: logbook_sample.{column}"
    run(copied(Sample, **{"session_id": f"{draft.pk}", "id": "id + 1000"} | {"uid": "'1'", "sample_id": "'b'"}))
    into = f"UPDATE OR REPLACE logbook_sample SET {column} = (SELECT {column} FROM logbook_sample WHERE id < 1000) "
    assert refusal(f"{into} WHERE session_id = {draft.pk}") == f"UNIQUE constraint failed: logbook_sample.{column}"


@only_sqlite
def test_signed_session_is_not_pushed_out_by_its_number(signed: Session, draft: Session) -> None:
    words = "UNIQUE constraint failed: logbook_session.course_id, logbook_session.number"
    changed = {"id": "id + 1000", "uid": "'0123456789abcdef0123456789abcdef'", "record_status": "'preliminary'"}
    assert refusal(f"{copied(Session, verb='REPLACE', **changed)} AND id = {signed.pk}") == words
    assert refusal(f"UPDATE OR REPLACE logbook_session SET number = {signed.number} WHERE id = {draft.pk}") == words


@pytest.mark.parametrize("model", EVERY, ids=name)
def test_row_is_never_written_over(model: type[models.Model], signed: Session) -> None:
    """An upsert of what the database lets be changed is a change like any other, but on SQLite, which is not asked."""
    refused = refusal(upsert(model)) != ""
    assert refused or (not SQLITE and model in {Patient, Course, Device, User, CourseSite, Session})


def test_signed_session_is_never_written_over(signed: Session) -> None:
    assert refusal(copied(Session, after="ON CONFLICT (id) DO UPDATE SET notes = 'x'")) != ""


@only_postgresql
@pytest.mark.parametrize("model", EVERY, ids=name)
def test_table_is_never_emptied(model: type[models.Model], signed: Session) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert refusal(f"TRUNCATE {table(model)} CASCADE").endswith("is never emptied.")


@pytest.mark.parametrize("model", APPEND_ONLY, ids=name)
def test_row_is_added_once_and_for_all(model: type[models.Model], signed: Session) -> None:
    assert refusal(f"UPDATE {table(model)} SET id = id") == f"{table(model)} is never changed."
    assert refusal(f"DELETE FROM {table(model)}") == f"{table(model)} is never deleted from."


@pytest.mark.parametrize("model", KEPT, ids=name)
def test_row_is_never_deleted(model: type[models.Model], signed: Session) -> None:
    assert refusal(f"DELETE FROM {table(model)}") == f"{table(model)} is never deleted from."


# --- The session itself --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "notes = 'nothing happened'",
        "started_at = ended_at",
        "late_record = false, late_reason = '', incident_note = ''",
        "device_id = NULL",
        "physician_id = physician_id + 1",
        "pain_nrs = NULL",
        "record_status = 'preliminary'",
        "revision = revision + 1",
        "revision = revision + 2, record_status = 'amended'",
        "revision = revision - 1, record_status = 'amended'",
        "revision = revision + 1, record_status = 'preliminary'",
    ],
)
def test_signed_session_is_never_edited(change: str, signed: Session) -> None:
    assert refusal(f"UPDATE logbook_session SET {change} WHERE id = {signed.pk}") == LOCKED


@pytest.mark.parametrize("change", ["patient_id = patient_id + 1", "course_id = course_id + 1"])
@pytest.mark.parametrize("also", ["", ", revision = revision + 1, record_status = 'amended'"])
def test_session_stays_with_its_patient_and_course(change: str, also: str, signed: Session) -> None:
    said = refusal(f"UPDATE logbook_session SET {change}{also} WHERE id = {signed.pk}")
    assert said in ({MOVED} if also else {MOVED, LOCKED})


def test_next_revision_opens_after_the_signature_of_this_one_alone(signed: Session) -> None:
    opening = f"UPDATE logbook_session SET revision = revision + 1, record_status = 'amended' WHERE id = {signed.pk}"
    assert run(opening) == 1
    assert refusal(opening) == "A session is signed before it is final, and before its next revision."


@pytest.mark.parametrize("change", ["record_status = 'final'", "record_status = 'amended'", "revision = 2"])
def test_draft_does_not_become_final_without_a_signature(change: str, draft: Session) -> None:
    said = refusal(f"UPDATE logbook_session SET {change} WHERE id = {draft.pk}")
    assert said == "A session is signed before it is final, and before its next revision."


def test_session_entered_in_error_is_never_changed(draft: Session, physician: User) -> None:
    mark_in_error(by=physician, session=draft, reason="of another patient", version=draft.version)
    for change in ("record_status = 'preliminary'", "notes = 'a'"):
        said = refusal(f"UPDATE logbook_session SET {change} WHERE id = {draft.pk}")
        assert said == "What was entered in error is never changed."


# --- Signatures, answers, results ----------------------------------------------------------------


@pytest.mark.parametrize("meaning", ["authorship", "late-record", "amendment"])
def test_revision_is_signed_once(meaning: str, signed: Session) -> None:
    changed = {"id": "id + 1000", "meaning": f"'{meaning}'"}
    said = refusal(f"{copied(Signature, **changed)} AND addendum_id IS NULL")
    assert said == "This revision is signed already."


def test_signature_stands_under_the_present_revision(signed: Session) -> None:
    changed = {"id": "id + 1000", "revision": "revision + 1", "meaning": "'review'"}
    said = refusal(f"{copied(Signature, **changed)} AND addendum_id IS NULL")
    assert said == "A signature stands under the present revision of its session."


def test_signature_is_not_copied_under_a_session_of_another_revision(signed: Session, draft: Session) -> None:
    amended = {"revision": "revision + 1", "session_id": f"{draft.pk}", "id": "id + 1000"}
    said = refusal(f"{copied(Signature, **amended)} AND addendum_id IS NULL")
    assert said == "A signature stands under the present revision of its session."


@pytest.mark.parametrize("change", ["reply = 'no'", "detail = 'x'"])
def test_answer_at_a_consultation_is_never_changed(change: str, signed: Session) -> None:
    one = "screening_id IN (SELECT id FROM logbook_screening WHERE consultation_id IS NOT NULL)"
    words = "What was answered at a consultation is never changed."
    assert refusal(f"UPDATE logbook_answer SET {change} WHERE {one}") == words


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ("in_error = true, error_reason = 'of another sample'", True),
        ("in_error = true, error_reason = 'slip', result_value = 2", False),
        ("result_value = 2", False),
        ("error_reason = 'x'", False),
        ("sample_id = sample_id + 1", False),
    ],
)
def test_result_is_struck_through_and_nothing_else(change: str, allowed: bool, signed: Session) -> None:
    words = "" if allowed else "A result is marked as entered in error, once; nothing else of it is changed."
    assert refusal(f"UPDATE logbook_result SET {change}") == words


def test_result_struck_through_stays_so(signed: Session, physician: User) -> None:
    mark_result_in_error(by=physician, result=Result.objects.get(), reason="of another sample")
    words = "A result is marked as entered in error, once; nothing else of it is changed."
    assert refusal("UPDATE logbook_result SET in_error = false, error_reason = ''") == words
    assert refusal("UPDATE logbook_result SET error_reason = 'another'") == words


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ("in_error = true, error_reason = 'of another device'", True),
        ("in_error = true, error_reason = 'slip', nature = 'cleaning'", False),
        ("happened_date = '2026-01-06'", False),
        ("error_reason = 'x'", False),
    ],
)
def test_entry_of_a_device_is_struck_through_and_nothing_else(change: str, allowed: bool, physician: User) -> None:
    a_device_entry(by=physician, device=a_device(by=physician))
    said = "An entry of a device is marked as entered in error, once; nothing else of it is changed."
    assert refusal(f"UPDATE {table(DeviceEntry)} SET {change}") == ("" if allowed else said)
    assert refusal(f"DELETE FROM {table(DeviceEntry)}") == f"{table(DeviceEntry)} is never deleted from."


def test_entry_of_a_device_struck_through_stays_so(physician: User) -> None:
    entry = a_device_entry(by=physician, device=a_device(by=physician))
    mark_device_entry_in_error(by=physician, entry=entry, reason="of another device")
    said = "An entry of a device is marked as entered in error, once; nothing else of it is changed."
    assert refusal(f"UPDATE {table(DeviceEntry)} SET in_error = false, error_reason = ''") == said


def test_amended_session_is_locked_again(signed: Session, physician: User) -> None:
    other = a_signed_session(by=physician, course=signed.course, device=signed.device, started=at(date(2026, 1, 19)))
    entry = an_entry(by=physician, device=signed.device, started=at(date(2026, 1, 19)), notes="put right")
    amend_session(by=physician, session=other, entry=entry, version=other.version, reason="a slip")
    assert refusal(f"UPDATE logbook_session SET notes = 'x' WHERE id = {other.pk}") == LOCKED
    assert refusal(f"UPDATE logbook_application SET medium = 'x' WHERE session_id = {other.pk}") == LOCKED
