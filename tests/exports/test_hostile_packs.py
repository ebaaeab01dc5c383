"""A pack made to harm: nothing is written, nothing runs away, and the answer is never "intact"."""

import io
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sessions.exports import verify_evidence
from tests.exports.packs import Files, Packs, as_bytes, files_of, listed, sealed, with_manifest, zipped

pytestmark = pytest.mark.slow

PROGRAM = Path(verify_evidence.__file__)
Verified = Callable[..., tuple[int, str]]
SIX_SECONDS = 60


def with_member(packed: bytes, name: str, content: bytes = b"x", **values: int) -> bytes:
    """The pack with one more member."""
    buffer = io.BytesIO(packed)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo("placeholder")
        member.filename = name
        for key, value in values.items():
            setattr(member, key, value)
        archive.writestr(member, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt", "/outside.txt", "a/../../outside.txt", "C:\\outside.txt", "..\\outside.txt", "a//b", "./a",
        "signatures/", "a\nb", "\x1b[2Jcleared", "con\u202etxt", "é.json", ".hidden", "-rf", "a/-", "x" * 300, " ", "a b",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_named_and_never_used(
    packs: Packs, verified: Verified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    inside = tmp_path / "inside" / "deeper"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    code, said = verified(with_member(packs.of_session, name))
    assert code == 1
    assert ("which no pack has" in said) or ("the manifest does not name it" in said)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deeper", "inside", "pack.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_named(packs: Packs, verified: Verified) -> None:
    code, said = verified(with_member(packs.of_session, "record.json", b"{}"))
    assert (code, "record.json is in the pack more than once." in said) == (1, True)


def test_a_link_is_not_followed(packs: Packs, verified: Verified) -> None:
    code, said = verified(
        with_member(packs.of_session, "link", b"/etc/passwd", create_system=3, external_attr=0o120777 << 16)
    )
    assert (code, "link is not an ordinary file." in said) == (1, True)


def test_bytes_before_between_and_behind_the_files_are_not_overlooked(packs: Packs, verified: Verified) -> None:
    packed = packs.of_session
    assert verified(b"#!/bin/sh\n" + packed)[0] == 2
    assert verified(packed + b"more")[0] == 2
    first = packed.index(b"PK\3\4", 10)
    shifted = packed[:first] + bytes(100) + packed[first:]
    assert verified(shifted)[0] == 2
    end = packed.rindex(b"PK\5\6")
    size, start = struct.unpack("<2L", packed[end + 12 : end + 20])
    hidden = packed[:start] + bytes(50) + packed[start : end + 16] + struct.pack("<LH", start + 50, 0)
    assert size
    code, said = verified(hidden)
    assert (code, "The ZIP file holds bytes that belong to no file" in said) == (1, True)


def test_a_comment_behind_the_pack_is_not_read(packs: Packs, verified: Verified) -> None:
    buffer = io.BytesIO(packs.of_session)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"all is well"
    assert verified(buffer.getvalue())[0] == 2


def test_bomb_is_not_opened(verified: Verified) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("record.json", bytes(verify_evidence.LARGEST_FILE + 1))
    code, said = verified(buffer.getvalue())
    assert (code, "record.json is larger than an evidence pack ever is" in said) == (2, True)


def test_bomb_that_says_it_is_small_is_not_unpacked(packs: Packs, verified: Verified) -> None:
    """Only as much is read as the list of files says; the rest makes the check sum wrong."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("record.json"), bytes(30 * 2**20), zipfile.ZIP_DEFLATED)
    lying = bytearray(buffer.getvalue())
    directory = lying.rindex(b"PK\1\2")
    lying[directory + 24 : directory + 28] = struct.pack("<L", 10)
    code, said = verified(bytes(lying))
    assert (code, "record.json is damaged within the ZIP file." in said) == (1, True)


def test_many_bombs_are_not_opened_together(verified: Verified) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"{number}.json", bytes(30 * 2**20))
    assert verified(buffer.getvalue())[0] == 2


def test_endless_list_of_files_is_not_read(verified: Verified) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(verify_evidence.MOST_FILES + 1):
            archive.writestr(str(number), b"")
    assert verified(buffer.getvalue())[0] == 2


def test_files_that_overlap_are_named(verified: Verified) -> None:
    """Two names for one piece of the ZIP: how small bombs are made large."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x" * 1000)
    packed = buffer.getvalue()
    start = packed.rindex(b"PK\1\2")
    end = packed.rindex(b"PK\5\6")
    entry = packed[start:end]
    twice = packed[:start] + entry + entry
    twice += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, 2 * len(entry), start, 0)
    code, said = verified(twice)
    assert (code, "The ZIP file holds bytes that belong to no file, near a." in said) == (1, True)


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_encrypted_files_cannot_be_verified(packs: Packs, verified: Verified, flag: int) -> None:
    packed = bytearray(packs.of_session)
    directory = packed.index(b"PK\1\2")
    packed[directory + 8 : directory + 10] = struct.pack("<H", flag)
    assert verified(bytes(packed))[0] == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"PK\5\6" + bytes(17), b"PK\5\6" + bytes(18), b"not a pack", bytes(100), b"PK\5\6" + b"\xff" * 18],
)
def test_what_is_no_pack_cannot_be_verified(verified: Verified, content: bytes) -> None:
    code, _said = verified(content)
    assert code in (1, 2)
    if not content.startswith(b"PK\5\6\0"):
        assert code == 2


