"""`manage.py backup`: whole while others write, one file, and nothing left behind where it fails."""

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.operations.logbooks import Logbook, without_room
from tests.operations.running import HERE

pytestmark = pytest.mark.slow

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="looks into a file of SQLite")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="a program of PostgreSQL")
# Writes acts without end, and says after each how many were acknowledged.
WRITING = """
import os, sys
from clinic.accounts.models import User
from clinic.audit.chain import head
from tests.factories import a_patient
physician = User.objects.get(username="morel")
while True:
    a_patient(by=physician, family_name=f"P{os.getpid()}", record_number="")
    print(head().number, flush=True)
"""
# In the database that a backup came from or went to: the numbers of the chain, and whether they have no gap.
CHAIN = """
from clinic.audit.models import Link
from sessions.models import Patient
numbers = list(Link.objects.order_by("number").values_list("number", flat=True))
print(numbers == list(range(1, len(numbers) + 1)), len(numbers), Patient.objects.filter(family_name__startswith="P").count())
"""


def test_backup_is_one_file_that_says_where_the_history_stood(logbook: Logbook, place: Path) -> None:
    number, code, accesses = logbook.told()
    done = logbook.manage("backup", place / "one.zip")
    assert (done.returncode, done.stderr) == (0, "")
    path = place / "one.zip"
    size = f"{path.stat().st_size:,}".replace(",", "\N{NO-BREAK SPACE}")
    assert done.stdout.splitlines() == [
        f"{path} holds the logbook up to entry {number}, code {code}, and access {accesses + 1} ({size} bytes).",
        "It was read again and is whole.",
        "Whoever has this file can read every record: lock it away, or encrypt it with --recipient.",
        "The keys are not in it. Keep a copy of audit_key.json in another place: without it a backup cannot be used.",
    ]
    assert [path.name for path in place.iterdir()] == ["one.zip"]
    assert (place / "one.zip").stat().st_mode & 0o777 == 0o600
    assert logbook.left() == []
    assert logbook.verified()[0] == 0
    last = json.loads(logbook.anchors.splitlines()[-1])
    assert (last["why"], last["number"], last["access_number"]) == ("backup", number, accesses + 1)
    assert logbook.shell(
        "from clinic.audit.models import Access; print(Access.objects.order_by('number').last().kind)"
    ) == ("backup\n")


