"""Filled logbooks on the engine under test, for those tests that exchange whole databases."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.operations.logbooks import FILLED, Logbook, copied, databases, empty, has_programs


@pytest.fixture(scope="session")
def make_database(django_db_blocker: Any) -> Iterator[Callable[..., str]]:
    if not has_programs():
        pytest.skip("the programs pg_dump, pg_restore and psql are not installed")
    with databases(django_db_blocker) as make:
        yield make


@pytest.fixture(scope="session")
def filled(make_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Logbook:
    """Filled once; nobody changes it."""
    made = empty(tmp_path_factory.mktemp("filled") / "data", make_database)
    made.shell(FILLED)
    return made


@pytest.fixture
def logbook(filled: Logbook, make_database: Callable[..., str], tmp_path: Path) -> Logbook:
    """A filled logbook of this test's own."""
    return copied(filled, tmp_path / "data", make_database)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where backups go."""
    made = tmp_path / "backups"
    made.mkdir()
    return made
