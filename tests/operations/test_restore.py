"""`manage.py restore`: the very chain comes back, what is lost is said, and a failure leaves all as it was."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.operations.logbooks import MORE, Logbook, empty, without_room
from tests.operations.running import HERE
from tests.operations.test_backup import on_postgresql, on_sqlite
from tests.operations.test_serve import free_port, wait_for

pytestmark = pytest.mark.slow

NAMES = "from sessions.models import Patient; print(sorted(Patient.objects.values_list('family_name', flat=True)))"
KINDS = "from clinic.audit.models import Access; print(list(Access.objects.order_by('number').values_list('kind', 'detail')))"
# As a version before had left the tables: one of the framework's own is not there yet.
OLDER = """
from django.db import connection
cursor = connection.cursor()
cursor.execute("DROP TABLE django_session")
cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
"""
# The table is there, and it says that it is not: the next migration cannot make it.
UNABLE = """
from django.db import connection
connection.cursor().execute("DELETE FROM django_migrations WHERE app = 'sessions'")
"""
# A version that is to come has one column more in a table of the record.
NEWER = """
from django.db import connection
from clinic.audit import tables
connection.cursor().execute("ALTER TABLE logbook_patient ADD COLUMN to_come integer")
tables.keep("default")
"""
LOGGED_IN = """
from django.test import Client
from clinic.accounts.models import User
from django.contrib.sessions.models import Session
client = Client(); client.force_login(User.objects.get(username="morel"))
print(Session.objects.count())
"""
COUNT = "from django.contrib.sessions.models import Session; print(Session.objects.count())"


@pytest.fixture
def backup(logbook: Logbook, place: Path) -> Path:
    """A backup of the logbook as it was filled."""
    assert logbook.manage("backup", place / "one.zip").returncode == 0
    return place / "one.zip"


def why(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_very_chain_comes_back_and_is_intact(logbook: Logbook, backup: Path) -> None:
    number, code, accesses = logbook.told()
    names = logbook.shell(NAMES)
    done = logbook.manage("restore", backup)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    taken_at = lines[0].partition("taken at ")[2].partition(",")[0]
    assert lines == [
        f"The backup, taken at {taken_at}, goes up to entry {number}, code {code}.",
        f"The present database goes up to entry {number}, code {code}.",
        "The backup is in place.",
        lines[3],
        "Accounts, roles and passwords are those of the backup. Everybody logs in again.",
        f"Verified: intact up to entry {number}, code {code}.",
    ]
    assert lines[3].startswith("The database that was there is kept: ")
    assert logbook.told() == (number, code, accesses + 1)
    assert logbook.shell(NAMES) == names
    assert logbook.shell(KINDS).endswith(f"('backup', ''), ('restored', '{number} {code}, -0, -0')]\n")
    assert logbook.left() == []
    logbook.shell(MORE)
    assert logbook.verified()[0] == 0


def test_newer_entries_are_lost_only_where_somebody_says_so(logbook: Logbook, backup: Path) -> None:
    number, code, accesses = logbook.told()
    logbook.shell(MORE)
    newer, newer_code, newer_accesses = logbook.told()
    noted = logbook.anchors
    refused = logbook.manage("restore", backup)
    assert why(refused) == (
        "CommandError: With --yes the backup is put back all the same; the present database is kept aside. "
        "Nothing was put back.\n"
    )
    assert refused.stdout.splitlines()[1:] == [
        f"The present database goes up to entry {newer}, code {newer_code}.",
        "Not in the backup, and lost with it: entries: 1; accesses: 1.",
    ]
    assert (logbook.told(), logbook.anchors) == ((newer, newer_code, newer_accesses), noted)
    assert logbook.verified()[0] == 0

    done = logbook.manage("restore", backup, "--yes", "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["entries"], said["entries_lost"], said["accesses_lost"], said["state"]) == (number, 1, 1, "altered")
    found = [(one["kind"], one["record"]) for one in said["said"]]
    assert found == [("copy put back", f"entry:{number}"), ("copy put back", f"access:{accesses}")]
    assert f"entries {number + 1} to {newer}, which stood in the chain before, are gone." in said["said"][0]["words"]
    assert logbook.told() == (number, code, accesses + 1)
    assert "Laterpatient" not in logbook.shell(NAMES)
    logbook.shell(MORE)
    returncode, words = logbook.verified()
    assert returncode == 1
    assert words.count("[copy put back]") == 2
    assert words.count("[") == 2


def test_former_database_is_kept_aside(logbook: Logbook, backup: Path) -> None:
    logbook.shell(MORE)
    newer = logbook.told()
    done = logbook.manage("restore", backup, "--yes", "--json")
    aside = json.loads(done.stdout)["kept_aside"]
    count = "SELECT count(*) FROM {}audit_link"
    if connection.vendor == "sqlite":
        assert Path(aside).parent == logbook.folder
        with closing(sqlite3.connect(aside)) as there:
            found = there.execute(count.format("")).fetchone()[0]
    else:
        schema = aside.removeprefix("schema ")
        statement = count.format(f"{schema}.")
        found = int(logbook.shell(f"from django.db import connection as c; k = c.cursor(); k.execute('{statement}'); "
                                  "print(k.fetchone()[0])"))  # fmt: skip
    assert found == newer[0]


def test_everybody_logs_in_again_and_the_trail_says_so(logbook: Logbook, place: Path) -> None:
    assert logbook.shell(LOGGED_IN) == "1\n"
    assert logbook.manage("backup", place / "one.zip").returncode == 0
    assert logbook.manage("restore", place / "one.zip").returncode == 0
    assert logbook.shell(COUNT) == "0\n"
    assert "('time_out', " in logbook.shell(KINDS)


def test_backup_of_an_older_version_is_brought_up_to_date(logbook: Logbook, place: Path) -> None:
    logbook.shell(OLDER)
    assert logbook.manage("backup", place / "older.zip").returncode == 0
    assert logbook.manage("migrate", "-v", "0").returncode == 0
    done = logbook.manage("restore", place / "older.zip")
    assert (done.returncode, done.stderr) == (0, "")
    assert logbook.shell(COUNT) == "0\n"


def test_tables_as_a_newer_version_had_them_are_no_alarm_in_an_older_backup(logbook: Logbook, backup: Path) -> None:
    logbook.shell(NEWER)
    done = logbook.manage("restore", backup)
    assert (done.returncode, done.stderr) == (0, "")
    assert "guards_restored" not in logbook.shell(KINDS)


def test_backup_that_cannot_be_set_up_leaves_the_present_database_in_place(logbook: Logbook, place: Path) -> None:
    logbook.shell(UNABLE)
    assert logbook.manage("backup", place / "unable.zip").returncode == 0
    logbook.shell(MORE)
    before, seal = logbook.told(), (logbook.keys / "tables.json").read_bytes()
    done = logbook.manage("restore", place / "unable.zip", "--yes")
    assert "django_session" in why(done)
    assert done.stderr.endswith("Nothing was put back.\n")
    assert logbook.told() == before
    assert (logbook.keys / "tables.json").read_bytes() == seal
    assert logbook.verified()[0] == 0
    assert logbook.left() == []
    assert list(logbook.folder.glob("logbook-before-restore-*")) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def nothing(path: Path) -> None:
    path.write_bytes(b"nothing")


@pytest.mark.parametrize("change", [cut, nothing, Path.unlink])
def test_file_that_cannot_be_used_changes_nothing(
    change: Callable[[Path], None], logbook: Logbook, backup: Path
) -> None:
    change(backup)
    before, noted = logbook.told(), logbook.anchors
    assert why(logbook.manage("restore", backup, "--yes")).endswith(" Nothing was put back.\n")
    assert (logbook.told(), logbook.anchors, logbook.left()) == (before, noted, [])


def test_backup_of_another_logbook_changes_nothing(logbook: Logbook, backup: Path) -> None:
    before, kept = logbook.told(), json.loads((logbook.keys / "audit_key.json").read_text())
    (logbook.keys / "audit_key.json").write_text(json.dumps(kept | {"installation": "another"}))
    assert "This backup is of another logbook" in why(logbook.manage("restore", backup, "--yes"))
    assert logbook.told() == before


def test_backup_comes_back_on_a_new_machine_with_the_key_alone(
    logbook: Logbook, backup: Path, tmp_path: Path, make_database: Callable[..., str]
) -> None:
    number, code, accesses = logbook.told()
    new = empty(tmp_path / "new", make_database)
    assert "The key of the audit history is not in " in why(new.manage("restore", backup))
    new.keys.mkdir(exist_ok=True)
    shutil.copy(logbook.keys / "audit_key.json", new.keys)
    done = new.manage("restore", backup)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is kept" not in done.stdout
    assert new.told() == (number, code, accesses + 1)
    new.shell(MORE)
    assert new.verified()[0] == 0


def test_running_logbook_is_not_replaced(logbook: Logbook, backup: Path) -> None:
    logbook.values["CLINIC_PORT"] = str(free_port())
    program = logbook.started("serve")
    try:
        wait_for(f"http://127.0.0.1:{logbook.values['CLINIC_PORT']}/healthz", program)
        done = logbook.manage("restore", backup, "--yes")
        assert why(done) == "CommandError: The logbook is running. Stop it first. Nothing was put back.\n"
    finally:
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=30)
    assert logbook.manage("restore", backup, "--yes").returncode in (0, 1)


def test_database_that_another_program_has_open_is_not_replaced(logbook: Logbook, backup: Path) -> None:
    before = logbook.told()
    script = "from clinic.audit.chain import head; import sys; print(head().number, flush=True); sys.stdin.read()"
    environment = logbook.environment
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=HERE, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == f"{before[0]}\n"  # type: ignore[union-attr]
        done = logbook.manage("restore", backup, "--yes")
        other.communicate("")
    assert why(done) == (
        "CommandError: Somebody else has the database open: the logbook, or another program. Stop it first. "
        "Nothing was put back.\n"
    )
    assert logbook.told() == before


def test_while_a_backup_is_put_back_the_logbook_does_not_start(logbook: Logbook) -> None:
    script = (
        "from clinic.lib.alone import alone; from clinic.operations.server import restoring_file; import sys\n"
        "with alone(restoring_file()): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=HERE, env=logbook.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "held\n"  # type: ignore[union-attr]
        done = logbook.manage("serve", CLINIC_PORT=str(free_port()))
        other.communicate("")
    assert (done.returncode, done.stderr) == (
        2,
        "A backup is being put back into this logbook. Start it when that is done.\n",
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_without_a_place_for_the_anchor_nothing_is_put_back(logbook: Logbook, backup: Path) -> None:
    (logbook.keys / "anchors.jsonl").chmod(0o400)
    before = logbook.told()
    assert "The anchor cannot be written" in why(logbook.manage("restore", backup))
    assert logbook.told() == before


def test_anchor_that_cannot_be_written_stops_it(logbook: Logbook, backup: Path) -> None:
    (logbook.keys / "anchors.jsonl").unlink()
    (logbook.keys / "anchors.jsonl").mkdir()
    before = logbook.told()
    assert "The anchor cannot be written, and without it no backup is put back" in why(
        logbook.manage("restore", backup)
    )
    assert logbook.told() == before


@pytest.mark.skipif(os.name != "posix", reason="the limit is one of POSIX")
@pytest.mark.parametrize("room", [30_000, 200_000])
def test_full_disk_leaves_the_present_database_in_place(room: int, logbook: Logbook, backup: Path) -> None:
    before = logbook.told()
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", str(backup), "--yes"],
        cwd=HERE, env=logbook.environment, preexec_fn=without_room(room), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert why(done)
    assert (logbook.told(), logbook.left()) == (before, [])
    assert logbook.verified()[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_killed_at_any_moment_there_is_one_of_the_two_and_the_next_restore_ends_it(
    logbook: Logbook, backup: Path
) -> None:
    number, code, _accesses = logbook.told()
    logbook.shell(MORE)
    newer = logbook.told()
    killed = 0
    for after in (0, 0.05, 0.2, 0.5, 1):
        killed += logbook.killed("restore", backup, "--yes", in_folder=logbook.folder, after=after)
        time.sleep(0.5)  # until the server of PostgreSQL has noticed
        assert logbook.told()[:2] in [newer[:2], (number, code)]
    assert killed > 0
    done = logbook.manage("restore", backup, "--yes", "--json")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert {one["kind"] for one in said["said"]} == {"copy put back"}
    assert logbook.told()[:2] == (number, code)
    assert logbook.left() == []


@on_sqlite
def test_damaged_database_is_replaced_where_somebody_says_so(logbook: Logbook, backup: Path) -> None:
    number, code, accesses = logbook.told()
    logbook.database.write_bytes(b"\xff" * 50_000)
    refused = logbook.manage("restore", backup)
    assert "With --yes the backup is put back all the same" in why(refused)
    assert "What the present database holds cannot be told: it is damaged, or of another key." in refused.stdout
    done = logbook.manage("restore", backup, "--yes", "--json")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert logbook.told() == (number, code, accesses + 1)
    assert Path(json.loads(done.stdout)["kept_aside"]).read_bytes() == b"\xff" * 50_000


@on_sqlite
def test_restore_of_what_was_altered_is_told_by_the_verification(logbook: Logbook, place: Path) -> None:
    logbook.shell("from clinic.audit import guard; guard.remove()")
    with closing(sqlite3.connect(logbook.database)) as there, there:
        there.execute("UPDATE logbook_patient SET birth_date = '1900-01-01'")
    assert logbook.manage("backup", place / "altered.zip").returncode == 0
    done = logbook.manage("restore", place / "altered.zip")
    assert done.returncode == 1
    assert "[row altered] patient:" in done.stdout


@on_postgresql
def test_who_owns_no_table_puts_nothing_back(logbook: Logbook, backup: Path) -> None:
    user = f"user_{os.getpid()}"
    words = "".join(f"k.execute({statement!r});" for statement in (
        f"CREATE ROLE {user} LOGIN PASSWORD 'lamp'",
    ))  # fmt: skip
    logbook.shell(f"from django.db import connection as c; k = c.cursor(); {words}")
    try:
        assert logbook.manage("set_up_database", user).returncode == 0
        whole = logbook.values["CLINIC_DATABASE_URL"]
        theirs = f"postgres://{user}:lamp@{whole.rpartition('@')[2]}"
        refused = logbook.manage("restore", backup, CLINIC_DATABASE_URL=theirs)
        assert "Only the owner of the tables may do this" in why(refused)
        # Who may not put one back may take one, and works on after the owner has put it back.
        one = backup.with_name("two.zip")
        done = logbook.manage("backup", one, CLINIC_DATABASE_URL=theirs)
        assert (done.returncode, done.stderr) == (0, "")
        assert logbook.manage("restore", one).returncode == 0
        logbook.shell(MORE, CLINIC_DATABASE_URL=theirs)
        both = {"CLINIC_DATABASE_URL": theirs, "CLINIC_DATABASE_OWNER_URL": whole}
        back = logbook.manage("restore", one, "--yes", **both)
        assert back.returncode == 1, back.stderr
        logbook.shell(MORE, CLINIC_DATABASE_URL=theirs)
        said = logbook.manage("shell", "-v", "0", "-c", "from django.db import connection; "
                              "connection.cursor().execute('UPDATE audit_act SET reason = NULL')", CLINIC_DATABASE_URL=theirs)  # fmt: skip
        assert "permission denied for table audit_act" in said.stderr
    finally:
        logbook.shell(
            f"from django.db import connection as c; c.cursor().execute('DROP OWNED BY {user}; DROP ROLE {user}')"
        )


@on_postgresql
def test_tables_of_others_in_the_same_database_stay(logbook: Logbook, backup: Path) -> None:
    logbook.shell("from django.db import connection as c; c.cursor().execute("
                  "'CREATE SCHEMA theirs; CREATE TABLE theirs.stock (id int); INSERT INTO theirs.stock VALUES (7)')")  # fmt: skip
    assert logbook.manage("restore", backup).returncode == 0
    assert logbook.shell("from django.db import connection as c; k = c.cursor(); k.execute('SELECT id FROM theirs.stock'); "
                         "print(k.fetchall())") == "[(7,)]\n"  # fmt: skip
