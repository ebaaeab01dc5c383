"""`seed_bench` fills an empty logbook as acts would have, and touches no other."""

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from sessions.management.commands.seed_bench import shares
from sessions.management.haste import side_by_side
from tests.operations.logbooks import address, databases
from tests.operations.running import HERE, environment, manage

pytestmark = pytest.mark.slow
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name <> 'clinic_cache'"
MADE = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'clinic_cache' ORDER BY 1, 2"


def test_filled_logbook_is_as_acts_would_have_written_it(tmp_path: Path) -> None:
    filled = manage(tmp_path, "seed_bench", "--patients", "7", "--sessions", "65", "--block", "20", "--json")
    assert filled.returncode == 0, filled.stderr
    said = json.loads(filled.stdout)
    assert (said["patients"], said["sessions"]) == (7, 65)
    verified = manage(tmp_path, "verify_audit", "--json")
    assert (verified.returncode, json.loads(verified.stdout)["said"]) == (0, [])
    assert json.loads(verified.stdout)["entries"] == said["entries"]
    assert manage(tmp_path, "check_figures").returncode == 0
    assert (
        json.loads(manage(tmp_path, "seed_bench", "--patients", "1", "--sessions", "1", "--json").stdout or "null")
        is None
    )
    database = sqlite3.connect(tmp_path / "logbook.sqlite3")
    try:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        names, findable = (
            database.execute(f"SELECT COUNT(DISTINCT {column}) FROM {table}").fetchone()[0]
            for column, table in (("family_name", "logbook_patient"), ("name", "logbook_searchtext"))
        )
        assert (names, findable) == (7, 7)
        assert set(database.execute(INDEXES).fetchall()) ^ as_migrated(tmp_path) == set()
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    finally:
        database.close()
    assert answers_that_differ(tmp_path) == {}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="two processes fill PostgreSQL alone")
def test_filled_postgresql_is_as_acts_would_have_written_it(tmp_path: Path, django_db_blocker: Any) -> None:
    with databases(django_db_blocker) as make:
        url = address(make())
        assert manage(tmp_path, "migrate", CLINIC_DATABASE_URL=url).returncode == 0
        made = asked(url, MADE)
        shares_of = ("--patients", "8", "--sessions", "32", "--block", "8")
        filled = manage(tmp_path, "seed_bench", *shares_of, "--json", CLINIC_DATABASE_URL=url)
        assert filled.returncode == 0, filled.stderr
        said = json.loads(filled.stdout)
        assert (said["patients"], said["sessions"]) == (8, 32)
        verified = manage(tmp_path, "verify_audit", "--json", CLINIC_DATABASE_URL=url)
        assert (verified.returncode, json.loads(verified.stdout)["said"]) == (0, [])
        assert json.loads(verified.stdout)["entries"] == said["entries"]
        assert manage(tmp_path, "check_figures", CLINIC_DATABASE_URL=url).returncode == 0
        assert asked(url, MADE) == made
        assert keys_in_use(url) == []


def keys_in_use(url: str) -> list[str]:
    """The tables of which the next row would get a key that another one has."""
    tables = asked(
        url,
        "SELECT quote_ident(c.relname), quote_ident(a.attname), pg_get_serial_sequence(quote_ident(c.relname), a.attname) "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'r' AND a.attidentity <> '' "
        "AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace",
    )
    assert tables
    return [
        table
        for table, key, sequence in tables
        if asked(url, f"SELECT (SELECT max({key}) FROM {table}) >= nextval('{sequence}')")[0][0]
    ]


def asked(url: str, question: str) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(url) as database:
        return database.execute(question).fetchall()


def test_tasks_are_each_done_once_alone_and_by_two() -> None:
    alone: list[int] = []
    side_by_side(alone.append, range(300), None)
    assert alone == list(range(300))
    by_two: list[int] = []
    with ThreadPoolExecutor(1) as other:
        side_by_side(by_two.append, range(300), other)
    assert sorted(by_two) == list(range(300))


def test_task_that_fails_there_fails_here() -> None:
    def refuse(task: int) -> None:
        raise ValueError(f"no {task}")

    with ThreadPoolExecutor(1) as other, pytest.raises(ValueError, match="no 1"):
        side_by_side(refuse, [1], other)


def answers_that_differ(folder: Path) -> dict[str, list[str]]:
    """Reports and pages of which the SQL by hand says otherwise, or for which there is none."""
    asked = subprocess.run(
        [sys.executable, "-m", "bench.reports_asked"],
        cwd=HERE,
        env=environment(folder, DJANGO_SETTINGS_MODULE="clinic.settings"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    answers = json.loads(asked.stdout)["answers"]
    return {answer["name"]: answer["differs"] for answer in answers if answer["differs"] or not answer["by_hand"]}


def as_migrated(tmp_path: Path) -> set[tuple[str, str]]:
    """The indexes of a logbook that nobody filled."""
    assert manage(tmp_path / "empty", "migrate").returncode == 0
    database = sqlite3.connect(tmp_path / "empty" / "logbook.sqlite3")
    try:
        return set(database.execute(INDEXES).fetchall())
    finally:
        database.close()


def test_logbook_with_records_is_refused(tmp_path: Path) -> None:
    assert manage(tmp_path, "seed_bench", "--patients", "1", "--sessions", "1").returncode == 0
    again = manage(tmp_path, "seed_bench", "--patients", "1", "--sessions", "1")
    assert (again.returncode, again.stdout, again.stderr.strip()) == (
        2,
        "",
        "This logbook is not empty. Nothing was changed.",
    )


@pytest.mark.parametrize(("patients", "sessions"), [(0, 5), (6, 5), (1, 201)])
def test_shares_that_no_clinic_has_are_refused(tmp_path: Path, patients: int, sessions: int) -> None:
    refused = manage(tmp_path, "seed_bench", "--patients", str(patients), "--sessions", str(sessions))
    assert (refused.returncode, refused.stdout) == (2, "")


def test_shares_add_up_and_leave_nobody_without_a_session() -> None:
    for patients in range(1, 60):
        for sessions in range(patients, 200 * patients, 97):
            blocks, each, left = shares(patients, sessions, 40)
            assert (each[0] * blocks + left[0], each[1] * blocks + left[1]) == (patients, sessions)
            assert each[0] <= each[1]
            assert left[0] <= left[1]
            assert left[0] or not left[1]
