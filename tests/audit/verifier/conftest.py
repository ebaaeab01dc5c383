"""The logbook that the verifier reads: written once for all these tests, since each of them takes back what it did."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.test import override_settings

from clinic.accounts.models import User
from sessions.models import Patient, Session
from tests.audit.conftest import a_little_of_everything
from tests.conftest import administrator_of_all, people_under, rows_of_all


class Kept(NamedTuple):
    """What the tests begin with, and the folder with the anchors that were written meanwhile."""

    physician: int
    patient: int
    signed: int
    folder: Path


@pytest.fixture(scope="package")
def kept(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("kept")
    with rows_of_all(django_db_blocker):
        with override_settings(ANCHOR_DIR=folder):
            administrator = administrator_of_all()
            people = people_under(administrator)
            patient, signed = a_little_of_everything(people["physician"], administrator, people["staff"])
        yield Kept(people["physician"].pk, patient.pk, signed.pk, folder)


@pytest.fixture
def places(kept: Kept, places: None, tmp_path: Path) -> None:
    """Those of one test, with the anchors that the logbook left."""
    if (kept.folder / "anchors.jsonl").exists():
        shutil.copy(kept.folder / "anchors.jsonl", tmp_path)


@pytest.fixture
def physician(kept: Kept, db: None) -> User:
    return User.objects.get(pk=kept.physician)


@pytest.fixture
def logbook(kept: Kept, db: None) -> tuple[Patient, Session]:
    return Patient.objects.get(pk=kept.patient), Session.objects.get(pk=kept.signed)
