"""`manage.py serve`, as an operator meets it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
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
