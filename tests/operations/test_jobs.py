"""Large files that are made while nobody waits: asked for, made, refused, deleted."""

import errno
import hashlib
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from clinic.accounts.actions import change_account
from clinic.accounts.models import User
from clinic.accounts.roles import Permission, Role
from clinic.audit.models import Access
from clinic.lib.outgoing import Wanted
from clinic.lib.problems import Refused
from clinic.operations import files, jobs
from clinic.operations.models import Job, State
from tests.factories import a_patient
from tests.operations import filed
from tests.operations.asked_jobs import asked, folders, stored, work
from tests.operations.filed import whole_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A data folder of its own, and nothing recorded yet."""
    settings.DATA_DIR = tmp_path
    filed.recorded.clear()
    with translation.override("en"):
        yield


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The sentences of the log, without the place of the error."""
    return [record.getMessage().partition(" -- ")[0] for record in caplog.records]


# --- Made ----------------------------------------------------------------------------------------


def test_file_is_made_recorded_and_ready(staff: User) -> None:
    job = asked(staff)
    assert (job.state, job.language, job.needs) == (State.WAITING, "en", ["see reports"])
    work()
    made = stored(job)
    content = jobs.file_of(made).read_bytes()
    assert content == whole_file(250)
    assert (made.state, made.done_rows, made.all_rows, made.size) == (State.DONE, 250, 250, len(content))
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert made.name == f"rows-{timezone.localdate():%Y-%m-%d}.csv"
    assert filed.recorded == [(made.sha256, 250)]
    assert made.expires_at is not None
    assert made.finished_at is not None
    assert made.expires_at - made.finished_at == timedelta(hours=24)


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such modes")
def test_file_is_closed_to_other_users_of_the_machine(staff: User) -> None:
    job = asked(staff)
    work()
    place = jobs.file_of(stored(job))
    assert [path.stat().st_mode & 0o777 for path in (place.parent.parent, place.parent, place)] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("form", ["xlsx", "pdf"])
def test_other_formats_are_made_too_and_leave_nothing_beside_them(staff: User, form: str) -> None:
    job = asked(staff, form)
    work()
    made = stored(job)
    content = jobs.file_of(made).read_bytes()
    assert (made.state, made.sha256) == (State.DONE, hashlib.sha256(content).hexdigest())
    assert content[:4] == {"xlsx": b"PK\x03\x04", "pdf": b"%PDF"}[form]
    assert [path.name for path in jobs.file_of(made).parent.iterdir()] == ["file"]


def test_numbers_have_the_same_digest_in_every_format(staff: User, tmp_path: Path) -> None:
    digests = set()
    for form in ("csv", "xlsx", "pdf"):
        wanted = Wanted(staff, {"rows": 250}, form, "en", timezone.now())
        written = files.write(filed.rows_of(wanted), form, tmp_path / form, language="en", printed_by="Lou")
        digests.add(written.numbers_sha256)
    without_foot = whole_file(250).removesuffix(b"\r\nentry 7\r\n")
    assert digests == {hashlib.sha256(without_foot).hexdigest()}


def test_looks_at_those_whom_the_file_shows_are_recorded_before_it_can_be_fetched(staff: User, physician: User) -> None:
    patients = sorted(a_patient(by=physician).pk for _ in range(3))
    job = asked(staff, people=patients)
    work()
    found = Access.objects.filter(kind="export").order_by("number").values_list("by_id", "patient_id", "detail")
    assert list(found) == [(staff.pk, pk, str(job.uid)) for pk in patients]


def test_jobs_are_made_in_the_order_in_which_they_were_asked_for(staff: User, physician: User) -> None:
    for by, rows in ((staff, 3), (physician, 1), (staff, 2)):
        asked(by, rows=rows)
    work()
    assert [rows for _sha256, rows in filed.recorded] == [3, 1, 2]


# --- Asked ---------------------------------------------------------------------------------------


def test_same_file_asked_for_twice_is_one_job(staff: User, physician: User) -> None:
    first = asked(staff)
    assert asked(staff) == first
    assert asked(staff, "xlsx") != first
    assert asked(staff, rows=1) != first
    assert asked(physician) != first
    work()
    assert asked(staff) != first


