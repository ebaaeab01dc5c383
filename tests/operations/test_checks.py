"""System checks: what must hold before the logbook starts."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db.migrations import Migration

from clinic.audit import guard
from clinic.audit.models import Access
from clinic.operations.checks import (
    folders_are_closed,
    guards_are_in_place,
    guards_cannot_be_switched_off,
    history_is_on,
    sqlite_is_repaired,
)
from tests.audit.raw import SQLITE, run


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


ONE = "guard_audit_act_update_kept"


def drop_one() -> None:
    run(f"DROP TRIGGER {ONE}" + ("" if SQLITE else " ON audit_act"))


@pytest.mark.django_db
def test_guards_in_place_are_fine() -> None:
    assert guards_are_in_place(None, databases=["default"]) == []


@pytest.mark.django_db
def test_missing_guard_is_an_error() -> None:
    drop_one()
    found = guards_are_in_place(None, databases=["default"])
    assert identities(found) == ["clinic.E003"]
    assert found[0].msg == f"1 guards of the database are missing or were changed: {ONE}."
    every = identities(run_checks(tags=[Tags.database], databases=["default"]))
    assert sorted(every) == ["clinic.E003", *([] if SQLITE else ["clinic.W004"])]


@pytest.mark.django_db
def test_database_that_is_not_asked_for_is_left_alone() -> None:
    drop_one()
    assert guards_are_in_place(None) == []
    assert "clinic.E003" not in identities(run_checks())


@pytest.mark.django_db
def test_trigger_of_somebody_else_warns() -> None:
    run(
        "CREATE TRIGGER mine AFTER INSERT ON audit_act BEGIN SELECT 1; END"
        if SQLITE
        else "CREATE TRIGGER mine BEFORE UPDATE ON audit_act FOR EACH ROW EXECUTE FUNCTION "
        "suppress_redundant_updates_trigger()"
    )
    found = guards_are_in_place(None, databases=["default"])
    assert identities(found) == ["clinic.W003"]
    assert found[0].msg == "1 triggers of the database are none of the logbook's: mine."


@pytest.mark.skipif(SQLITE, reason="SQLite has no owner")
@pytest.mark.django_db
def test_owner_of_the_tables_who_works_with_them_is_warned() -> None:
    assert identities(guards_cannot_be_switched_off(None, databases=["default"])) == ["clinic.W004"]
    assert guards_cannot_be_switched_off(None) == []


def set_up_again(plan: list[Any]) -> None:
    """As `migrate` does, with or without anything to migrate."""
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default", apps=apps, plan=plan)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default", apps=apps, plan=plan)


@pytest.mark.django_db
def test_guard_that_set_up_puts_back_is_told_and_recorded(caplog: pytest.LogCaptureFixture) -> None:
    drop_one()
    set_up_again([])
    assert guard.missing() == []
    said = f"1: {ONE}"
    assert [record.getMessage() for record in caplog.records if record.name == "clinic.audit.setup"] == [
        f"Guards of the database were missing or changed, and are put back: {said}"
    ]
    assert list(Access.objects.values_list("kind", "detail")) == [("guards_restored", said)]


@pytest.mark.django_db
def test_guards_that_a_migration_took_away_itself_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    set_up_again([(Migration("0099", "logbook"), False)])
    assert guard.missing() == []
    assert caplog.records == []
    assert Access.objects.count() == 0
