"""The one file of a backup: a ZIP with the copy of the database and a manifest, sealed with the key of the audit history.

Anybody can open it by hand. What is read back is trusted only as far as the seal goes: a copy of a PostgreSQL holds
statements that run as the owner of the tables, so nothing of a file that this logbook did not write is ever run.
With a recipient the ZIP is encrypted in the format of age, which the program of that name opens, too.
"""

import errno
import hmac
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from clinic.audit.chain import code_of
from clinic.audit.keys import KeyMissing, Ring, ring
from clinic.lib.canonical import canonical_json

FORMAT = 1
MANIFEST = "manifest.json"
PARTS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
LARGEST_MANIFEST = 4_000_000
AT_ONCE = 1_048_576
AGE = b"age-encryption.org/v1"
INSTALL = ".venv/bin/python -m pip install --require-hashes -r requirements-encryption.txt"
# Whatever a file that is no backup, or a broken one, leads to while it is read.
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, TypeError
)  # fmt: skip


class NotDone(Exception):
    """A backup or a restore that was not done, and why, in one sentence."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: where both chains stood in the copy, and the digest of the copy."""

    format: int
    engine: str
    taken_at: str
    installation: str
    key_id: str
    number: int
    mac: str
    access_number: int
    access_mac: str
    migrations: list[str]
    extensions: list[str]  # of PostgreSQL, without which the tables cannot be made
    tables: str  # the seal of the tables beside the keys (clinic/audit/tables.py), as it was
    tables_altered: list[str]
    size: int
    sha256: str

    @property
    def code(self) -> str:
        return code_of(bytes.fromhex(self.mac))

    @property
    def part(self) -> str:
        return PARTS[self.engine]

    def sealed(self) -> str:
        """As it stands in the file, for a person to read."""
        said = asdict(self)
        return json.dumps(said | {"code": self.code, "seal": _seal(ring(), said)}, indent=1, sort_keys=True)


def _seal(keys: Ring, said: dict[str, Any]) -> str:
    return keys.mac(f"backup:{canonical_json(said)}").hex()


def measured(file: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    with file.open("rb") as content:
        counted = _Digest()
        for piece in _pieces(content):
            counted.write(piece)
    return counted.size, counted.hexdigest()


def _pieces(content: Any) -> Iterator[bytes]:
    return iter(lambda: content.read(AT_ONCE), b"")


class _Digest(io.RawIOBase):
    """A place to write to that keeps size and digest alone."""

    def __init__(self) -> None:
        super().__init__()
        self.size, self.digest = 0, sha256()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.size += len(piece)
        self.digest.update(piece)
        return len(piece)

    def hexdigest(self) -> str:
        return self.digest.hexdigest()


# --- The ZIP -------------------------------------------------------------------------------------


def write(target: BinaryIO, manifest: Manifest, copy: Path) -> None:
    """The copy of the database and its manifest as a ZIP. What PostgreSQL has packed already is not packed again."""
    how = zipfile.ZIP_DEFLATED if manifest.engine == "sqlite" else zipfile.ZIP_STORED
    with zipfile.ZipFile(target, "w", how, allowZip64=True, compresslevel=1) as archive:
        archive.writestr(MANIFEST, manifest.sealed() + "\n")
        with copy.open("rb") as content, archive.open(manifest.part, "w", force_zip64=True) as part:
            for piece in _pieces(content):
                part.write(piece)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Manifest, zipfile.ZipFile]]:
    """The manifest of a backup that this logbook made, and the archive it is in. Raises `NotDone`."""
    with path.open("rb") as file:
        try:
            archive = zipfile.ZipFile(file)
            manifest = _trusted(_said(archive), archive)
        except (*BROKEN, OSError) as error:
            _raise_if_of_drive(error)
            raise NotDone(_("This file is no backup of a logbook, or it is damaged.")) from error
        yield manifest, archive


