"""The database as the clinic runs it, asked of a live connection."""

import sqlite3

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

pytestmark = pytest.mark.django_db
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="these are questions to SQLite")


def pragma(name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


@only_sqlite
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("journal_mode", "wal" if settings.SQLITE_FIXED else "delete"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 20_000),
        ("mmap_size", 0),
    ],
)
def test_connection_keeps_every_saved_row(name: str, expected: object) -> None:
    assert pragma(name) == expected


@only_sqlite
def test_linked_sqlite_is_the_one_that_python_names() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()")
        assert cursor.fetchone() == (sqlite3.sqlite_version,)


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_transaction_takes_the_write_lock_at_its_start() -> None:
    with transaction.atomic():
        connection.ensure_connection()
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
        try:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        finally:
            other.close()


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_reader_is_not_held_up_by_a_writer() -> None:
    with transaction.atomic():
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
        try:
            assert other.execute("SELECT COUNT(*) FROM audit_act").fetchone() == (0,)
        finally:
            other.close()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="these are questions to PostgreSQL")
def test_postgresql_is_the_engine_that_was_asked_for() -> None:
    assert settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert connection.pg_version >= 140_000


def test_cache_table_is_there() -> None:
    cache.set("a", 1)
    assert cache.get("a") == 1


@pytest.mark.django_db(transaction=True)
def test_flush_between_tests_works(physician: object) -> None:
    """The guards against writing outside an act are in Python; the flush of a live-server test passes them."""
    assert physician is not None