def test_empty_zip_lacks_everything(verified: Verified) -> None:
    code, said = verified(b"PK\5\6" + bytes(18))
    assert (code, "manifest.json is missing." in said, "record.json is missing." in said) == (1, True, True)


def test_what_is_not_there_cannot_be_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_evidence.main([str(tmp_path / "nothing.zip"), "--language", "en"]) == 2
    assert verify_evidence.main([str(tmp_path), "--language", "en"]) == 2
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert verify_evidence.main([str(pipe), "--language", "en"]) == 2
    assert capsys.readouterr().out.count("CANNOT BE VERIFIED") == 3


STRANGE = {
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "a figure without end": b'{"format":' + b"9" * 1_000_000 + b"}",
    "not a number": b'{"format":NaN}',
    "a broken figure": b'{"format":1e999}',
    "half a sign": b'{"format":"\\ud800"}',
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a word": b'"intact"',
    "nothing": b"",
    "null": b"null",
    "empty": b"{}",
}


@pytest.mark.parametrize("what", STRANGE)
@pytest.mark.parametrize(
    "name", ["manifest.json", "record.json", "chain/entries.jsonl", "chain/shapes.json", "chain/anchors.jsonl"]
)
def test_strange_data_are_named_and_end_nothing(files: Files, verified: Verified, name: str, what: str) -> None:
    """Sealed by the clinic's key, so that it is the data themselves that are looked at."""
    altered = files | {name: STRANGE[what]}
    packed = zipped(sealed(altered if name == "manifest.json" else listed(altered)))
    if name == "chain/anchors.jsonl" and what in ("nothing",):
        assert verified(packed)[0] == 0  # a clinic that noted nothing
        return
    code, said = verified(packed)
    assert (code, name in said or "entr" in said) == (1, True), said


@pytest.mark.parametrize("path", [("head",), ("files",), ("subject",), ("made_at",), ("reason",), ("made_by",)])
@pytest.mark.parametrize("value", [None, 0, [], {}, "x", [[]], [{}], True])
def test_manifest_of_strange_kinds_is_named(files: Files, verified: Verified, path: tuple[str], value: object) -> None:
    code, _said = verified(zipped(sealed(with_manifest(files, **{path[0]: value}))))
    assert code == 1


@pytest.mark.parametrize(
    "value", [None, 0, [], {}, "x", [[]], {"session": None}, {"session": {"columns": [], "rows": [1]}}]
)
def test_record_of_strange_kinds_is_named(files: Files, verified: Verified, value: object) -> None:
    import json

    record = json.loads(files["record.json"]) | {"tables": value}
    code, said = verified(zipped(sealed(listed(files | {"record.json": as_bytes(record)}))))
    assert (code, "record.json" in said) == (1, True)


def test_any_flipped_byte_of_the_zip_leaves_an_answer(packs: Packs, verified: Verified) -> None:
    """Either the contents are the same for all that, or the answer is not "intact"; it never breaks down."""
    chosen = random.Random(20261122)  # noqa: S311 -- which bytes, not a secret
    whole = files_of(packs.of_session)
    for _each in range(150):
        packed = bytearray(packs.of_session)
        packed[chosen.randrange(len(packed))] ^= 1 << chosen.randrange(8)
        code, said = verified(bytes(packed))
        assert code in (0, 1, 2)
        if code == 0:
            assert files_of(bytes(packed)) == whole, said


def test_cut_off_pack_cannot_be_verified(packs: Packs, verified: Verified) -> None:
    for length in range(0, len(packs.of_session), 997):
        assert verified(packs.of_session[:length])[0] == 2


def test_folder_with_links_and_pipes_is_named(packs: Packs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in files_of(packs.of_session).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / ".DS_Store").write_bytes(b"left by a desktop")
    assert verify_evidence.main([str(tmp_path), "--language", "en"]) == 0
    (tmp_path / "to-elsewhere").symlink_to("/etc")
    (tmp_path / "signatures" / "pipe").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "chain" / "waits")
    (tmp_path / "evil\nname").write_bytes(b"")
    capsys.readouterr()
    assert verify_evidence.main([str(tmp_path), "--language", "en"]) == 1
    said = capsys.readouterr().out
    for name in ("to-elsewhere", "signatures/pipe", "chain/waits"):
        assert f"{name} is not an ordinary file." in said
    assert "evil\\u000aname" in said


def test_harmful_pack_ends_soon_and_without_a_trace_of_python(packs: Packs, tmp_path: Path) -> None:
    hostile = zipped(
        files_of(packs.of_session) | {"manifest.json": b"[" * 3_000_000, "record.json": b'{"a":' * 3_000_000}
    )
    (tmp_path / "pack.zip").write_bytes(hostile)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(PROGRAM), str(tmp_path / "pack.zip")],
        capture_output=True, text=True, timeout=SIX_SECONDS, check=False, env={"LANG": "C", "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert zlib.crc32(hostile)


def test_wrong_options_cannot_be_verified(packs: Packs, verified: Verified) -> None:
    assert verified(packs.of_session, "--fingerprint", "12 34")[0] == 2
    with pytest.raises(SystemExit) as left:
        verify_evidence.main(["--no-such-option"])
    assert left.value.code == 2