def _raise_if_of_drive(error: Exception) -> None:
    """Raise what the drive says. Without a number, or for a place before the beginning, it is the file that is wrong."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        raise error


def _said(archive: zipfile.ZipFile) -> dict[str, Any]:
    """What the manifest says. Nothing is taken out under a name that stands in the file, and it names what it may alone."""
    names = [entry.filename for entry in archive.infolist()]
    said = archive.open(MANIFEST).read(LARGEST_MANIFEST + 1)
    if len(said) > LARGEST_MANIFEST:
        raise ValueError(MANIFEST)
    found = json.loads(said)
    if sorted(names) != sorted([PARTS[found["engine"]], MANIFEST]):
        raise ValueError(names)
    return dict(found)


def _trusted(said: dict[str, Any], archive: zipfile.ZipFile) -> Manifest:
    try:
        keys = ring()
    except KeyMissing as error:
        raise NotDone(str(error)) from error
    if (said.get("installation"), said.get("key_id")) != (keys.installation, keys.key_id):
        raise NotDone(
            _(
                "This backup is of another logbook: the key here is not its key. Put the key that belongs to it back first."
            )
        )
    if isinstance(said.get("format"), int) and said["format"] > FORMAT:
        raise NotDone(_("A newer version of the logbook made this backup. Install that version first."))
    seal, _code = str(said.pop("seal", "")), said.pop("code", "")
    if not hmac.compare_digest(seal.encode(), _seal(keys, said).encode()):
        raise NotDone(_("This backup was altered: its manifest is not the one that the logbook sealed."))
    manifest = Manifest(**said)
    if archive.getinfo(manifest.part).file_size != manifest.size:
        raise NotDone(_differs())
    return manifest


def _differs() -> str:
    return _(
        "This backup is damaged or was altered: the copy of the database in it is not the one that the manifest names."
    )


def take_out(archive: zipfile.ZipFile, manifest: Manifest, target: BinaryIO) -> None:
    """Write the copy of the database to `target`, never more than the manifest names. Raises `NotDone` where it differs."""
    counted = _Digest()
    try:
        with archive.open(manifest.part) as part:
            for piece in _pieces(part):
                counted.write(piece)
                if counted.size > manifest.size:
                    break
                target.write(piece)
    except (*BROKEN, OSError) as error:
        _raise_if_of_drive(error)
        raise NotDone(_differs()) from error
    if (counted.size, counted.hexdigest()) != (manifest.size, manifest.sha256):
        raise NotDone(_differs())


def check(path: Path) -> Manifest:
    """Read the whole file again as a restore would."""
    with opened(path) as (manifest, archive):
        take_out(archive, manifest, _Digest())  # type: ignore[arg-type]
    return manifest


def not_as_written() -> str:
    return _("What was written is not what was to be written. Is the drive sound?")


# --- Encryption ----------------------------------------------------------------------------------


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(AGE)) == AGE


def _age() -> Any:
    try:
        import pyrage
    except ImportError as error:
        raise NotDone(
            _("The package for encryption is missing. Install it: %(command)s") % {"command": INSTALL}
        ) from error
    return pyrage


def recipient(text: str) -> Any:
    """The public key that alone a backup shall open for. Raises `NotDone` where it is none."""
    age = _age()
    try:
        return age.x25519.Recipient.from_str(text.strip())
    except age.RecipientError as error:
        raise NotDone(_("This is no recipient. It begins with age1 and is printed by age-keygen.")) from error


def encrypt(source: Path, target: BinaryIO, to: Any) -> Callable[[Path], None]:
    """Encrypt for `to`; what is given back opens the file again to see that it is what went in.

    For that a second key opens it that is made here, written nowhere, and gone with this program.
    """
    age = _age()
    own = age.x25519.Identity.generate()
    before = measured(source)
    try:
        with source.open("rb") as plain:
            age.encrypt_io(plain, target, [to, own.to_public()])
    except age.EncryptError as error:
        raise NotDone(_("The backup could not be written: %(why)s.") % {"why": error}) from error

    def check_again(written: Path) -> None:
        counted = _Digest()
        try:
            with written.open("rb") as file:
                age.decrypt_io(file, counted, [own])
        except (age.DecryptError, OSError) as error:
            raise NotDone(not_as_written()) from error
        if (counted.size, counted.hexdigest()) != before:
            raise NotDone(not_as_written())

    return check_again


def decrypt(source: Path, target: BinaryIO, identity: Path) -> None:
    """Decrypt with the secret keys in `identity`, a file as age-keygen writes it."""
    age = _age()
    try:
        lines = identity.read_text(encoding="utf-8").splitlines()
        keys = [age.x25519.Identity.from_str(line.strip()) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (OSError, ValueError, age.IdentityError) as error:
        raise NotDone(_("The file %(file)s holds no key of age that can be read.") % {"file": identity}) from error
    if not keys:
        raise NotDone(_("The file %(file)s holds no key of age that can be read.") % {"file": identity})
    try:
        with source.open("rb") as file:
            age.decrypt_io(file, target, keys)
    except (age.DecryptError, OSError) as error:
        _raise_if_of_drive(error)
        raise NotDone(_("This key does not open the backup, or the backup is damaged.")) from error
