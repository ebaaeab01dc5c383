"""A report's file with very many rows: made by a job, with the same bytes, looks and receipt as one made at once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Access, Act
from clinic.lib.as_csv import digest_of
from clinic.lib.fetched import Fetched
from clinic.operations import jobs, making
from clinic.operations.models import Job, State
from sessions.models import Receipt
from sessions.reports import receipts, session_file
from sessions.reports.session_file import whole_list
from sessions.reports.session_filter import SessionFilter
from sessions.views import report_files
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db
LIMITS = {"part": "list", "from_date": "2026-01-01", "to_date": "2026-12-31"}


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def patients(physician: User) -> list[int]:
    """Five patients with a session each."""
    device, found = a_device(by=physician), []
    for number in range(5):
        course = a_course(by=physician, patient=a_patient(by=physician))
        a_session(by=physician, course=course, started_at=paris(2026, 3, 1 + number, 9, 30), device=device)
        found.append(course.patient_id)
    return found


@pytest.fixture
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (report_files, session_file, receipts):
        monkeypatch.setattr(module, "MOST_ROWS_AT_ONCE", 4)


def file(client: Client, form: str = "csv", **limits: str) -> Any:
    return client.get(f"{reverse(f'logbook:report-{form}', args=['sessions'])}?{urlencode(LIMITS | limits)}")


def work() -> Job:
    making.work(threading.Event(), once=True)
    return Job.objects.get()


def rows_of(content: bytes) -> bytes:
    """All but the foot, which holds the head of the chain."""
    return content.rsplit(b"\r\n\r\n", 1)[0]


def test_few_rows_are_given_at_once(client_of: Callable[[User], Client], staff: User, patients: list[int]) -> None:
    assert file(client_of(staff)).status_code == 200
    assert Job.objects.count() == 0


def test_many_rows_are_made_by_a_job_with_the_same_bytes(
    client_of: Callable[[User], Client], staff: User, patients: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(staff)
    at_once = file(client).content
    for module in (report_files, session_file, receipts):
        monkeypatch.setattr(module, "MOST_ROWS_AT_ONCE", 4)
    answer = file(client)
    assert (answer.status_code, answer["Location"]) == (302, reverse("downloads"))
    assert "This file has very many rows" in client.get(reverse("downloads")).content.decode()
    job = work()
    assert (job.state, job.done_rows, job.all_rows, job.needs) == (State.DONE, 5, 5, ["see reports", "find patients"])
    assert rows_of(jobs.file_of(job).read_bytes()) == rows_of(at_once)
    fetched = client.get(reverse("downloads-file", args=[job.uid]))
    assert rows_of(b"".join(fetched.streaming_content)) == rows_of(at_once)


@pytest.mark.usefixtures("_few_at_once")
def test_looks_and_receipt_stand_before_the_file_can_be_fetched(
    client_of: Callable[[User], Client], staff: User, patients: list[int]
) -> None:
    file(client_of(staff))
    assert not Receipt.objects.exists()
    job = work()
    looks = Access.objects.filter(kind="export").order_by("patient_id").values_list("patient_id", "by_id")
    assert list(looks) == [(patient, staff.pk) for patient in sorted(patients)]
    receipt = Receipt.objects.get()
    assert (receipt.report, receipt.part, receipt.form, receipt.row_count) == ("sessions", "list", "csv", 5)
    assert (receipt.file_digest, receipt.size, receipt.taken_by) == (job.sha256, job.size, staff)
    assert receipt.content_digest == digest_of(whole_list(SessionFilter()), "en")
    assert Act.objects.filter(kind="export_report", by=staff).count() == 1
    assert job.finished_at is not None
    assert job.finished_at >= receipt.taken_at


@pytest.mark.usefixtures("_few_at_once")
def test_receipt_can_be_compared_like_any_other(
    client_of: Callable[[User], Client], staff: User, physician: User, patients: list[int]
) -> None:
    client = client_of(staff)
    file(client)
    work()
    where = reverse("logbook:receipt-compare", args=[Receipt.objects.get().uid])
    assert client.post(where).context["compared"].same is True
    course = a_course(by=physician, patient=a_patient(by=physician))
    a_session(
        by=physician, course=course, started_at=paris(2026, 4, 1, 9), device=a_device(by=physician, serial_number="2")
    )
    assert client.post(where).context["compared"].same is False


@pytest.mark.usefixtures("_few_at_once")
def test_spreadsheet_is_made_by_a_job_and_a_pdf_is_not(
    client_of: Callable[[User], Client], staff: User, patients: list[int]
) -> None:
    client = client_of(staff)
    assert file(client, "pdf").status_code == 200
    assert file(client, "xlsx").status_code == 302
    job = work()
    assert (job.state, job.form, job.done_rows) == (State.DONE, "xlsx", 5)


@pytest.mark.usefixtures("_few_at_once")
def test_too_many_jobs_are_refused_on_the_page(
    client_of: Callable[[User], Client], staff: User, patients: list[int]
) -> None:
    client = client_of(staff)
    for month in range(1, jobs.MOST_ACTIVE + 1):
        assert file(client, to_date=f"2027-{month:02}-01").status_code == 302
    answer = file(client)
    assert answer.status_code == 400
    assert "5 of your files are being made." in answer.content.decode()


@pytest.mark.usefixtures("_few_at_once")
def test_question_of_a_job_names_nobody(client_of: Callable[[User], Client], staff: User, patients: list[int]) -> None:
    file(client_of(staff))
    job = Job.objects.get()
    assert job.question == {
        "report": "sessions", "part": "list", "identities": True, "records": False,
        "question": "from_date=2026-01-01&to_date=2026-12-31",
    }  # fmt: skip
    assert isinstance(whole_list(SessionFilter()).rows, Fetched)
