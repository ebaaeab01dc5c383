"""A pack is intact on a machine without the logbook; and whatever is altered in it is named."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from clinic.accounts.models import User
from clinic.accounts.roles import GRANTS, Permission
from clinic.audit import anchors, chain
from clinic.audit.act import act
from clinic.audit.models import Act
from clinic.lib.problems import Refused
from sessions.actions.evidence import export_evidence
from sessions.actions.result import mark_result_in_error, record_result
from sessions.actions.session import mark_in_error
from sessions.actions.session_rows import Row
from sessions.actions.signature import review_session
from sessions.exports import verify_evidence
from sessions.exports.evidence import Made, pack, published
from sessions.models import Sample, Session
from sessions.reports.evidence import evidence_of
from tests.exports.packs import (
    OTHERS_NAME,
    Files,
    Packs,
    entries_of,
    files_of,
    listed,
    packed,
    rewritten,
    sealed,
    sealed_by_another,
    sha256,
    story,
    with_entries,
    with_json,
    with_manifest,
    zipped,
)
from tests.factories import a_patient, a_phase, a_signed_session, an_application, at, ready

PROGRAM = Path(verify_evidence.__file__)
SESSION_FILES = {
    "README.txt", "chain/anchors.jsonl", "chain/entries.jsonl", "chain/shapes.json", "manifest.json", "manifest.sig",
    "public_key.txt", "record.json", "record.pdf", "verify.py",
}  # fmt: skip
Verified = Callable[..., tuple[int, str]]


def run_alone(folder: Path, *arguments: str, language: str = "C") -> tuple[int, str]:
    """verify.py as a court runs it: another folder, no site packages, no settings."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", str(folder / "verify.py"), *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60, env={"LANG": language}, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def unpacked(packed_bytes: bytes, folder: Path) -> Path:
    for name, content in files_of(packed_bytes).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


# --- intact ----------------------------------------------------------------------------------------------------


def test_pack_holds_what_it_says(packs: Packs) -> None:
    signed = {f"signatures/{key}.json" for key in packs.signatures}
    assert len(signed) == 3
    assert set(files_of(packs.of_session)) == SESSION_FILES | signed
    of_course = {name for name in files_of(packs.of_course) if name.endswith(".pdf")}
    assert of_course == {f"records/00{place}-session-{place}.pdf" for place in (1, 2, 3)}


@pytest.mark.parametrize("which", ["of_session", "of_course"])
def test_pack_is_intact_by_its_own_program(packs: Packs, tmp_path: Path, which: str) -> None:
    folder = unpacked(getattr(packs, which), tmp_path)
    (tmp_path.parent / f"{tmp_path.name}.zip").write_bytes(getattr(packs, which))
    assert run_alone(folder)[0] == 0
    code, said = run_alone(
        folder, str(tmp_path.parent / f"{tmp_path.name}.zip"), "--fingerprint", published().fingerprint
    )
    assert (code, said.split(".")[0], "It is the fingerprint that you gave." in said) == (0, "INTACT", True)
    assert sorted(path.name for path in folder.rglob("*") if path.name == "__pycache__") == []


@pytest.mark.parametrize(
    ("language", "option", "beginning"),
    [
        ("fr_FR.UTF-8", (), "INTACT. 13 fichiers"),
        ("en_GB.UTF-8", (), "INTACT. 13 files"),
        ("C.UTF-8", ("--language", "fr"), "INTACT. 13 fichiers"),
        ("fr_FR.UTF-8", ("--language", "en"), "INTACT. 13 files"),
        ("C", (), "INTACT. 13 files"),
    ],
)
def test_program_speaks_the_readers_language(
    packs: Packs, tmp_path: Path, language: str, option: tuple[str, ...], beginning: str
) -> None:
    code, said = run_alone(unpacked(packs.of_session, tmp_path), *option, language=language)
    assert (code, said[: len(beginning)]) == (0, beginning)


