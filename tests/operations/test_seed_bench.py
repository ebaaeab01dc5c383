"""`seed_bench` fills an empty logbook as acts would have, and touches no other."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sessions.management.commands.seed_bench import shares
from tests.operations.running import HERE, environment, manage

pytestmark = pytest.mark.slow
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name <> 'clinic_cache'"


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
