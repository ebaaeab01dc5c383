"""Why a file left the logbook, in the reader's language and from the words that the act keeps."""

from dataclasses import fields
from itertools import count
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from clinic.audit.models import Act
from sessions.reports.file_words import whys_of
from sessions.reports.session_filter import SessionFilter
from sessions.reports.trail_filter import TrailFilter
from tests.factories import a_course, a_device, a_patient

CODE = "ab" * 32
_keys = count(1)


def an_export(reason, kind="export_report"):
    return Act(pk=next(_keys), kind=kind, reason=reason, at=timezone.now())


def said(reason, language="en", kind="export_report"):
    act = an_export(reason, kind)
    with translation.override(language):
        return whys_of([act]).get(act.pk)


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        (
            "export_report",
            f"sessions/list: from_date=2026-01-05&site=palm; 3 rows; csv, 1234 bytes, SHA-256 {CODE}",
            f"List; From: 5 Jan 2026; Site: palm (hand); 3 rows; CSV file of 1234 bytes, SHA-256 {CODE}",
        ),
        ("export_report", f"sessions: all; 1 rows; xlsx, 9 bytes, SHA-256 {CODE}",
         f"No limits; 1 row; Excel file of 9 bytes, SHA-256 {CODE}"),
        ("export_report", "sessions: status=stopped&indication=hyperhidrosis&record_status=final; 2 rows",
         "What happened: stopped early; Indication: hyperhidrosis; Record: signed; 2 rows"),
        ("export_record", f"pdf, 80 bytes, SHA-256 {CODE}", f"PDF file of 80 bytes, SHA-256 {CODE}"),
        ("export_trail", "kinds = log_in, save_draft; to_date = 2026-02-01", "Kinds: Logged in, Draft saved; To: 1 Feb 2026"),
        ("export_letter", "from_date = 2026-01-05; fr", "From: 5 Jan 2026; French"),
        ("export_trail", "patient = 7; record = report:sessions", "Patient: 7; Record: Sessions"),
        ("export_trail", "person = 987654", "Person: 987654"),
        ("export_report", "sessions: age=30-44&substance=a%3B+b&side=left",
         "Age at the session: 30 to 44 years; Substance: a; b; Side: left"),
        ("export_report", "a new table: grain = week; 3 rows and more", "a new table: grain = week; 3 rows and more"),
        ("export_report", "sessions: grain=week", "grain = week"),
        ("export_report", "gone/a-table: all", "a-table; No limits"),
        ("export_report", "", ""),
    ],
)  # fmt: skip
def test_reason_of_a_file_is_said_in_words(db, kind, reason, words):
    assert said(reason, kind=kind) == words


@pytest.mark.parametrize("kind", ["export_evidence", "save_draft", "purge_accesses"])
def test_what_a_person_wrote_stays_as_it_was_written(db, kind):
    assert said("sessions: all; 3 rows", kind=kind) is None


def test_reason_of_a_file_is_said_in_french(db):
    assert said("sessions/physician: from_date=2026-01-05&site=palm", "fr") == (
        "Par médecin\u00a0; Du\u00a0: 05/01/2026\u00a0; Zone\u00a0: paume (main)"
    )


def test_people_devices_and_records_are_named_and_patients_are_not(physician):
    device, patient = a_device(by=physician), a_patient(by=physician)
    course = a_course(by=physician, patient=patient)
    reason = f"physician = {physician.pk}; device = {device.uid}; person = {physician.pk}; patient = {patient.pk}"
    assert said(f"{reason}; record = course:{course.uid}") == (
        f"Responsible physician: Dr Jeanne Morel; Device: {device}; Person: Dr Jeanne Morel; Patient: {patient.pk}; "
        "Record: Course: hyperhidrosis"
    )


@pytest.mark.parametrize("limit", sorted({field.name for field in (*fields(SessionFilter), *fields(TrailFilter))}))
def test_every_limit_has_its_words(db, limit):
    kept = f"{limit} = {'2026-01-05' if limit.endswith('_date') else 'x'}"
    assert said(kept) != kept


def test_reasons_are_read_in_as_many_queries_for_one_as_for_many(physician, other_physician):
    def queries(acts):
        with CaptureQueriesContext(connection) as captured:
            whys_of(acts)
        return len(captured)

    one = [an_export(f"sessions: physician={physician.pk}&device={uuid4()}")]
    both = (physician, other_physician)
    many = [an_export(f"sessions: physician={each.pk}&device={uuid4()}") for each in both] * 3
    assert queries(one) == queries(many) == 2