def test_what_was_corrected_since_the_signature_is_said_and_held_against_nobody(
    packs: Packs, verified: Verified
) -> None:
    code, said = verified(packs.of_session)
    assert code == 0
    assert "signed was patient.family_name Çelik; the record says Çelik-Martin since then" in said


def test_same_state_and_moment_give_the_same_bytes(physician: User) -> None:
    course, _first, _second, _draft = story(physician)
    made = Made(physician.full_name, datetime(2026, 3, 1, 12, tzinfo=UTC), "for the court", "en")
    assert pack(evidence_of(course), made) == pack(evidence_of(course), made)


def test_pack_of_a_draft_has_no_signature_and_is_intact(physician: User, verified: Verified) -> None:
    draft = story(physician)[3]
    code, said = verified(packed(draft, physician))
    assert (code, "0 signatures" in said) == (0, True)


def test_whatever_happens_after_the_signature_leaves_the_pack_intact(
    physician: User, other_physician: User, verified: Verified
) -> None:
    """A review, results, one of them struck through, and at last the record itself in error."""
    _patient, course, device = ready(by=physician, indication="extraction", sites=("forearm",))
    started = at(date(2026, 1, 12))
    until = started + timedelta(minutes=30)
    sample = Row(
        {
            "sample_id": "A-1", "site": "forearm", "side": "left", "collector": "coil", "pooled": "no",
            "collected_from": started, "collected_until": until, "volume_ul": 30, "sufficiency": "sufficient",
        }
    )  # fmt: skip
    session = a_signed_session(
        by=physician, course=course, device=device, started=started, samples=(sample,), observations=(),
        applications=(an_application(site="forearm", side="left", arrangement="other", phases=(a_phase(site="forearm"),)),),
    )  # fmt: skip
    review_session(by=other_physician, session=session, version=session.version)
    stored = Sample.objects.get(session=session)
    values = {"sufficiency": "sufficient", "comparator": "=", "result_value": Decimal("20.50"), "result_unit": "mmol/L"}
    wrong = record_result(by=physician, sample=stored, values=values)
    mark_result_in_error(by=physician, result=wrong, reason="another patient's slip")
    record_result(by=physician, sample=stored, values=values | {"result_value": 0})
    for record in (session, course):
        assert verified(packed(record, physician))[0] == 0
    version = Session.objects.get(pk=session.pk).version
    mark_in_error(by=physician, session=session, reason="of somebody else", version=version)
    for record in (session, course):
        code, said = verified(packed(record, physician))
        assert (code, said.partition(".")[0]) == (0, "INTACT"), said


def test_anchor_of_a_print_out_is_compared(packs: Packs, files: Files, verified: Verified) -> None:
    entry = entries_of(files)[0]
    number, code = entry["number"], verify_evidence.code_of(entry["mac"])
    good = verified(packs.of_session, "--anchor", f"{number}:{code}")
    assert (good[0], f"Entry {number} has the code {code}." in good[1]) == (0, True)
    other = verified(packs.of_session, "--anchor", f"{number}:0000-0000-0000")
    assert (other[0], f"entry {number} was anchored with the code 0000-0000-0000" in other[1]) == (1, True)
    assert verified(packs.of_session, "--anchor", "999999:0000-0000-0000")[0] == 2
    assert verified(packs.of_session, "--anchor", "twelve")[0] == 2


def test_head_in_the_pack_takes_in_the_act_that_made_it(files: Files) -> None:
    manifest, last = json.loads(files["manifest.json"]), entries_of(files)[-1]
    assert manifest["head"] == {"number": last["number"], "code": verify_evidence.code_of(last["mac"])}
    assert '"export_evidence"' in last["content"]
    assert "for the court" in last["content"]
    noted = [json.loads(line) for line in files["chain/anchors.jsonl"].splitlines()]
    assert (noted[-1]["number"], noted[-1]["mac"], noted[-1]["why"]) == (last["number"], last["mac"], "evidence")


