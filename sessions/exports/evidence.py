"""The evidence pack: one ZIP that anybody can check without the logbook. The same state and moment give the same bytes.

What is in it, and what it proves, stands in `evidence_readme.txt`, which is in the pack too; `verify_evidence.py` is
the program that checks it.
"""

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import translation

from clinic.audit import anchors
from clinic.audit.keys import ring
from clinic.lib.canonical import canonical_json
from sessions.exports.record_pdf import session_pdf
from sessions.exports.verify_evidence import (
    ANCHORS,
    ENTRIES,
    KEY,
    MANIFEST,
    PACK,
    RECORD,
    RECORD_FILE,
    SEAL,
    SHAPES,
    in_groups,
    key_text,
    sha256,
)
from sessions.reports.evidence import Evidence

HERE = Path(__file__).resolve().parent
READ_AND_WRITE = 0o100644 << 16
UNIX = 3


@dataclass(frozen=True)
class Made:
    """Who made a pack, when and why: as the act of it says, so that the chain bears it out."""

    by_name: str
    at: datetime
    reason: str
    language: str


@dataclass(frozen=True)
class Published:
    """What a reader compares a pack with, and has from the clinic by another way."""

    key: str
    fingerprint: str
    verifier: str


def published() -> Published:
    """The public key of this clinic, its fingerprint, and the SHA-256 of the program that checks."""
    key = _signing_key().public_key().public_bytes_raw()
    return Published(key.hex(), in_groups(sha256(key)), sha256(_verifier()))


def pack(evidence: Evidence, made: Made) -> bytes:
    """The ZIP: the files of the record, the list of them, and the seal on the list."""
    key = _signing_key()
    public_key = key.public_key().public_bytes_raw()
    files = _record_files(evidence) | _chain_files(evidence) | _pdfs(evidence, made)
    files |= {
        KEY: key_text(public_key).encode("ascii"),
        "README.txt": (HERE / "evidence_readme.txt").read_bytes(),
        "verify.py": _verifier(),
    }
    manifest = _json(_manifest(evidence, made, files, sha256(public_key)))
    return _zipped({MANIFEST: manifest, SEAL: key.sign(manifest)} | files, made.at)


def _signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(ring().evidence_seed)


def _verifier() -> bytes:
    return (HERE / "verify_evidence.py").read_bytes()


def _json(value: Any) -> bytes:
    return canonical_json(value).encode("utf-8")


def _lines(values: list[dict[str, Any]]) -> bytes:
    return b"".join(_json(value) + b"\n" for value in values)


def _manifest(evidence: Evidence, made: Made, files: dict[str, bytes], fingerprint: str) -> dict[str, Any]:
    return {
        "format": PACK,
        "installation": ring().installation,
        "made_at": made.at,
        "made_by": made.by_name,
        "reason": made.reason,
        "subject": {"kind": evidence.kind, "uid": evidence.uid},
        "head": {"number": evidence.head.number, "code": evidence.head.code},
        "public_key": fingerprint,
        "files": [
            {"name": name, "sha256": sha256(content), "size": len(content)} for name, content in sorted(files.items())
        ],
    }


def _record_files(evidence: Evidence) -> dict[str, bytes]:
    """The record as one JSON, and each text that was signed byte by byte, so that its SHA-256 is the signature's."""
    record = {
        "format": RECORD,
        "subject": {"kind": evidence.kind, "uid": evidence.uid},
        "tables": evidence.tables,
        "people": evidence.people,
    }
    signed = {
        f"signatures/{row['id']}.json": row["content"].encode("utf-8", "surrogatepass")
        for row in evidence.tables["signature"]["rows"]
    }
    return {RECORD_FILE: _json(record)} | signed


def _chain_files(evidence: Evidence) -> dict[str, bytes]:
    return {
        ENTRIES: _lines([entry.__dict__ for entry in evidence.entries]),
        SHAPES: _json(evidence.shapes),
        ANCHORS: _lines(evidence.anchors),
    }


def _pdfs(evidence: Evidence, made: Made) -> dict[str, bytes]:
    """Each session as the clinic prints it; those of a course in their order."""

    with translation.override(made.language):
        foot = anchors.footer(evidence.head)

    def printed(session: Any) -> bytes:
        return session_pdf(session, language=made.language, printed_by=made.by_name, at=made.at, foot=foot)

    if evidence.kind == "session":
        return {"record.pdf": printed(evidence.sessions[0])}
    return {
        f"records/{place:03d}-session-{session.number}.pdf": printed(session)
        for place, session in enumerate(evidence.sessions, start=1)
    }


def _zipped(files: dict[str, bytes], at: datetime) -> bytes:
    stamp = at.astimezone(UTC)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, (stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second))
            member.create_system, member.external_attr = UNIX, READ_AND_WRITE
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return buffer.getvalue()
