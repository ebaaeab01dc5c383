"""A logbook of its own for a test that puts whole databases in one another's place: folder, keys and database."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.operations.running import HERE, environment, manage

FILLED = """
from clinic.operations.server import prepare
prepare()
from clinic.audit.access import record_event
from tests.conftest import person
from tests.reports.signed import a_session_of_every_kind
ada = person(username="ada", full_name="Ada", role="administrator")
physician = person(username="morel", full_name="Dr Morel", role="physician", by=ada)
a_session_of_every_kind(physician)
record_event("log_in", by=ada)
"""
# An act and an access more.
MORE = """
from clinic.accounts.models import User
from clinic.audit.access import record_event
from tests.factories import a_patient
physician = User.objects.get(username="morel")
a_patient(by=physician, family_name="Laterpatient")
record_event("log_in", by=physician)
"""
TOLD = """
from clinic.audit.chain import head
from clinic.audit.models import Access
print(head().number, head().code, Access.objects.count())
"""


@dataclass
class Logbook:
    """A filled logbook, on the engine under test."""

    folder: Path
    values: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-keys")

    @property
    def database(self) -> Path:
        """The file of SQLite."""
        return self.folder / "logbook.sqlite3"

    @property
    def anchors(self) -> str:
        return (self.keys / "anchors.jsonl").read_text()

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.folder, CLINIC_LANGUAGE="en", **self.values)

    def manage(self, *words: Any, **values: str) -> subprocess.CompletedProcess[str]:
        return manage(self.folder, *map(str, words), CLINIC_LANGUAGE="en", **self.values | values)

    def started(self, *words: Any) -> "subprocess.Popen[str]":
        """`manage.py words…` in the background."""
        command = [sys.executable, "manage.py", *map(str, words)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=HERE, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def killed(self, *words: Any, in_folder: Path, after: float) -> bool:
        """Kill `manage.py words…` so many seconds after it began to write in that folder; false where it had ended."""
        before = set(in_folder.glob(".logbook-*"))  # what the one killed before has left
        program = self.started(*words)
        while program.poll() is None and not set(in_folder.glob(".logbook-*")) - before:
            time.sleep(0.001)
        time.sleep(after)
        program.kill()
        program.communicate()
        return program.returncode == -signal.SIGKILL

    def shell(self, script: str, **values: str) -> str:
        done = self.manage("shell", "-v", "0", "-c", script, **values)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self) -> tuple[int, str, int]:
        """The last entry, its code, and how many accesses there are."""
        number, code, accesses = self.shell(TOLD).split()
        return int(number), code, int(accesses)

    def verified(self) -> tuple[int, str]:
        done = self.manage("verify_audit")
        return done.returncode, done.stdout

    def left(self) -> list[str]:
        """What lies in the data folder that is neither the database nor a lock."""
        mine = ("logbook.sqlite3", "logbook-before-restore-")
        return sorted(
            path.name for path in self.folder.iterdir() if not path.name.startswith(mine) and path.suffix != ".lock"
        )


def sql(statement: str) -> None:
    """Said to the server of the tests, outside any transaction."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(statement)


def address(name: str) -> str:
    place = settings.DATABASES["default"]
    return f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{name}"


@contextmanager
def databases(blocker: Any) -> Iterator[Callable[[str], str]]:
    """Makes a PostgreSQL database from a template and gives its name; gone at the end."""
    made: list[str] = []

    def make(template: str = "template1") -> str:
        name = f"logbook_{secrets.token_hex(4)}"
        with blocker.unblock():
            sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return name

    try:
        yield make
    finally:
        with blocker.unblock():
            for name in made:
                sql(f"DROP DATABASE {name} WITH (FORCE)")


def empty(folder: Path, make: Callable[..., str]) -> Logbook:
    """A logbook that was never started."""
    folder.mkdir()
    return Logbook(folder, {} if connection.vendor == "sqlite" else {"CLINIC_DATABASE_URL": address(make())})


def copied(source: Logbook, folder: Path, make: Callable[..., str]) -> Logbook:
    """The same logbook once more, with its keys."""
    shutil.copytree(source.folder, folder)
    copy = Logbook(folder)
    shutil.copytree(source.keys, copy.keys)
    if connection.vendor == "postgresql":
        copy.values["CLINIC_DATABASE_URL"] = address(make(source.values["CLINIC_DATABASE_URL"].rpartition("/")[2]))
    return copy


def has_programs() -> bool:
    """Whether the programs are here without which PostgreSQL is not copied."""
    return connection.vendor == "sqlite" or all(shutil.which(name) for name in ("pg_dump", "pg_restore", "psql"))


def without_room(bytes_left: int) -> Callable[[], None]:
    """For a process in which no file can grow beyond this: what a full disk is to a program."""

    def limit() -> None:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))

    assert os.name == "posix"
    return limit