# --- nothing of anybody else -----------------------------------------------------------------------------------


def test_nothing_of_another_patient_is_in_the_pack(packs: Packs) -> None:
    for which in (packs.of_session, packs.of_course):
        for name, content in files_of(which).items():
            assert OTHERS_NAME.encode() not in content, name


def test_entry_that_also_wrote_for_another_patient_is_named_without_its_content(
    physician: User, verified: Verified
) -> None:
    _course, _first, _second, draft = story(physician)
    other = a_patient(by=physician, family_name=OTHERS_NAME)
    with act("import_sessions", by=physician, reason="file of the old programme") as writing:
        stored = Session.objects.get(pk=draft.pk)
        stored.notes = "from the file"
        writing.change(stored, "notes")
        other.note = "from the file"
        writing.change(other, "note")
        writing.about("import:1", None)
    number = chain.head().number
    made = packed(draft, physician)
    [entry] = [entry for entry in entries_of(files_of(made)) if entry["number"] == number]
    assert (entry["touches"], entry["content"]) == (True, None)
    assert [name for name, content in files_of(made).items() if OTHERS_NAME.encode() in content] == []
    code, said = verified(made)
    assert (code, f"Entry {number}: its content is not in the pack" in said) == (0, True)


# --- altered ---------------------------------------------------------------------------------------------------


