"""A report's file with very many rows: made by a job, with the same bytes, looks and receipt as one made at once."""

import re
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
from sessions.reports import long_reports, receipts, session_file
from sessions.reports.receipts import of_same_question
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
    return Job.objects.latest("pk")


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
def test_receipt_of_many_rows_is_compared_by_the_same_file_made_anew(
    client_of: Callable[[User], Client], staff: User, physician: User, patients: list[int]
) -> None:
    client = client_of(staff)
    file(client)
    work()
    first = Receipt.objects.get()
    answer = client.post(reverse("logbook:receipt-compare", args=[first.uid]))
    assert ("compared" in answer.context, "This takes too long for a page." in answer.content.decode()) == (False, True)
    again = answer.context["file_again"]
    assert again == f"{reverse('logbook:report-csv', args=['sessions'])}?{first.question}&part=list"
    assert client.get(again).status_code == 302
    work()
    course = a_course(by=physician, patient=a_patient(by=physician))
    a_session(
        by=physician, course=course, started_at=paris(2026, 4, 1, 9), device=a_device(by=physician, serial_number="2")
    )
    assert client.get(again).status_code == 302
    work()
    others = client.get(reverse("logbook:receipt", args=[first.uid])).context["others"]
    assert [(other.row_count, same) for other, same in others] == [(6, False), (5, True)]


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


# --- Of very many sessions -----------------------------------------------------------------------

SCREENING = reverse("logbook:report", args=["screening"])


@pytest.fixture
def _few_sessions_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_reports, "MOST_SESSIONS_AT_ONCE", 4)


@pytest.mark.usefixtures("_few_sessions_at_once")
def test_page_of_too_many_sessions_offers_its_tables_as_files(
    client_of: Callable[[User], Client], staff: User, administrator: User, patients: list[int]
) -> None:
    offered = {}
    for user in (staff, administrator):
        answer = client_of(user).get(SCREENING, {"from_date": "2026-01-01"})
        text = answer.content.decode()
        assert (answer.status_code, "built" in answer.context) == (200, False)
        assert "Up to 5 sessions lie within these limits: this takes a while." in text
        assert reverse("logbook:report-pdf", args=["screening"]) + '"' not in text
        offered[user.role] = re.findall(r'screening\.csv\?from_date=2026-01-01&amp;part=([a-z-]+)"', text)
    assert offered == {"staff": ["questions", "late", "positives"], "administrator": ["questions"]}
    assert Access.objects.filter(kind="report").exclude(patient_id=None).count() == 0
    page = client_of(staff).get(SCREENING, {"to_date": "2026-02-28"})
    assert "built" in page.context


@pytest.mark.usefixtures("_few_sessions_at_once")
@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
def test_table_of_too_many_sessions_is_made_by_a_job_however_few_its_rows(
    client_of: Callable[[User], Client], staff: User, patients: list[int], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, where = client_of(staff), reverse(f"logbook:report-{form}", args=["data-quality"])
    answer = client.get(where, {"part": "counts", "site": "palm"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("downloads"))
    assert "This file is of very many sessions" in client.get(reverse("downloads")).content.decode()
    job = Job.objects.get()
    assert (job.title, job.all_rows) == ("Data quality – What to read again", None)
    job = work()
    receipt = Receipt.objects.get()
    assert (job.state, job.done_rows, receipt.form) == (State.DONE, receipt.row_count, form)
    monkeypatch.setattr(long_reports, "MOST_SESSIONS_AT_ONCE", 5)
    assert client.get(where, {"part": "counts", "site": "palm"}).status_code == 200
    assert [same for _other, same in of_same_question(receipt)] == [True]
    assert client.post(reverse("logbook:receipt-compare", args=[receipt.uid])).context["compared"].same is True


@pytest.mark.usefixtures("_few_sessions_at_once")
def test_receipt_of_too_many_sessions_is_not_compared_on_the_page(
    client_of: Callable[[User], Client], staff: User, patients: list[int]
) -> None:
    client = client_of(staff)
    client.get(reverse("logbook:report-csv", args=["screening"]), {"part": "questions"})
    work()
    answer = client.post(reverse("logbook:receipt-compare", args=[Receipt.objects.get().uid]))
    assert "compared" not in answer.context
    assert answer.context["file_again"] == reverse("logbook:report-csv", args=["screening"]) + "?part=questions"


@pytest.mark.usefixtures("_few_sessions_at_once")
@pytest.mark.parametrize(
    ("form", "part", "said"),
    [("pdf", "", "are made into a file table by table"), ("csv", "gone", "This report has no such table")],
)
def test_what_no_job_can_make_is_refused_before_it_is_asked_for(
    client_of: Callable[[User], Client], staff: User, patients: list[int], form: str, part: str, said: str
) -> None:
    answer = client_of(staff).get(reverse(f"logbook:report-{form}", args=["screening"]), {"part": part})
    assert (answer.status_code, said in answer.content.decode(), Job.objects.count()) == (400, True, 0)


@pytest.mark.usefixtures("_few_sessions_at_once")
def test_job_that_is_still_counting_says_so_and_can_be_cancelled(
    client_of: Callable[[User], Client], staff: User, patients: list[int]
) -> None:
    client = client_of(staff)
    client.get(reverse("logbook:report-csv", args=["screening"]), {"part": "questions"})
    job = jobs.claim()
    assert job is not None
    assert "It is being counted." in client.get(reverse("downloads")).content.decode()
    assert client.post(reverse("downloads-cancel"), {"job": job.uid}).status_code == 302
    making.make(job, threading.Event())
    assert (Job.objects.get().state, Receipt.objects.count(), list(jobs.folder().iterdir())) == ("cancelled", 0, [])
