"""The page of large files: one's own alone, how far they are, and the file as long as it is kept and allowed."""

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from clinic.accounts.actions import change_account
from clinic.accounts.models import User
from clinic.accounts.roles import Permission, Role
from clinic.accounts.web_sessions import SEEN
from clinic.audit.models import Access
from clinic.operations import jobs, making
from clinic.operations.models import Job, State
from tests.operations import filed
from tests.operations.filed import whole_file

pytestmark = pytest.mark.django_db
PAGE, PROGRESS, CANCEL = (reverse(name) for name in ("downloads", "downloads-progress", "downloads-cancel"))


@pytest.fixture(autouse=True)
def _empty(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.LANGUAGE_CODE = "en"
    filed.recorded.clear()


def asked(by: User, title: str = "Sessions report", rows: int = 250, **values: Any) -> Job:
    with translation.override("en"):
        needs = values.pop("needs", (Permission.FIND_PATIENTS,))
        return jobs.ask(by=by, kind="test", question={"rows": rows, **values}, form="csv", title=title, needs=needs)


def made(by: User, **values: Any) -> Job:
    job = asked(by, **values)
    making.work(threading.Event(), once=True)
    return Job.objects.get(pk=job.pk)


def file_of(job: Job) -> str:
    return reverse("downloads-file", args=[job.uid])


def content_of(answer: Any) -> bytes:
    """All that streams."""
    return b"".join(answer.streaming_content)


def text_of(client: Client, address: str = PAGE) -> str:
    """What stands on the page, without its marks."""
    content = client.get(address).content.decode()
    main = content[content.find('id="my-files"') :]
    return " ".join(re.sub(r"<[^>]*>", " ", main[: main.find("<footer")]).split())


# --- The list ------------------------------------------------------------------------------------


def test_page_without_files_says_so(client_of: Callable[[User], Client], staff: User) -> None:
    assert "You asked for no large file yet." in text_of(client_of(staff))


def test_states_are_said_in_words_with_rows_done_of_all(client_of: Callable[[User], Client], staff: User) -> None:
    waiting, running, ready = asked(staff, rows=1), asked(staff, rows=2), made(staff, rows=3)
    Job.objects.filter(pk=waiting.pk).update(state=State.WAITING)
    Job.objects.filter(pk=running.pk).update(state=State.RUNNING, done_rows=120_000, all_rows=1_000_000)
    client = client_of(staff)
    text = text_of(client)
    assert "It waits for its turn." in text
    assert "120,000 of 1,000,000 rows" in text
    assert "Ready" in text
    assert '<progress max="1000000" value="120000"' in client.get(PAGE).content.decode()
    assert file_of(ready) in client.get(PAGE).content.decode()


def test_failure_is_said_with_its_reason(client_of: Callable[[User], Client], staff: User) -> None:
    made(staff, refuse="Too wide.")
    assert "Not made Too wide." in text_of(client_of(staff))


def test_others_see_nothing_of_it(client_of: Callable[[User], Client], staff: User, physician: User) -> None:
    made(staff, title="Something of Lou")
    assert "Something of Lou" in text_of(client_of(staff))
    assert "Something of Lou" not in client_of(physician).get(PAGE).content.decode()


def test_page_asks_again_only_while_something_is_being_made(client_of: Callable[[User], Client], staff: User) -> None:
    client = client_of(staff)
    made(staff, rows=1)
    assert "every 3s" not in client.get(PAGE).content.decode()
    asked(staff, rows=2)
    for address in (PAGE, PROGRESS):
        assert f'hx-get="{PROGRESS}" hx-trigger="every 3s"' in client.get(address).content.decode()


def test_page_that_asks_by_itself_keeps_nobody_logged_in(client_of: Callable[[User], Client], staff: User) -> None:
    client = client_of(staff)
    client.get(PAGE)
    session = client.session
    session[SEEN] = time.time() - 60
    session.save()
    kept = session[SEEN]
    assert client.get(PROGRESS).status_code == 200
    assert client.session[SEEN] == kept
    client.get(PAGE)
    assert client.session[SEEN] > kept
    session = client.session
    session[SEEN] = time.time() - configured.IDLE_MINUTES * 60 - 1
    session.save()
    answer = client.get(PROGRESS)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


# --- Cancelling ----------------------------------------------------------------------------------


def test_cancel_ends_a_job_and_a_ready_file(client_of: Callable[[User], Client], staff: User) -> None:
    client, ready, waiting = client_of(staff), made(staff, rows=1), asked(staff, rows=2)
    for job, said in ((waiting, "Cancelled. Nothing is kept of it."), (ready, "Deleted.")):
        answer = client.post(CANCEL, {"job": job.uid}, follow=True)
        assert said in answer.content.decode()
        assert Job.objects.get(pk=job.pk).state == State.CANCELLED
    assert list(jobs.folder().iterdir()) == []
    assert (
        "There is nothing to cancel any more." in client.post(CANCEL, {"job": ready.uid}, follow=True).content.decode()
    )


@pytest.mark.parametrize("named", ["", "nothing", "00000000-0000-4000-8000-000000000000"])
def test_cancel_of_nothing_changes_nothing(client_of: Callable[[User], Client], staff: User, named: str) -> None:
    assert client_of(staff).post(CANCEL, {"job": named})["Location"] == PAGE


def test_nobody_cancels_what_somebody_else_asked_for(
    client_of: Callable[[User], Client], staff: User, physician: User
) -> None:
    job = asked(staff)
    client_of(physician).post(CANCEL, {"job": job.uid})
    assert Job.objects.get(pk=job.pk).state == State.WAITING


# --- The file ------------------------------------------------------------------------------------


def test_file_streams_to_who_asked_and_is_recorded(client_of: Callable[[User], Client], staff: User) -> None:
    job = made(staff)
    answer = client_of(staff).get(file_of(job))
    assert answer.streaming
    assert content_of(answer) == whole_file(250)
    day = f"{timezone.localdate():%Y-%m-%d}"
    assert answer["Content-Disposition"] == f'attachment; filename="rows-{day}.csv"'
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/csv; charset=utf-8", "no-store, private")
    found = Access.objects.filter(kind="download").values_list("by_id", "record", "detail")
    assert list(found) == [(staff.pk, job.uid, f"test, csv, SHA-256 {job.sha256}")]


@pytest.mark.parametrize("other", ["physician", "auditor", "administrator"])
def test_file_of_somebody_else_is_not_found(
    client_of: Callable[[User], Client], staff: User, request: pytest.FixtureRequest, other: str
) -> None:
    job = made(staff)
    assert client_of(request.getfixturevalue(other)).get(file_of(job)).status_code == 404
    assert not Access.objects.filter(kind="download").exists()


def test_role_that_was_taken_away_takes_the_file_with_it(
    client_of: Callable[[User], Client], staff: User, administrator: User
) -> None:
    job = made(staff)
    change_account(by=administrator, user=staff, role=Role.ADMINISTRATOR, reason="another task")
    client = client_of(User.objects.get(pk=staff.pk))
    assert client.get(file_of(job)).status_code == 403
    assert not Access.objects.filter(kind="download").exists()
    change_account(by=administrator, user=staff, role=Role.STAFF, reason="back again")
    assert content_of(client.get(file_of(job))) == whole_file(250)


@pytest.mark.parametrize("state", [State.WAITING, State.RUNNING, State.FAILED, State.CANCELLED, State.EXPIRED])
def test_file_that_is_not_ready_is_not_given(client_of: Callable[[User], Client], staff: User, state: str) -> None:
    job = made(staff)
    Job.objects.filter(pk=job.pk).update(state=state)
    answer = client_of(staff).get(file_of(job), follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "This file is not kept any more. Ask for the report again." in answer.content.decode()


def test_file_whose_time_is_over_is_not_given_even_before_it_is_deleted(
    client_of: Callable[[User], Client], staff: User
) -> None:
    job = made(staff)
    Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client_of(staff).get(file_of(job))["Location"] == PAGE
    assert jobs.file_of(job).exists()


def test_file_that_is_gone_from_the_disk_is_said_so(client_of: Callable[[User], Client], staff: User) -> None:
    job = made(staff)
    jobs.remove(job.run)
    assert client_of(staff).get(file_of(job))["Location"] == PAGE


def test_nothing_of_the_folder_is_served_as_it_is(client_of: Callable[[User], Client], staff: User) -> None:
    job = made(staff)
    client = client_of(staff)
    for address in (f"/downloads/{job.run}/file", f"/static/downloads/{job.run}/file", f"/downloads/{job.run}/file/"):
        assert client.get(address).status_code == 404


def test_start_page_says_how_many_are_ready(client_of: Callable[[User], Client], staff: User, physician: User) -> None:
    made(staff, rows=1)
    asked(staff, rows=2)
    assert "1 large file is ready" in client_of(staff).get(reverse("home")).content.decode()
    assert PAGE in client_of(staff).get(reverse("home")).content.decode()
    assert "large file is ready" not in client_of(physician).get(reverse("home")).content.decode()