def one_byte_off(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


# Which words name a file that is not in the manifest's list.
NAMED = {"manifest.json": "manifest.json", "manifest.sig": "manifest.sig"}


def all_names(packs: Packs) -> list[str]:
    return sorted(files_of(packs.of_session))


def test_a_changed_byte_in_any_file_is_named(packs: Packs, verified: Verified) -> None:
    files = files_of(packs.of_session)
    for name in files:
        code, said = verified(zipped(files | {name: one_byte_off(files[name])}))
        assert (code, name in said) == (1, True), name


def test_a_file_taken_out_is_named(packs: Packs, verified: Verified) -> None:
    files = files_of(packs.of_session)
    for name in files:
        code, said = verified(zipped({other: content for other, content in files.items() if other != name}))
        assert (code, f"{name} is missing." in said) == (1, True), name


def test_a_file_with_another_name_is_named_twice(packs: Packs, verified: Verified) -> None:
    files = files_of(packs.of_session)
    for name in set(files) - {"manifest.json", "manifest.sig"}:
        renamed = {f"x{other}" if other == name else other: content for other, content in files.items()}
        code, said = verified(zipped(renamed))
        assert (code, f"{name} is missing." in said, f"x{name} is in the pack, and" in said) == (1, True, True), name


def test_a_file_put_in_is_named(files: Files, verified: Verified) -> None:
    code, said = verified(zipped(files | {"chain/more.json": b"{}"}))
    assert (code, "chain/more.json is in the pack, and the manifest does not name it." in said) == (1, True)


def test_manifest_that_names_fewer_files_is_not_enough(files: Files, verified: Verified) -> None:
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [line for line in manifest["files"] if line["name"] == "public_key.txt"]
    fewer = {name: files[name] for name in ("manifest.json", "manifest.sig", "public_key.txt")}
    code, said = verified(zipped(sealed(with_manifest(fewer, files=manifest["files"]))))
    assert code == 1
    for name in ("record.json", "chain/entries.jsonl", "chain/shapes.json", "README.txt", "verify.py", "record.pdf"):
        assert f"manifest.json does not name {name}." in said


def test_manifest_made_anew_without_the_key_breaks_the_seal(files: Files, verified: Verified) -> None:
    altered = listed(files | {"README.txt": b"All is well."})
    assert verified(zipped(altered))[0] == 1
    assert "manifest.sig: the seal does not fit" in verified(zipped(altered))[1]


def test_swapped_key_is_named(files: Files, verified: Verified) -> None:
    key = sealed_by_another(files)["public_key.txt"]
    code, said = verified(zipped(files | {"public_key.txt": key}))
    assert code == 1
    assert "public_key.txt is not the key that manifest.json names." in said
    assert "manifest.sig: the seal does not fit" in said


def test_pack_sealed_with_another_key_is_told_by_the_fingerprint_alone(files: Files, verified: Verified) -> None:
    other = zipped(sealed_by_another(files))
    code, said = verified(other)
    assert (code, "Compare this fingerprint with the one that the clinic published" in said) == (0, True)
    assert published().fingerprint not in said
    code, said = verified(other, "--fingerprint", published().fingerprint)
    assert (code, "public_key.txt: the key has another fingerprint than the one you gave" in said) == (1, True)


def field(table: str, name: str, value: Any, place: int = 0) -> Callable[[Any], None]:
    def change(record: Any) -> None:
        record["tables"][table]["rows"][place][name] = value

    return change


def without_row(table: str) -> Callable[[Any], None]:
    return lambda record: record["tables"][table]["rows"].pop()


def with_row_twice(table: str) -> Callable[[Any], None]:
    def change(record: Any) -> None:
        rows = record["tables"][table]["rows"]
        rows.append(rows[0] | {"id": 987654})

    return change


RECORD_CHANGES = {
    "a figure": (field("phase", "current_ma", "20.000"), ["phase ", "field current_ma: the record says 20.000"]),
    "a word": (field("session", "skin_after", "intact"), ["session ", "field skin_after: the record says intact"]),
    "a moment": (field("session", "started_at", "2026-01-12 12:00:00.000000"), ["session ", "field started_at"]),
    "a person": (field("session", "physician_id", 999), ["session ", "field physician_id: the record says 999"]),
    "the patient": (
        field("patient", "family_name", "Dupont"),
        ["patient ", "field family_name: the record says Dupont"],
    ),
    "an answer": (field("answer", "reply", "yes"), ["answer ", "field reply: the record says yes; entry"]),
    "a device": (field("device", "serial_number", "0"), ["device ", "field serial_number"]),
    "an addendum": (field("addendum", "text", "Rien."), ["addendum ", "field text: the record says Rien."]),
    "a number for a text": (field("session", "notes", 0), ["session ", "field notes"]),
    "a row taken out": (without_row("phase"), ["phase ", "is missing; entry"]),
    "a row put in": (with_row_twice("observation"), ["observation 987654 is not in any entry of the chain"]),
    "a signature taken out": (without_row("signature"), ["signature ", "is missing; entry"]),
    "a signer": (
        field("signature", "signer_name", "Dr X"),
        ["the signature says signer_name Dr X", "field signer_name"],
    ),
    "a meaning": (field("signature", "meaning", "review", 1), ["the signature says meaning review", "field meaning"]),
    "a digest": (
        field("signature", "digest", "0" * 64),
        ["has another SHA-256 than the signature says", "signatures/"],
    ),
    "a status": (field("session", "record_status", "entered-in-error"), ["field record_status"]),
    "a revision": (field("session", "revision", 9), ["is called signed, and no signature is under its revision 9"]),
    "a column": (lambda record: record["tables"]["session"]["rows"][0].pop("notes"), ["record.json has not the form"]),
    "the subject": (lambda record: record["subject"].update(uid="0" * 36), ["record.json is of another record"]),
    "the form": (lambda record: record.update(format="else"), ["record.json has not the form"]),
}


@pytest.mark.parametrize("what", RECORD_CHANGES)
def test_record_altered_by_the_owner_of_the_key_is_named(files: Files, verified: Verified, what: str) -> None:
    """Even who can seal anew cannot make the record say something else than the chain."""
    change, words = RECORD_CHANGES[what]
    code, said = verified(zipped(sealed(listed(with_json(files, "record.json", change)))))
    assert (code, [each for each in words if each not in said]) == (1, []), said


def test_signed_text_that_is_altered_with_its_digests_differs_from_the_chain(files: Files, verified: Verified) -> None:
    record = json.loads(files["record.json"])
    row = record["tables"]["signature"]["rows"][0]
    row["content"] = row["content"].replace('"pain_nrs":2', '"pain_nrs":0')
    row["digest"] = sha256(row["content"].encode())
    altered = with_json(files, "record.json", lambda value: value.update(record))
    altered |= {f"signatures/{row['id']}.json": row["content"].encode()}
    code, said = verified(zipped(sealed(listed(altered))))
    assert code == 1
    assert f"signature {row['id']}, field digest: the record says {row['digest']}" in said
    assert "signed was session.pain_nrs 0; entry" in said


def test_signature_of_another_session_is_named(packs: Packs, files: Files, verified: Verified) -> None:
    others = files_of(packs.of_other_session)
    strange = next(content for name, content in others.items() if name.startswith("signatures/"))
    name = f"signatures/{packs.signatures[0]}.json"
    code, said = verified(zipped(sealed(listed(files | {name: strange}))))
    assert (code, f"{name}: this is not what was signed" in said) == (1, True)
    code, said = verified(zipped(sealed(listed(files | {"signatures/99.json": strange}))))
    assert (code, "signatures/99.json belongs to no signature of record.json." in said) == (1, True)


def test_record_of_another_session_is_named(packs: Packs, files: Files, verified: Verified) -> None:
    others = files_of(packs.of_other_session)
    altered = files | {"record.json": others["record.json"]}
    code, said = verified(zipped(sealed(listed(altered))))
    assert (code, "record.json is of another record than manifest.json says." in said) == (1, True)


def altered_entries(files: Files, change: Callable[[list[dict[str, Any]]], None]) -> bytes:
    entries = entries_of(files)
    change(entries)
    return zipped(sealed(listed(with_entries(files, entries))))


def place_of(entries: list[dict[str, Any]], kind: str) -> int:
    return next(place for place, entry in enumerate(entries) if f'"{kind}"' in (entry["content"] or ""))


def test_content_of_an_entry_altered_breaks_its_digest(files: Files, verified: Verified) -> None:
    def change(entries: list[dict[str, Any]]) -> None:
        place = place_of(entries, "amend_session")
        entries[place] |= {"content": entries[place]["content"].replace("misread", "mislaid")}

    number = entries_of(files)[place_of(entries_of(files), "amend_session")]["number"]
    code, said = verified(altered_entries(files, change))
    assert (code, f"Entry {number}: its content is not the one that its digest was taken of." in said) == (1, True)


def test_content_of_an_entry_altered_with_its_digest_differs_from_record_and_signature(
    files: Files, verified: Verified
) -> None:
    number = entries_of(files)[place_of(entries_of(files), "amend_session")]["number"]

    def change(entries: list[dict[str, Any]]) -> None:
        place = place_of(entries, "amend_session")
        entries[place] = rewritten(entries[place], '"erythema"', '"blisters"')

    code, said = verified(altered_entries(files, change))
    assert code == 1
    assert f"field skin_after: the record says erythema; entry {number} of the chain says blisters" in said
    assert f"signed was session.skin_after erythema; entry {number} of the chain says blisters" in said


def test_past_that_was_rewritten_differs_from_the_first_signature(files: Files, verified: Verified) -> None:
    """A former revision stands in the chain alone; its signature still says what it was."""
    number = entries_of(files)[place_of(entries_of(files), "log_session")]["number"]

    def change(entries: list[dict[str, Any]]) -> None:
        for kind in ("log_session", "sign_session"):
            place = place_of(entries, kind)
            entries[place] = rewritten(entries[place], '"tingling"', '"burning"')

    code, said = verified(altered_entries(files, change))
    assert number
    assert (code, "signed was session.sensation tingling; entry" in said) == (1, True)


ENTRY_CHANGES: dict[str, tuple[Callable[[list[dict[str, Any]]], Any], str]] = {
    "taken out": (lambda entries: entries.pop(place_of(entries, "amend_session")), "entry"),
    "the last one taken out": (lambda entries: entries.pop(), "manifest.json says that the chain ended at entry"),
    "all taken out": (lambda entries: entries.clear(), "is not in any entry of the chain"),
    "swapped": (lambda entries: entries.insert(0, entries.pop(1)), "does not come after entry"),
    "twice": (lambda entries: entries.insert(1, entries[0]), "does not come after entry"),
    "another code": (lambda entries: entries[2].update(mac="0" * 64), "it names another code"),
    "another code before": (lambda entries: entries[2].update(previous="0" * 64), "does not join on to entry"),
    "another number": (lambda entries: entries[-1].update(number=10**6), "the chain ended at entry"),
    "columns": (lambda entries: entries[1].update(shape="0" * 64), "are not those of chain/shapes.json"),
    "no code": (lambda entries: entries[1].pop("mac"), "has not the form that it should have"),
    "a content that is no text": (
        lambda entries: entries[1].update(content=[]),
        "has not the form that it should have",
    ),
    "the act of the export": (
        lambda entries: entries.__setitem__(-1, rewritten(entries[-1], "for the court", "for the press")),
        "the chain holds no act that made this pack as the manifest says",
    ),
}


@pytest.mark.parametrize("what", ENTRY_CHANGES)
def test_chain_altered_by_the_owner_of_the_key_is_named(files: Files, verified: Verified, what: str) -> None:
    change, words = ENTRY_CHANGES[what]
    code, said = verified(altered_entries(files, change))
    assert (code, words in said) == (1, True), said


def other_columns(shapes: Any) -> None:
    for digest, text in shapes.items():
        shapes[digest] = text.replace("pain_nrs", "pain_nrz")


def other_anchor(files: Files) -> Files:
    anchor = json.loads(files["chain/anchors.jsonl"].splitlines()[-1]) | {"mac": "0" * 64}
    return files | {"chain/anchors.jsonl": json.dumps(anchor).encode() + b"\n"}


FILE_CHANGES: dict[str, tuple[Callable[[Files], Files], str]] = {
    "shapes": (lambda files: with_json(files, "chain/shapes.json", other_columns), "chain/shapes.json: the columns"),
    "anchors": (other_anchor, "was anchored with the code 0000-0000-0000"),
    "head": (lambda files: with_manifest(files, head={"number": 3, "code": "0000-0000-0000"}), "entry 3, code 0000-"),
    "who": (lambda files: with_manifest(files, made_by="Dr Nobody"), "the chain holds no act that made this pack"),
    "why": (lambda files: with_manifest(files, reason="for the fun"), "the chain holds no act that made this pack"),
    "when": (lambda files: with_manifest(files, made_at="2020-01-01T00:00:00.000000Z"), "the chain holds no act"),
    "of what": (
        lambda files: with_manifest(files, subject={"kind": "course", "uid": "0" * 36}),
        "record.json is of another record than manifest.json says.",
    ),
    "key": (lambda files: with_manifest(files, public_key="0" * 64), "is not the key that manifest.json names"),
    "not canonical": (
        lambda files: files | {"record.json": files["record.json"].replace(b'{"', b'{ "', 1)},
        "record.json is not written in the one form",
    ),
    "a name twice": (
        lambda files: files | {"record.json": files["record.json"].replace(b'{"', b'{"format":"","', 1)},
        "record.json has not the form",
    ),
}


@pytest.mark.parametrize("what", FILE_CHANGES)
def test_file_altered_by_the_owner_of_the_key_is_named(files: Files, verified: Verified, what: str) -> None:
    change, words = FILE_CHANGES[what]
    code, said = verified(zipped(sealed(listed(change(files)))))
    assert (code, words in said) == (1, True), said


def test_manifest_that_lists_a_file_twice_or_itself_is_named(files: Files, verified: Verified) -> None:
    lines = json.loads(files["manifest.json"])["files"]
    for more in (
        lines[0],
        {"name": "manifest.sig", "sha256": "", "size": 0},
        {"name": "../x", "sha256": "", "size": 0},
    ):
        code, said = verified(zipped(sealed(with_manifest(files, files=[*lines, more]))))
        assert (code, "manifest.json has not the form" in said) == (1, True)


def test_pack_of_a_later_form_cannot_be_verified(files: Files, verified: Verified) -> None:
    code, said = verified(zipped(sealed(with_manifest(files, format="logbook-evidence-9"))))
    assert (code, said.startswith("CANNOT BE VERIFIED: this pack has the form logbook-evidence-9")) == (2, True)


def test_course_without_one_of_its_sessions_is_named(course_files: Files, verified: Verified) -> None:
    altered = with_json(course_files, "record.json", without_row("session"))
    code, said = verified(zipped(sealed(listed(altered))))
    assert (code, "record.json: session" in said, "is missing; entry" in said) == (1, True, True)


def test_record_altered_in_the_database_shows_in_the_pack(physician: User, verified: Verified) -> None:
    """Somebody who can write to the database changes a draft; the pack is made and sealed as usual."""
    draft = story(physician)[3]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE logbook_session SET pain_nrs = 9 WHERE id = %s", [draft.pk])
    code, said = verified(packed(draft, physician))
    assert (code, f"session {draft.pk}, field pain_nrs: the record says 9; entry" in said) == (1, True)


# --- the act ---------------------------------------------------------------------------------------------------


def test_export_is_an_act_with_its_anchor(physician: User, auditor: User) -> None:
    session = story(physician)[1]
    moment = export_evidence(by=auditor, record=session, reason="Tribunal de Lyon, 26/1234")
    last = Act.objects.order_by("-pk")[0]
    assert (last.kind, last.by, last.reason, last.subject, last.patient_id, last.at) == (
        "export_evidence", auditor, "Tribunal de Lyon, 26/1234", f"session:{session.uid}", session.patient_id, moment,
    )  # fmt: skip
    noted = list(anchors.kept())[-1]
    assert (noted.why, noted.number, noted.code) == ("evidence", chain.head().number, chain.head().code)


def test_export_without_a_reason_is_refused(physician: User) -> None:
    session = story(physician)[1]
    before = Act.objects.count()
    with pytest.raises(Refused) as refused:
        export_evidence(by=physician, record=session, reason="  ")
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    assert Act.objects.count() == before


def test_export_is_for_those_who_see_history() -> None:
    allowed = {role for role, granted in GRANTS.items() if Permission.SEE_HISTORY in granted}
    for role in set(GRANTS) - allowed:
        with pytest.raises(Refused) as refused:
            export_evidence(by=User(role=role), record=Session(), reason="x")
        assert [problem.code for problem in refused.value.problems] == ["not-allowed"]


# --- the program itself ----------------------------------------------------------------------------------------


def test_program_needs_python_3_8_and_its_own_library_alone() -> None:
    source = PROGRAM.read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    found = {
        (node.module or "").partition(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert found - set(sys.stdlib_module_names) == set()
    later = {"removeprefix", "removesuffix", "is_relative_to", "hexdigest_of", "pairwise", "batched"}
    assert {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & later == set()


def test_every_sentence_stands_in_both_languages_with_the_same_gaps() -> None:
    gaps = {key: [_gaps(text) for text in texts] for key, texts in verify_evidence.WORDS.items()}
    assert {key for key, (english, french) in gaps.items() if english != french} == set()
    source = PROGRAM.read_text("utf-8")
    assert {key for key in gaps if source.count(f'"{key}"') < 2} == set()


def _gaps(text: str) -> set[str]:
    import string

    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
