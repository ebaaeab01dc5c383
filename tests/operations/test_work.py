"""Large files with the real server and program: made beside the pages, gone on with after a restart, in a flat memory."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clinic.lib.alone import alone
from tests.operations.running import HERE, environment, manage
from tests.operations.test_serve import free_port, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="stops by a signal that Windows does not know"),
]
FILLED = """
from clinic.operations.server import prepare
prepare()
from bench import large_files, rows
large_files.PATIENTS = 500
by = rows.physician()
large_files._fill(by, rows.device(by), {sessions})
"""
ASKED = """
from clinic.accounts.models import User
from clinic.operations import jobs
question = {{"report": "sessions", "part": "list", "question": "", "identities": True}}
jobs.ask(by=User.objects.get(username="bench"), kind="export_report", question=question, form="{form}", title="List", needs=["see reports"])
"""
TOLD = """
import json
from clinic.operations.jobs import file_of
from clinic.operations.models import Job
from sessions.models import Receipt
for job in Job.objects.order_by("pk"):
    size = file_of(job).stat().st_size if job.state == "done" else 0
    print(json.dumps([job.state, job.done_rows, job.tries, job.message, size, Receipt.objects.filter(file_digest=job.sha256).count()]))
"""


def shell(folder: Path, script: str) -> list[str]:
    done = manage(folder, "shell", "-v", "0", "-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def told(folder: Path) -> list[object]:
    """State, rows, tries, message, size and receipts of the only job."""
    (line,) = shell(folder, TOLD)
    return json.loads(line)


@pytest.fixture(scope="module")
def of_15_000(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A logbook of so many sessions, filled once; nobody changes it."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    shell(folder, FILLED.format(sessions=15_000))
    return folder


@pytest.fixture
def folder(of_15_000: Path, tmp_path: Path) -> Path:
    """A copy of this test's own, with its keys."""
    for kept in (of_15_000, of_15_000.with_name("data-keys")):
        shutil.copytree(kept, tmp_path / kept.name)
    return tmp_path / "data"


def serving(folder: Path) -> subprocess.Popen[str]:
    port = free_port()
    program = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=HERE,
        env=environment(folder, CLINIC_PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(f"http://127.0.0.1:{port}/healthz", program)
    return program


def stopped(program: subprocess.Popen[str]) -> str:
    """What it wrote to the terminal as errors."""
    program.send_signal(signal.SIGINT)
    _out, err = program.communicate(timeout=60)
    return err


def until_there(folder: Path) -> None:
    """A run has begun to write its file."""
    latest = time.monotonic() + 90
    while not any((folder / "downloads").glob("*/*")):
        assert time.monotonic() < latest
        time.sleep(0.05)


def test_stopped_server_goes_on_with_the_file_after_its_next_start(folder: Path) -> None:
    shell(folder, ASKED.format(form="xlsx"))
    first = serving(folder)
    until_there(folder)
    assert stopped(first) == ""
    latest = time.monotonic() + 60
    while told(folder)[0] == "running":
        assert time.monotonic() < latest
        time.sleep(0.5)
    assert told(folder)[:4] == ["waiting", 0, 0, ""]
    assert list((folder / "downloads").iterdir()) == []
    second = serving(folder)
    latest = time.monotonic() + 200
    while told(folder)[0] != "done":
        assert time.monotonic() < latest
        time.sleep(1)
    assert stopped(second) == ""
    state, rows, tries, message, size, receipts = told(folder)
    assert (state, rows, tries, message, receipts) == ("done", 15_000, 1, "", 1)
    assert isinstance(size, int)
    assert size > 100_000


def test_program_apart_makes_what_waits_and_ends(folder: Path) -> None:
    shell(folder, ASKED.format(form="csv"))
    done = manage(folder, "work", "--once")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert told(folder)[:3] == ["done", 15_000, 1]


def test_nothing_is_made_while_a_backup_is_put_back(folder: Path) -> None:
    shell(folder, ASKED.format(form="csv"))
    with alone(folder / "restoring.lock"):
        assert manage(folder, "work", "--once").returncode == 0
    assert told(folder)[:3] == ["waiting", 0, 0]


GROWN = """
import resource
from pathlib import Path
from clinic.lib.outgoing import Outgoing
from clinic.operations.files import write
from sessions.reports.session_file import whole_list
from sessions.reports.session_filter import SessionFilter
seen = []
def look(done):
    if done >= 20_000 and not seen:
        seen.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
outgoing = Outgoing(whole_list(SessionFilter()), "list", "List", "foot", lambda written: None)
write(outgoing, "{form}", Path("{folder}") / "large.{form}", language="fr", printed_by="Lou", progress=look)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - seen[0])
"""


@pytest.fixture(scope="module")
def of_60_000(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "data"
    shell(folder, FILLED.format(sessions=60_000))
    return folder


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_rows(of_60_000: Path, tmp_path: Path, form: str) -> None:
    (grown,) = shell(of_60_000, GROWN.format(form=form, folder=tmp_path))
    assert int(grown) < 15_000  # kilobytes
