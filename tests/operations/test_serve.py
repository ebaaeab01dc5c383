"""`manage.py serve`, as an operator meets it."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.operations.running import HERE, environment, manage


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_port_in_use_is_one_plain_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = manage(tmp_path / "data", "serve", CLINIC_PORT=str(port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        done.stderr
        == f"Port {port} is in use by another program. Choose another one: CLINIC_PORT={port % 65535 + 1}.\n"
    )


def test_address_of_another_machine_is_one_plain_sentence(tmp_path: Path) -> None:
    done = manage(tmp_path / "data", "serve", CLINIC_HOST="nowhere.invalid")
    assert done.returncode == 2
    assert done.stderr == "There is no address nowhere.invalid on this machine. Set CLINIC_HOST to one that it has.\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="stops by a signal that Windows does not know")
def test_fresh_start_prints_address_and_token_answers_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    program = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=HERE,
        env=environment(tmp_path / "data", CLINIC_PORT=str(port), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        answer = wait_for(f"http://127.0.0.1:{port}/healthz", program)
    finally:
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=20)
    assert answer == b'{"status": "ok"}'
    lines = out.splitlines()
    token = lines[2].strip()
    assert lines == [
        f"The logbook is at http://127.0.0.1:{port}/ (stop it with Ctrl-C)",
        "The logbook has no administrator yet. Open the first account with this one-time token:",
        f"    {token}",
        f"    http://127.0.0.1:{port}/first-account/",
        "The logbook has stopped.",
    ]
    assert len(token) >= 24
    assert err == ""
    assert program.returncode == 0
    assert (tmp_path / "data" / "logbook.sqlite3").stat().st_mode & 0o777 == 0o600


def wait_for(address: str, program: subprocess.Popen[str]) -> bytes:
    """What the page says as soon as somebody answers there."""
    latest = time.monotonic() + 120  # a busy machine takes its time over the tables
    while time.monotonic() < latest:
        if program.poll() is not None:
            pytest.fail("the server ended by itself")
        try:
            with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 -- our own address
                return response.read()
        except OSError:
            time.sleep(0.1)
    pytest.fail("nobody answered")


ACCOUNT = (
    "from clinic.accounts.actions import create_account; create_account(by=None, username='ada', "
    "full_name='Ada', role='administrator', password='seven brown lamps under water')"
)


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """The data folder of a logbook with one entry in its history; its keys lie in the folder beside it."""
    folder = tmp_path / "data"
    assert manage(folder, "migrate", "--verbosity", "0").stderr == ""
    assert manage(folder, "shell", "-v", "0", "-c", ACCOUNT).stderr == ""
    return folder


@pytest.mark.slow
def test_start_without_the_key_is_refused_in_one_sentence(begun: Path) -> None:
    key = begun.with_name("data-keys") / "audit_key.json"
    key.rename(key.with_suffix(".away"))
    done = manage(begun, "serve", CLINIC_PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"The key of the audit history is not in {key}. Put it back from its copy.\n"
    assert not key.exists()


@pytest.mark.slow
def test_start_with_another_key_is_refused_in_one_sentence(begun: Path) -> None:
    key = begun.with_name("data-keys") / "audit_key.json"
    key.write_text(re.sub('"key": "..', '"key": "00', key.read_text()))
    done = manage(begun, "serve", CLINIC_PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        rf"The key in {re.escape(str(key))} is not the one of this audit history \([0-9a-f]{{8}}, not [0-9a-f]{{8}}\)\. "
        r"Put the right one back from its copy\.\n",
        done.stderr,
    )


@pytest.mark.slow
def test_key_that_cannot_be_read_is_refused_in_one_sentence(begun: Path) -> None:
    key = begun.with_name("data-keys") / "audit_key.json"
    key.write_text("{}")
    done = manage(begun, "serve", CLINIC_PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"The key of the audit history in {key} cannot be read (KeyError).\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="stops by a signal that Windows does not know")
def test_start_after_a_guard_was_taken_away_says_so_and_records_it(begun: Path) -> None:
    with closing(sqlite3.connect(begun / "logbook.sqlite3")) as database:
        database.execute("DROP TRIGGER guard_audit_link_update_kept")
        database.execute("DROP TRIGGER guard_logbook_signature_delete_kept")
    checked = manage(begun, "check", "--database", "default")
    assert checked.returncode == 1
    assert "(clinic.E003) 2 guards of the database are missing or were changed" in checked.stderr
    port = free_port()
    program = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=HERE,
        env=environment(begun, CLINIC_PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", program)
    finally:
        program.send_signal(signal.SIGINT)
        _out, err = program.communicate(timeout=20)
    names = "2: guard_audit_link_update_kept, guard_logbook_signature_delete_kept"
    lines = [line.partition(" WARNING ")[2] for line in err.splitlines()]
    assert lines == [f"clinic.audit.setup Guards of the database were missing or changed, and are put back: {names}"]
    with closing(sqlite3.connect(begun / "logbook.sqlite3")) as database:
        rows = database.execute("SELECT kind, detail FROM audit_access WHERE kind = 'guards_restored'").fetchall()
    assert rows == [("guards_restored", names)]
    assert manage(begun, "check", "--database", "default").returncode == 0
