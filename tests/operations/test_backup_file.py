"""The file of a backup: only what this logbook sealed is taken out of it, and only as it was sealed."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from clinic.audit.keys import ring
from clinic.operations import backup_file
from clinic.operations.backup_file import FORMAT, MANIFEST, Manifest, NotDone, measured
from clinic.operations.restore import _taken_out
from tests.operations.running import HERE

pytestmark = pytest.mark.django_db

CONTENT = b"a copy of a database, " * 10_000
DAMAGED = (
    "This backup is damaged or was altered: the copy of the database in it is not the one that the manifest names."
)
NO_BACKUP = "This file is no backup of a logbook, or it is damaged."
ALTERED = "This backup was altered: its manifest is not the one that the logbook sealed."
OTHER = "This backup is of another logbook: the key here is not its key. Put the key that belongs to it back first."
Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def a_manifest(**values: Any) -> Manifest:
    made = Manifest(
        format=FORMAT, engine=connection.vendor, taken_at="2026-11-22T21:30:19+00:00",
        installation=ring().installation, key_id=ring().key_id, number=12, mac="ab" * 32, access_number=3,
        access_mac="cd" * 32, migrations=["audit.0001_initial"], extensions=[], tables="", tables_altered=[], size=0, sha256="",
    )  # fmt: skip
    return replace(made, **values)


@pytest.fixture
def backup(tmp_path: Path) -> Callable[..., Path]:
    """A sealed backup of some content, with these values in its manifest."""

    def made(**values: Any) -> Path:
        copy, path = tmp_path / "content", tmp_path / "backup.zip"
        copy.write_bytes(CONTENT)
        size, digest = measured(copy)
        with path.open("wb") as file:
            backup_file.write(file, a_manifest(size=size, sha256=digest, **values), copy)
        return path

    return made


def files(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(path: Path, content: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, said in content.items():
            archive.writestr(name, said)
    return path


def why_not(path: Path, tmp_path: Path) -> str:
    here = tmp_path / "here"
    here.mkdir()
    with pytest.raises(NotDone) as refused:
        _taken_out(path, here)
    return str(refused.value)


def test_copy_comes_out_as_it_went_in(backup: Callable[..., Path], tmp_path: Path) -> None:
    path = backup()
    manifest = _taken_out(path, tmp_path.joinpath("here").absolute().parent)
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert manifest == backup_file.check(path)
    assert (manifest.number, manifest.code) == (12, "ABAB-ABAB-ABAB")


def test_a_person_can_open_it_by_hand(backup: Callable[..., Path]) -> None:
    found = files(backup())
    part = backup_file.PARTS[connection.vendor]
    assert sorted(found) == [part, MANIFEST]
    assert found[part] == CONTENT
    assert json.loads(found[MANIFEST])["code"] == "ABAB-ABAB-ABAB"


def other_number(found: Files) -> Files:
    said = json.loads(found[MANIFEST]) | {"number": 13}
    return found | {MANIFEST: json.dumps(said).encode()}


def one_more_word(found: Files) -> Files:
    said = json.loads(found[MANIFEST]) | {"more": 1}
    return found | {MANIFEST: json.dumps(said).encode()}


def no_seal(found: Files) -> Files:
    said = json.loads(found[MANIFEST])
    del said["seal"]
    return found | {MANIFEST: json.dumps(said).encode()}


def other_content(found: Files) -> Files:
    return {name: said.replace(b"copy", b"Copy") if name != MANIFEST else said for name, said in found.items()}


def longer(found: Files) -> Files:
    return {name: said + b" " * 5 if name != MANIFEST else said for name, said in found.items()}


def no_json(found: Files) -> Files:
    return found | {MANIFEST: b"nothing"}


def a_list(found: Files) -> Files:
    return found | {MANIFEST: b"[1, 2]"}


def nested(found: Files) -> Files:
    return found | {MANIFEST: b"[" * 100_000}


def huge_manifest(found: Files) -> Files:
    return found | {MANIFEST: b" " * 5_000_000 + found[MANIFEST]}


def no_manifest(found: Files) -> Files:
    return {name: said for name, said in found.items() if name != MANIFEST}


def another_file(found: Files) -> Files:
    return found | {"../../escaped": b"x"}


def a_path(found: Files) -> Files:
    return {(f"/etc/{name}" if name != MANIFEST else name): said for name, said in found.items()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_number, ALTERED), (one_more_word, ALTERED), (no_seal, ALTERED), (other_content, DAMAGED),
        (longer, DAMAGED), (no_json, NO_BACKUP), (a_list, NO_BACKUP), (nested, NO_BACKUP), (huge_manifest, NO_BACKUP),
        (no_manifest, NO_BACKUP), (another_file, NO_BACKUP), (a_path, NO_BACKUP),
    ],
)  # fmt: skip
def test_file_that_the_logbook_did_not_write_so_is_refused(
    change: Callable[[Files], Files], said: str, backup: Callable[..., Path], tmp_path: Path
) -> None:
    assert why_not(zipped(tmp_path / "other.zip", change(files(backup()))), tmp_path) == said


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_part_that_stands_twice_is_refused(backup: Callable[..., Path], tmp_path: Path) -> None:
    path = backup()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(backup_file.PARTS[connection.vendor], b"another one")
    assert why_not(path, tmp_path) == NO_BACKUP


def test_every_truncation_is_refused(backup: Callable[..., Path], tmp_path: Path) -> None:
    whole = backup().read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        path = tmp_path / "cut.zip"
        path.write_bytes(whole[:place])
        with pytest.raises(NotDone):
            backup_file.check(path)


def test_every_turned_byte_is_refused_or_changes_nothing(backup: Callable[..., Path], tmp_path: Path) -> None:
    whole, manifest = backup().read_bytes(), backup_file.check(backup())
    directory = range(len(whole) - 250, len(whole))  # where a ZIP says what lies where
    for place in (*range(0, len(whole), max(1, len(whole) // 100)), *directory):
        path = tmp_path / "turned.zip"
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xA1]) + whole[place + 1 :])
        try:
            assert backup_file.check(path) == manifest
        except NotDone:
            continue


def test_content_that_unpacks_to_more_than_was_sealed_is_written_no_further(tmp_path: Path) -> None:
    """The directory of the ZIP lies about the size; the bomb behind it is not unpacked."""
    manifest = a_manifest(size=10, sha256="0" * 64)
    path = tmp_path / "bomb.zip"
    zipped(path, {MANIFEST: manifest.sealed().encode(), manifest.part: b"\0" * 50_000_000})
    target = io.BytesIO()
    with pytest.raises(NotDone), zipfile.ZipFile(path) as archive:
        backup_file.take_out(archive, manifest, target)
    assert len(target.getvalue()) == 0
    with pytest.raises(NotDone):
        backup_file.check(path)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"installation": "another"}, OTHER), ({"key_id": "00000000"}, OTHER),
        ({"format": 2}, "A newer version of the logbook made this backup. Install that version first."),
        ({"migrations": ["audit.0001_initial", "audit.9999_to_come"]},
         "A newer version of the logbook made this backup (audit.9999_to_come). Install that version first."),
    ],
)  # fmt: skip
def test_backup_of_another_logbook_or_version_is_refused(
    values: dict[str, Any], said: str, backup: Callable[..., Path], tmp_path: Path
) -> None:
    assert why_not(backup(**values), tmp_path) == said


def test_backup_of_the_other_engine_is_refused(backup: Callable[..., Path], tmp_path: Path) -> None:
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    assert why_not(backup(engine=other), tmp_path) == (
        f"The backup is of {other} and this logbook works with {connection.vendor}: see CLINIC_DATABASE_URL."
    )


def test_encrypted_backup_opens_with_its_key_alone(backup: Callable[..., Path], tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    own, other = (pyrage.x25519.Identity.generate() for _each in range(2))
    for name, key in (("own", own), ("other", other)):
        (tmp_path / name).write_text(f"# created: 2026-11-22\n# public key: {key.to_public()}\n{key}\n")
    path, closed, opened = backup(), tmp_path / "backup.age", tmp_path / "opened"
    with closed.open("wb") as file:
        check_again = backup_file.encrypt(path, file, backup_file.recipient(f" {own.to_public()}\n"))
    check_again(closed)
    assert backup_file.is_encrypted(closed)
    assert CONTENT[:20] not in closed.read_bytes()
    with opened.open("wb") as file:
        backup_file.decrypt(closed, file, tmp_path / "own")
    assert opened.read_bytes() == path.read_bytes()
    for wrong, said in (
        ("other", "This key does not open the backup, or the backup is damaged."),
        ("content", f"The file {tmp_path / 'content'} holds no key of age that can be read."),
        ("nowhere", f"The file {tmp_path / 'nowhere'} holds no key of age that can be read."),
    ):
        with pytest.raises(NotDone) as refused:
            backup_file.decrypt(closed, io.BytesIO(), tmp_path / wrong)
        assert str(refused.value) == said
    closed.write_bytes(closed.read_bytes()[:-1])
    with pytest.raises(NotDone, match=r"^This key does not open the backup, or the backup is damaged"):
        backup_file.decrypt(closed, io.BytesIO(), tmp_path / "own")
    with pytest.raises(NotDone, match=r"^What was written is not what was to be written"):
        check_again(closed)


@pytest.mark.parametrize("wrong", ["age1", "AGE-SECRET-KEY-1", "somebody", "", "ssh-ed25519 AAAA"])
def test_what_is_no_recipient_is_refused(wrong: str) -> None:
    pytest.importorskip("pyrage")
    with pytest.raises(NotDone, match=r"^This is no recipient\."):
        backup_file.recipient(wrong)


def test_file_of_pins_for_encryption_is_the_one_that_is_named() -> None:
    name = backup_file.INSTALL.rpartition(" ")[2]
    assert "pyrage==" in (HERE / name).read_text("utf-8")
