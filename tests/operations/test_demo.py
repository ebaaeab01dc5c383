"""`manage.py demo`: everything invented, apart from the clinic's own data, and the same when it runs again."""

import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from tests.operations.running import manage

pytestmark = pytest.mark.slow


def accounts(printed: str) -> dict[str, str]:
    return dict(re.findall(r"^    (\w+) +(\S+)$", printed, re.MULTILINE))


def test_demo_is_whole_apart_and_the_same_again(tmp_path: Path) -> None:
    first = manage(tmp_path / "data", "demo", "--no-serve")
    assert first.returncode == 0, first.stderr
    second = manage(tmp_path / "data", "demo", "--no-serve")
    assert second.returncode == 0, second.stderr
    assert list(accounts(first.stdout)) == ["physician", "staff", "auditor", "admin"]
    assert accounts(second.stdout) == accounts(first.stdout)
    assert not (tmp_path / "data" / "logbook.sqlite3").exists()
    demo = tmp_path / "data" / "demo"
    assert (demo.with_name("demo-keys") / "demo_passwords").stat().st_mode & 0o777 == 0o600

    database = sqlite3.connect(demo / "logbook.sqlite3")
    try:
        rows = database.execute(
            "SELECT indication, s.status, record_status FROM logbook_session s JOIN logbook_course c ON c.id = course_id"
        ).fetchall()
        patients = database.execute("SELECT COUNT(*) FROM logbook_patient").fetchone()[0]
        samples = {row[0] for row in database.execute("SELECT DISTINCT sufficiency FROM logbook_sample")}
        outside = database.execute("SELECT COUNT(*) FROM logbook_historicalsession WHERE act_id IS NULL").fetchone()[0]
    finally:
        database.close()
    assert patients == 40
    assert 500 <= len(rows) <= 750
    assert {indication for indication, _status, _record in rows} == {"hyperhidrosis", "cellulite", "extraction"}
    assert {status for _indication, status, _record in rows} == {"completed", "stopped", "not-done"}
    records = Counter(record for _indication, _status, record in rows)
    assert set(records) == {"preliminary", "final", "amended", "entered-in-error"}
    assert samples == {"sufficient", "insufficient"}
    assert outside == 0


def test_demo_leaves_a_real_logbook_alone(tmp_path: Path) -> None:
    prepared = manage(tmp_path / "data", "migrate")
    assert prepared.returncode == 0, prepared.stderr
    database = sqlite3.connect(tmp_path / "data" / "logbook.sqlite3")
    database.execute(
        "INSERT INTO accounts_user (password, password_mark, username, full_name, role, language, is_active, must_change_password)"
        " VALUES ('', '', 'real', 'Real Person', 'administrator', '', 1, 0)"
    )
    database.commit()
    database.close()
    done = manage(tmp_path / "data", "demo", "--no-serve", CLINIC_DEMO="1")
    assert done.returncode == 2
    assert done.stderr == "This folder holds a logbook that is no demo. Nothing was changed.\n"
