"""A backup: the whole database as it stood at one moment, in one file that says where the history stood.

The key of the audit history is never in it. Whoever finds a backup cannot write a history with it, and whoever loses the
key can verify none: the two are kept apart (docs/adr/0012).
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from clinic.audit import anchors, tables
from clinic.audit.access import record_event
from clinic.audit.keys import KeyMissing, ring
from clinic.audit.setup import why_no_key
from clinic.lib.alone import alone
from clinic.operations import backup_file, copy_postgresql, copy_sqlite
from clinic.operations.backup_file import FORMAT, Manifest, NotDone

HEAD = "SELECT number, mac FROM audit_link ORDER BY number DESC LIMIT 1"
LAST_ACCESS = "SELECT number, mac FROM audit_access WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1"
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY app, name"
WRITABLE = {"sqlite": copy_sqlite, "postgresql": copy_postgresql}


def engine() -> Any:
    """How this engine is copied as a whole."""
    return WRITABLE[connection.vendor]


def take(path: Path, *, recipient: str = "") -> tuple[Manifest, bool]:
    """Write a backup to `path`, and read it again; what it says of itself, and whether it was anchored.

    Raises `NotDone` or `OSError`, and then leaves nothing behind.
    """
    to = backup_file.recipient(recipient) if recipient else None
    _refuse(path)
    with one_at_a_time():
        try:
            if not engine().is_there():
                raise NotDone(_("There is no logbook here yet."))
            if problem := why_no_key():
                raise NotDone(problem)
            record_event("backup")
            # What is not encrypted yet stays where the data lie; the rest goes where the backup goes.
            sweep(path.parent)
            sweep(Path(settings.DATA_DIR))
            with folder(path.parent) as there, folder(Path(settings.DATA_DIR)) as here:
                manifest = _written(there / "backup", here if to else there, to)
                _publish(there / "backup", path)
        except KeyMissing as error:
            raise NotDone(str(error)) from error
        except (DatabaseError, sqlite3.Error) as error:
            raise NotDone(_("The database says: %(why)s.") % {"why": str(error).strip().rstrip(".")}) from error
    return manifest, anchors.write("backup")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """One backup or restore. Raises `NotDone` where another one runs."""
    with alone(Path(settings.DATA_DIR) / "backup.lock") as got:
        if not got:
            raise NotDone(_("A backup is being written or put back already."))
        yield


def _refuse(path: Path) -> None:
    if path.is_dir():
        raise NotDone(_("%(path)s is a folder. Name a file in it.") % {"path": path})
    if path.exists() or path.is_symlink():
        raise NotDone(
            _("There is a file %(path)s already. A backup is never written over another one.") % {"path": path}
        )
    if not path.parent.is_dir():
        raise NotDone(_("There is no folder %(path)s.") % {"path": path.parent})


@contextmanager
def folder(parent: Path) -> Iterator[Path]:
    """A folder that only we may open, gone at the end."""
    with tempfile.TemporaryDirectory(prefix=_prefix(), dir=parent) as made:
        yield Path(made)


def sweep(parent: Path) -> None:
    """Take away what a backup or a restore of this logbook left there that was cut off."""
    for left in parent.glob(f"{_prefix()}*"):
        shutil.rmtree(left, ignore_errors=True)


def _prefix() -> str:
    return f".logbook-{ring().installation[:8]}-"


def _written(target: Path, here: Path, to: Any) -> Manifest:
    copy = here / "copy"
    with engine().copied_out(copy) as ask:
        engine().check_copy(copy)
        manifest = _manifest(copy, ask)
    zipped = here / "zipped" if to else target
    with _new(zipped) as file:
        backup_file.write(file, manifest, copy)
    copy.unlink()
    if backup_file.check(zipped) != manifest:
        raise NotDone(backup_file.not_as_written())
    if to:
        with _new(target) as file:
            check_again = backup_file.encrypt(zipped, file, to)
        check_again(target)
    return manifest


def _manifest(copy: Path, ask: Any) -> Manifest:
    keys = ring()
    number, mac = next(iter(ask(HEAD)), (0, bytes(32)))
    access_number, access_mac = next(iter(ask(LAST_ACCESS)), (0, b""))
    size, digest = backup_file.measured(copy)
    seal = tables.file()
    return Manifest(
        format=FORMAT,
        engine=connection.vendor,
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
        installation=keys.installation,
        key_id=keys.key_id,
        number=number,
        mac=bytes(mac).hex(),
        access_number=access_number,
        access_mac=bytes(access_mac).hex(),
        migrations=[f"{app}.{name}" for app, name in ask(MIGRATIONS)],
        extensions=engine().extensions(ask),
        tables=seal.read_text(encoding="utf-8") if seal.exists() else "",
        tables_altered=tables.altered(),
        size=size,
        sha256=digest,
    )


@contextmanager
def _new(path: Path) -> Iterator[Any]:
    """A file that only its owner may read, on the disk at the end."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _publish(written: Path, path: Path) -> None:
    """Under its own name, all of it at once, and never over another file."""
    try:
        os.link(written, path)
    except FileExistsError as error:
        raise NotDone(
            _("There is a file %(path)s already. A backup is never written over another one.") % {"path": path}
        ) from error
    except OSError:  # a drive without links
        _refuse(path)
        written.rename(path)
    copy_sqlite.settled(path.parent)
