"""What the server does by itself: it verifies at its start and in the night, and anchors where the history stands."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from clinic.lib.alone import alone
from clinic.operations.nightly import is_anchor_due, is_verification_due
from tests.operations.running import HERE, environment, manage
from tests.operations.test_serve import free_port, wait_for

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, NOW, True),
        (datetime(2026, 11, 22, 3, 10, 20, tzinfo=PARIS), NOW, False),
        (datetime(2026, 11, 22, 3, 10, 20, tzinfo=PARIS), datetime(2026, 11, 23, 3, 9, 59, tzinfo=PARIS), False),
        (datetime(2026, 11, 22, 3, 10, 20, tzinfo=PARIS), datetime(2026, 11, 23, 3, 10, tzinfo=PARIS), True),
        (datetime(2026, 11, 21, 23, 0, tzinfo=PARIS), datetime(2026, 11, 22, 3, 10, tzinfo=PARIS), True),
        (datetime(2026, 11, 22, 1, 0, tzinfo=PARIS), datetime(2026, 11, 22, 3, 0, tzinfo=PARIS), False),
        (datetime(2026, 11, 21, 9, 0, tzinfo=PARIS), NOW, True),  # switched off in the night
        (datetime(2026, 11, 22, 2, 20, tzinfo=UTC), datetime(2026, 11, 22, 7, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 28, 3, 11, tzinfo=PARIS), datetime(2026, 3, 29, 3, 10, tzinfo=PARIS), True),  # 23 hours
        (datetime(2026, 10, 24, 3, 11, tzinfo=PARIS), datetime(2026, 10, 25, 3, 10, tzinfo=PARIS), True),
    ],
)
def test_verification_is_due_once_a_night(last: datetime | None, now: datetime, due: bool) -> None:
    assert is_verification_due(now, last, PARIS) is due


@pytest.mark.parametrize(
    ("minutes", "moved", "due"), [(59, True, False), (60, True, True), (600, False, False), (-5, True, True)]
)
def test_anchor_is_due_after_an_hour_in_which_something_was_written(minutes: int, moved: bool, due: bool) -> None:
    assert is_anchor_due(NOW + timedelta(minutes=minutes), NOW, moved=moved) is due


def test_one_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path / "lock") as first, alone(tmp_path / "lock", seconds=0.2) as second:
        assert (first, second) == (True, False)
    with alone(tmp_path / "lock") as third:
        assert third


# --- The server itself ---------------------------------------------------------------------------


class Server:
    """A logbook that serves, in a folder of its own."""

    def __init__(self, folder: Path, **values: str) -> None:
        port = free_port()
        self.keys = folder / "data-keys"
        self.program = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=HERE,
            env=environment(folder / "data", CLINIC_PORT=str(port), **values),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(f"http://127.0.0.1:{port}/healthz", self.program)

    def verified(self) -> dict[str, object]:
        """The result, as soon as there is one."""
        latest = time.monotonic() + 60
        while not (self.keys / "verified.json").exists():
            assert time.monotonic() < latest, "nothing was verified"
            time.sleep(0.1)
        return json.loads((self.keys / "verified.json").read_text("utf-8").splitlines()[1])

    def anchors(self) -> list[str]:
        lines = (self.keys / "anchors.jsonl").read_text("ascii").splitlines()
        return [json.loads(line)["why"] for line in lines]

    def stop(self) -> str:
        """What it wrote to the terminal as errors."""
        self.program.send_signal(signal.SIGINT)
        _out, err = self.program.communicate(timeout=30)
        assert self.program.returncode == 0
        return err


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path)
    yield found
    if found.program.poll() is None:
        found.program.kill()
        found.program.communicate()


posix = pytest.mark.skipif(os.name != "posix", reason="stops by a signal that Windows does not know")


@pytest.mark.slow
@posix
def test_server_verifies_at_its_start_and_anchors_at_start_and_stop(server: Server, tmp_path: Path) -> None:
    result = server.verified()
    assert (result["state"], result["findings"]) == ("intact", 0)
    assert server.anchors() == ["start"]
    assert server.stop() == ""
    assert server.anchors() == ["start", "stop"]
    kept = (server.keys / "verified.json").stat().st_mtime
    again = Server(tmp_path)
    time.sleep(5)
    assert again.stop() == ""
    assert again.anchors() == ["start", "stop", "start", "stop"]
    assert (again.keys / "verified.json").stat().st_mtime == kept


@pytest.mark.slow
@posix
def test_finding_is_told_in_one_sentence_and_recorded(tmp_path: Path) -> None:
    assert manage(tmp_path / "data", "migrate").returncode == 0
    alter = (
        "from django.db import connection; cursor = connection.cursor(); "
        "cursor.execute('DROP TRIGGER guard_audit_act_delete_kept')"
    )
    assert manage(tmp_path / "data", "shell", "-c", alter).returncode == 0
    done = manage(tmp_path / "data", "verify_audit", "--background")
    said = "Verification of the audit history: ALTERED. guard missing (1). See the page Verification."
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.split(" ", 4)[4] for line in done.stderr.splitlines()] == [said]
    events = "from clinic.audit.models import Access; print(list(Access.objects.values_list('kind', 'detail')))"
    kept = manage(tmp_path / "data", "shell", "-v", "0", "-c", events)
    assert kept.stdout.splitlines()[-1] == "[('verification_failed', 'altered: guard missing (1)')]"


@pytest.mark.slow
def test_second_verification_in_the_background_ends_at_once(tmp_path: Path) -> None:
    assert manage(tmp_path / "data", "migrate").returncode == 0
    with alone(tmp_path / "data-keys" / "verifying.lock"):
        done = manage(tmp_path / "data", "verify_audit", "--background", CLINIC_LANGUAGE="en")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "A verification runs already.\n")