def test_too_many_at_once_are_refused_in_words(staff: User, physician: User) -> None:
    for number in range(jobs.MOST_ACTIVE):
        asked(staff, rows=number + 1)
    with pytest.raises(Refused) as refused:
        asked(staff, rows=99)
    assert str(refused.value) == "5 of your files are being made. Ask again when one is ready, or cancel one."
    asked(physician)


def test_who_may_not_have_it_may_not_ask(staff: User) -> None:
    with pytest.raises(Refused) as refused:
        asked(staff, needs=(Permission.SEE_REPORTS, Permission.SEE_HISTORY))
    assert [problem.code for problem in refused.value.problems] == ["not-allowed"]
    assert Job.objects.count() == 0


# --- Not made ------------------------------------------------------------------------------------


def test_role_taken_away_before_it_is_made(staff: User, administrator: User) -> None:
    job = asked(staff, needs=(Permission.FIND_PATIENTS,))
    change_account(by=administrator, user=staff, role=Role.ADMINISTRATOR, reason="another task")
    work()
    assert (stored(job).state, stored(job).message) == (State.FAILED, "Your role does not allow this any more.")
    assert (folders(), filed.recorded) == ([], [])


def test_refusal_is_told_in_its_own_words_and_in_the_language_of_who_asked(staff: User) -> None:
    job = asked(staff, "pdf", rows=5001)
    with translation.override("fr"):
        other = asked(staff, refuse="Trop large.")
        work()
    assert stored(job).message == (
        "These are too many rows for a PDF (5001; at most 5000). Take the spreadsheet or the CSV file, or narrow the limits."
    )
    assert (stored(other).state, stored(other).message, folders()) == (State.FAILED, "Trop large.", [])


def test_error_is_told_and_logged_without_what_stood_in_the_rows(staff: User, caplog: pytest.LogCaptureFixture) -> None:
    job = asked(staff, fails_at=200)
    with caplog.at_level(logging.ERROR):
        work()
    made = stored(job)
    said = "Something went wrong, and nothing left the logbook. Ask whoever runs the logbook."
    assert (made.state, made.message, folders(), filed.recorded) == (State.FAILED, said, [], [])
    assert logged(caplog) == ["A job could not be done (test)."]
    assert "a word" not in caplog.text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "There is too little room on the disk of the logbook. Ask whoever runs it."),
        (errno.EACCES, "The file could not be written. Ask whoever runs the logbook."),
    ],
)
def test_disk_that_takes_no_more_is_told(
    staff: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int, said: str
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    job = asked(staff)
    monkeypatch.setattr(os, "fsync", full)
    work()
    monkeypatch.undo()
    assert (stored(job).state, stored(job).message, folders()) == (State.FAILED, said, [])
    assert logged(caplog) == ["A job could not write its file (test)."]


def test_nothing_is_begun_where_the_disk_is_nearly_full(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = asked(staff)
    monkeypatch.setattr(jobs, "LEAST_FREE_BYTES", 1 << 62)
    work()
    said = "There is too little room on the disk of the logbook. Ask whoever runs it."
    assert (stored(job).state, stored(job).message, folders()) == (State.FAILED, said, [])


def test_file_that_grows_too_large_is_refused(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = asked(staff)
    monkeypatch.setattr(files, "LARGEST_FILE_BYTES", 1000)
    work()
    assert stored(job).message == "This file is too large. Narrow the period or another limit."


# --- Deleted -------------------------------------------------------------------------------------


def test_file_is_deleted_when_its_time_is_over(staff: User) -> None:
    job = asked(staff)
    work()
    expires = stored(job).expires_at
    assert expires is not None
    jobs.expire(expires - timedelta(seconds=1))
    assert len(folders()) == 1
    jobs.expire(expires)
    assert (stored(job).state, folders()) == (State.EXPIRED, [])
    jobs.expire(expires + timedelta(days=jobs.DAYS_IN_THE_LIST))
    assert Job.objects.count() == 0


def test_what_no_job_knows_of_is_deleted(staff: User) -> None:
    job = asked(staff)
    work()
    (jobs.folder() / "left").mkdir()
    (jobs.folder() / "left" / "file").write_text("half")
    jobs.expire(timezone.now())
    assert folders() == [stored(job).run]
