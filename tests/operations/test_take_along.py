"""From SQLite to PostgreSQL with the whole history: nothing is lost, nothing is changed, and it goes on."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.operations.running import manage

pytestmark = [pytest.mark.slow, pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL takes over")]

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
TOLD = """
from clinic.audit.chain import head
from clinic.audit.verify import verify
from sessions.models import Session
print(head().number, head().code, Session.objects.get().notes, [str(finding.words) for finding in verify()[1]])
"""
WENT_ON = """
from clinic.accounts.models import User
from clinic.audit.models import Access
from clinic.audit.verify import verify
from datetime import date
from sessions.models import Course, Device
from tests.factories import a_signed_session, at
physician = User.objects.get(username="morel")
started = at(date(2026, 1, 19))
a_signed_session(by=physician, course=Course.objects.get(), device=Device.objects.get(), started=started)
print(list(Access.objects.order_by("number").values_list("kind", flat=True)), [str(finding.words) for finding in verify()[1]])
"""


@pytest.fixture
def url(django_db_blocker: Any) -> Iterator[str]:
    """An empty PostgreSQL."""
    place, name = settings.DATABASES["default"], f"logbook_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    yield f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{name}"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def shell(folder: Path, script: str, **values: str) -> str:
    done = manage(folder, "shell", "-v", "0", "-c", script, **values)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_logbook_moves_with_its_history_and_goes_on(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    file = str(folder / "logbook.sqlite3")
    shell(folder, FILLED)
    before = shell(folder, TOLD)
    assert before.endswith(" []\n")
    there = {"CLINIC_DATABASE_URL": url}
    done = manage(folder, "take_along", file, **there)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(
        " rows were moved, and the history verifies as it did. Keep the SQLite file as a copy.\n"
    )
    assert shell(folder, TOLD, **there) == before
    assert shell(folder, WENT_ON, **there) == "['account_opened', 'account_opened', 'log_in', 'taken_along'] []\n"
    again = manage(folder, "take_along", file, **there)
    assert (again.returncode, again.stderr) == (
        2,
        "CommandError: This PostgreSQL holds a logbook already. Nothing was moved.\n",
    )


def test_logbook_that_was_altered_is_not_moved(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shell(folder, FILLED)
    shell(folder, "from clinic.audit import guard; guard.remove(); from django.db import connection as c; "
          "c.cursor().execute(\"UPDATE logbook_patient SET birth_date = '1900-01-01'\")")  # fmt: skip
    there = {"CLINIC_DATABASE_URL": url}
    done = manage(folder, "take_along", str(folder / "logbook.sqlite3"), **there)
    assert done.returncode == 1
    assert "Nothing was moved, because it does not verify: " in done.stderr
    assert shell(folder, "from clinic.audit.models import Act; print(Act.objects.count())", **there) == "0\n"


def test_logbook_of_other_keys_is_not_moved(url: str, tmp_path: Path) -> None:
    shell(tmp_path / "data", FILLED)
    there = {"CLINIC_DATABASE_URL": url}
    assert manage(tmp_path / "other", "migrate", "-v", "0", **there).returncode == 0
    done = manage(tmp_path / "other", "take_along", str(tmp_path / "data" / "logbook.sqlite3"), **there)
    assert (done.returncode, done.stderr) == (
        2,
        "CommandError: The key here is not the one of that logbook: set CLINIC_KEY_DIR to the folder of its keys.\n",
    )


def test_sqlite_takes_nothing_over(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert manage(folder, "migrate", "-v", "0").returncode == 0
    done = manage(folder, "take_along", str(folder / "logbook.sqlite3"))
    assert done.returncode == 2
    assert "Set CLINIC_DATABASE_URL" in done.stderr
    missing = manage(folder, "take_along", "nowhere.sqlite3")
    assert (missing.returncode, missing.stderr) == (2, "CommandError: There is no file nowhere.sqlite3.\n")