def test_keys_are_not_in_a_backup(logbook: Logbook, place: Path) -> None:
    assert logbook.manage("backup", place / "one.zip").returncode == 0
    kept = json.loads((logbook.keys / "audit_key.json").read_text())
    with zipfile.ZipFile(place / "one.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    secret = (logbook.keys / "secret_key").read_text()
    assert [word for word in (kept["key"], kept["evidence_seed"], secret) if word.encode() in everything] == []


def test_result_for_a_program_is_json(logbook: Logbook, place: Path) -> None:
    done = logbook.manage("backup", place / "one.zip", "--json")
    said = json.loads(done.stdout)
    number, code, accesses = logbook.told()
    assert (said["path"], said["entries"], said["code"], said["accesses"]) == (
        str(place / "one.zip"), number, code, accesses
    )  # fmt: skip


def test_backup_while_others_write_is_whole(logbook: Logbook, place: Path) -> None:
    before = logbook.told()[0]
    writers = [logbook.started("shell", "-v", "0", "-c", WRITING) for _each in range(2)]
    taken: list[tuple[int, dict[str, int]]] = []
    try:
        for writer in writers:
            assert int(writer.stdout.readline()) > before  # type: ignore[union-attr]
        for number in range(2):
            acknowledged = max(int(writer.stdout.readline()) for writer in writers)  # type: ignore[union-attr]
            done = logbook.manage("backup", place / f"{number}.zip", "--json")
            assert (done.returncode, done.stderr) == (0, "")
            taken.append((acknowledged, json.loads(done.stdout)))
    finally:
        for writer in writers:
            writer.kill()
        errors = [writer.communicate()[1] for writer in writers]
    assert errors == ["", ""]
    after = logbook.told()[0]
    for acknowledged, said in taken:
        assert acknowledged <= said["entries"] <= after
    assert taken[-1][1]["entries"] < after  # they did write meanwhile
    for number, (_acknowledged, said) in enumerate(taken):
        done = logbook.manage("restore", place / f"{number}.zip", "--yes", "--json")
        assert done.returncode == 1, done.stderr
        answer = json.loads(done.stdout)
        assert {finding["kind"] for finding in answer["said"]} == {"copy put back"}
        assert logbook.told()[:2] == (said["entries"], said["code"])
        assert logbook.shell(CHAIN).split() == ["True", str(said["entries"]), str(said["entries"] - before)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("there.zip", "There is a file {path} already. A backup is never written over another one."),
        ("link.zip", "There is a file {path} already. A backup is never written over another one."),
        ("", "{path} is a folder. Name a file in it."),
        ("nowhere/one.zip", "There is no folder {path.parent}."),
    ],
)
def test_backup_is_written_over_nothing(name: str, words: str, logbook: Logbook, place: Path) -> None:
    (place / "there.zip").write_text("older")
    (place / "link.zip").symlink_to(place / "missing")
    before, path = logbook.told(), place / name
    done = logbook.manage("backup", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"CommandError: {words.format(path=path)} No backup was written.\n"
    assert sorted(path.name for path in place.iterdir()) == ["link.zip", "there.zip"]
    assert (place / "there.zip").read_text() == "older"
    assert logbook.told() == before


def test_where_there_is_no_logbook_there_is_no_backup(logbook: Logbook, place: Path, tmp_path: Path) -> None:
    logbook.values.pop("CLINIC_DATABASE_URL", None)
    (tmp_path / "other").mkdir()
    done = Logbook(tmp_path / "other").manage("backup", place / "one.zip")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "CommandError: There is no logbook here yet. No backup was written.\n"
    assert list(place.iterdir()) == []
    assert not (tmp_path / "other" / "logbook.sqlite3").exists()


def test_without_its_key_no_backup_is_written(logbook: Logbook, place: Path) -> None:
    (logbook.keys / "audit_key.json").rename(logbook.keys / "elsewhere.json")
    done = logbook.manage("backup", place / "one.zip")
    assert done.returncode == 2
    assert done.stderr.startswith("CommandError: The key of the audit history is not in ")
    assert list(place.iterdir()) == []


def test_encrypted_backup_shows_no_name_and_comes_back(logbook: Logbook, place: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    key = pyrage.x25519.Identity.generate()
    (place / "key").write_text(str(key))
    logbook.shell("from tests.factories import a_patient; from clinic.accounts.models import User; "
                  "a_patient(by=User.objects.get(username='morel'), family_name='Zzyzxname')")  # fmt: skip
    done = logbook.manage("backup", place / "one.age", "--recipient", key.to_public())
    assert (done.returncode, done.stderr) == (0, "")
    assert "lock it away" not in done.stdout
    assert b"Zzyzxname" not in (place / "one.age").read_bytes()
    assert logbook.left() == []
    assert sorted(path.name for path in place.iterdir()) == ["key", "one.age"]
    refused = logbook.manage("restore", place / "one.age")
    assert refused.stderr == (
        "CommandError: This backup is encrypted: name the file of the key that opens it with --identity. "
        "Nothing was put back.\n"
    )
    back = logbook.manage("restore", place / "one.age", "--identity", place / "key")
    assert (back.returncode, back.stderr) == (0, "")
    assert logbook.left() == []


def test_recipient_that_is_none_is_said_before_anything_is_written(logbook: Logbook, place: Path) -> None:
    pytest.importorskip("pyrage")
    done = logbook.manage("backup", place / "one.age", "--recipient", "age1nobody")
    assert (done.returncode, done.stderr) == (
        2,
        "CommandError: This is no recipient. It begins with age1 and is printed by age-keygen. No backup was written.\n",
    )
    assert list(place.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="the limit is one of POSIX")
@pytest.mark.parametrize("room", [20_000, 300_000])
def test_full_disk_leaves_nothing_behind(room: int, logbook: Logbook, place: Path) -> None:
    before = logbook.told()
    done = subprocess.run(
        [sys.executable, "manage.py", "backup", str(place / "one.zip")],
        cwd=HERE, env=logbook.environment, preexec_fn=without_room(room), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "CommandError: " in done.stderr
    assert "No backup was written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(place.iterdir()) == []
    assert logbook.left() == []
    assert logbook.told()[:2] == before[:2]
    assert logbook.verified()[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_backup_that_is_killed_leaves_no_file_and_the_next_one_sweeps(logbook: Logbook, place: Path) -> None:
    killed = 0
    for after in (0, 0, 0.02, 0.1, 0.3):
        killed += logbook.killed("backup", place / "one.zip", in_folder=place, after=after)
        assert not (place / "one.zip").exists() or zipfile.is_zipfile(place / "one.zip")
        (place / "one.zip").unlink(missing_ok=True)
    assert killed > 0
    (place / f".logbook-{json.loads((logbook.keys / 'audit_key.json').read_text())['installation'][:8]}-left").mkdir()
    assert logbook.manage("backup", place / "one.zip").returncode == 0
    assert [path.name for path in place.iterdir()] == ["one.zip"]
    assert logbook.verified()[0] == 0


@on_sqlite
def test_damage_of_the_database_is_said_instead_of_kept(logbook: Logbook, place: Path) -> None:
    with closing(sqlite3.connect(logbook.database)) as there:
        page = there.execute("SELECT rootpage FROM sqlite_master WHERE name = 'logbook_patient'").fetchone()[0]
        size = there.execute("PRAGMA page_size").fetchone()[0]
    with logbook.database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    done = logbook.manage("backup", place / "one.zip")
    assert done.returncode == 2
    assert done.stderr.endswith("No backup was written.\n")
    assert "malformed" in done.stderr
    assert list(place.iterdir()) == []


@on_postgresql
def test_password_of_the_database_stands_on_no_command_line(logbook: Logbook, place: Path, tmp_path: Path) -> None:
    """A program in front of pg_dump and the others writes down with which words each is called."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        (programs / name).write_text(
            f'#!/bin/sh\necho "{name} $PGPASSWORD $@" >>{tmp_path}/called\nPATH=${{PATH#*:}} exec {name} "$@"\n'
        )
        (programs / name).chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    whole = logbook.values["CLINIC_DATABASE_URL"]
    scheme, _slashes, rest = whole.partition("//")
    user, _at, where = rest.rpartition("@")
    password = user.partition(":")[2] or "unused-but-secret"
    url = f"{scheme}//{user.partition(':')[0]}:{password}@{where}"
    assert logbook.manage("backup", place / "one.zip", PATH=path, CLINIC_DATABASE_URL=url).returncode == 0
    assert logbook.manage("restore", place / "one.zip", PATH=path, CLINIC_DATABASE_URL=url).returncode == 0
    called = [line.split(" ", 2) for line in (tmp_path / "called").read_text().splitlines()]
    assert {name for name, _secret, _words in called} == {"pg_dump", "pg_restore", "psql"}
    assert {secret for name, secret, _words in called if name != "pg_restore"} == {password}
    assert [words for _name, _secret, words in called if password in words] == []


@on_postgresql
def test_missing_program_is_named(logbook: Logbook, place: Path, tmp_path: Path) -> None:
    done = logbook.manage("backup", place / "one.zip", PATH=str(tmp_path))
    said = "The program pg_dump of PostgreSQL is missing on this machine. Install the client of PostgreSQL."
    assert (done.returncode, done.stderr) == (2, f"CommandError: {said} No backup was written.\n")
    assert list(place.iterdir()) == []
