"""Evidence packs, made once: each test takes them apart for itself."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from tests.exports.packs import Files, Packs, files_of, made_packs


@pytest.fixture(scope="module")
def packs(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Packs:
    """A session's pack and its course's; the database is as before afterwards."""
    with (
        override_settings(ANCHOR_DIR=tmp_path_factory.mktemp("anchors")),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        made = made_packs()
        transaction.set_rollback(True)
    return made


@pytest.fixture(autouse=True)
def _anchors_of_this_test(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What other tests noted is of databases that were taken back since."""
    settings.ANCHOR_DIR = tmp_path_factory.mktemp("anchors")


@pytest.fixture
def files(packs: Packs) -> Files:
    """The files of the session's pack."""
    return files_of(packs.of_session)


@pytest.fixture
def course_files(packs: Packs) -> Files:
    return files_of(packs.of_course)


@pytest.fixture
def verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What the verifier answers to these bytes, and what it prints, in English."""
    from sessions.exports.verify_evidence import main

    def run(packed: bytes, *options: str) -> tuple[int, str]:
        place = tmp_path / "pack.zip"
        place.write_bytes(packed)
        code = main([str(place), "--language", "en", *options])
        return code, capsys.readouterr().out

    return run
