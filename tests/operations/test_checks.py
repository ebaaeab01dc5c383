"""System checks: what must hold before the logbook starts."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks

from clinic.operations.checks import folders_are_closed, history_is_on, sqlite_is_repaired


def identities(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def use_sqlite_with(journal: str, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    patch.setitem(settings.DATABASES["default"], "OPTIONS", {"init_command": f"PRAGMA journal_mode={journal};"})


def test_history_switched_off_is_refused(settings: Any) -> None:
    settings.SIMPLE_HISTORY_ENABLED = False
    assert identities(history_is_on(None)) == ["clinic.E001"]
    assert "clinic.E001" in identities(run_checks())


def test_history_switched_on_is_fine() -> None:
    assert history_is_on(None) == []


def test_faulty_sqlite_without_wal_warns(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SQLITE_FIXED = False
    use_sqlite_with("DELETE", monkeypatch)
    assert identities(sqlite_is_repaired(None)) == ["clinic.W001"]


def test_faulty_sqlite_with_wal_is_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SQLITE_FIXED = False
    use_sqlite_with("WAL", monkeypatch)
    assert identities(sqlite_is_repaired(None)) == ["clinic.E002"]


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_wal_only_with_the_repair(version: tuple[int, int, int], fixed: bool) -> None:
    from clinic.settings import wal_is_safe

    assert wal_is_safe(version) is fixed


def test_settings_asked_the_linked_sqlite() -> None:
    from clinic.settings import wal_is_safe

    assert settings.SQLITE_FIXED is wal_is_safe(sqlite3.sqlite_version_info)


def test_open_folders_warn(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.KEY_DIR = tmp_path / "keys"
    settings.DATA_DIR.mkdir(mode=0o700)
    settings.KEY_DIR.mkdir(mode=0o700)
    assert folders_are_closed(None) == []
    settings.DATA_DIR.chmod(0o750)
    settings.KEY_DIR.chmod(0o701)
    assert identities(folders_are_closed(None)) == ["clinic.W002", "clinic.W002"]
