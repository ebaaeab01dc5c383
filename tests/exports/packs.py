"""Evidence packs for tests: made once from real rows, taken apart, altered and sealed again."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.audit.keys import ring
from clinic.lib.canonical import canonical_json
from sessions.actions.evidence import export_evidence
from sessions.actions.patient import change_patient
from sessions.actions.signature import add_addendum, amend_session
from sessions.exports.evidence import Made, pack
from sessions.exports.verify_evidence import key_text
from sessions.models import Course, Patient, Session
from sessions.reports.evidence import evidence_of
from tests.conftest import person
from tests.factories import a_draft, a_signed_session, an_entry, at, ready

Files = dict[str, bytes]
OTHER_SEED = bytes(range(32))
OTHERS_NAME = "Quelqu'Und'Autre"


@dataclass(frozen=True)
class Packs:
    """One pack of a session and one of its course, with what they are of."""

    of_session: bytes
    of_other_session: bytes
    of_course: bytes
    session: Session
    signatures: list[int]


def packed(record: Session | Course, by: User, reason: str = "for the court") -> bytes:
    moment = export_evidence(by=by, record=record, reason=reason)
    return pack(evidence_of(record), Made(by.full_name, moment, reason, "fr"))


def story(by: User) -> tuple[Course, Session, Session, Session]:
    """A course with a session that was signed, amended and added to, another one, and a draft; and somebody else's."""
    patient, course, device = ready(by=by)
    first = a_signed_session(by=by, course=course, device=device)
    other_patient, other_course, other_device = ready(by=by)
    a_signed_session(by=by, course=other_course, device=other_device)
    second = a_signed_session(by=by, course=course, device=device, started=at(date(2026, 1, 19)))
    corrected = an_entry(by=by, device=device, started=at(date(2026, 1, 12)), pain_nrs=4)
    first = amend_session(by=by, session=first, entry=corrected, version=first.version, reason="misread")
    add_addendum(by=by, session=first, text="Peau normale le lendemain.")
    draft = a_draft(by=by, course=course, device=device, started=at(date(2026, 1, 26)))
    renamed(other_patient, by, family_name=OTHERS_NAME)
    renamed(patient, by, family_name="Çelik-Martin")
    return course, first, second, draft


def renamed(patient: Patient, by: User, **values: Any) -> None:
    names = ("family_name", "given_names", "birth_date", "sex", "phone", "referring_doctor", "note", "record_number")
    stored = Patient.objects.get(pk=patient.pk)
    kept = {name: getattr(stored, name) for name in names}
    change_patient(by=by, patient=stored, values=kept | values, version=stored.version, reason="married")


def made_packs() -> Packs:
    """Both packs; the caller has a database and undoes what was written."""
    administrator = person(username="admin", full_name="Ada Administrator", role=Role.ADMINISTRATOR)
    physician = person(username="morel", full_name="Dr Jeanne Morel", role=Role.PHYSICIAN, by=administrator)
    course, first, second, _draft = story(physician)
    of_session = packed(first, physician)
    of_other, of_course = packed(second, physician), packed(course, physician)
    return Packs(of_session, of_other, of_course, first, list(first.signatures.values_list("pk", flat=True)))


def files_of(packed_bytes: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(packed_bytes)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def as_bytes(value: Any) -> bytes:
    return canonical_json(value).encode()


def listed(files: Files) -> Files:
    """With a manifest that fits the files; its seal is the old one."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [
        {"name": name, "sha256": sha256(content), "size": len(content)}
        for name, content in sorted(files.items())
        if name not in ("manifest.json", "manifest.sig")
    ]
    return files | {"manifest.json": as_bytes(manifest)}


def sealed(files: Files, seed: bytes | None = None) -> Files:
    """With a seal that fits the manifest: by the clinic's own key, as somebody in the clinic could."""
    seal = Ed25519PrivateKey.from_private_bytes(seed or ring().evidence_seed).sign(files["manifest.json"])
    return files | {"manifest.sig": seal}


def sealed_by_another(files: Files) -> Files:
    """Everything made to fit another key."""
    key = Ed25519PrivateKey.from_private_bytes(OTHER_SEED).public_key().public_bytes_raw()
    files = files | {"public_key.txt": key_text(key).encode()}
    return sealed(listed(with_manifest(files, public_key=sha256(key))), OTHER_SEED)


def with_manifest(files: Files, /, **values: Any) -> Files:
    return files | {"manifest.json": as_bytes(json.loads(files["manifest.json"]) | values)}


def with_json(files: Files, name: str, change: Callable[[Any], None]) -> Files:
    value = json.loads(files[name])
    change(value)
    return files | {name: as_bytes(value)}


def entries_of(files: Files) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files["chain/entries.jsonl"].splitlines()]


def with_entries(files: Files, entries: list[dict[str, Any]]) -> Files:
    return files | {"chain/entries.jsonl": b"".join(as_bytes(entry) + b"\n" for entry in entries)}


def rewritten(entry: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """An entry with another content, and the digest of it."""
    text = entry["content"].replace(old, new)
    assert text != entry["content"]
    return entry | {"content": text, "digest": sha256(text.encode())}
