"""Put a backup in the place of the present database, which is kept aside, and say what is lost by it.

Whatever goes wrong, the present database is in its place again. The file of the anchors says for ever that a backup was
put back and up to which entry the record before it and after it are the same (docs/adr/0012).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from clinic.accounts.web_sessions import SessionStore
from clinic.audit import anchors, tables
from clinic.audit.access import record_event
from clinic.audit.anchors import Anchor
from clinic.audit.chain import code_of
from clinic.audit.keys import KeyMissing, ring
from clinic.audit.sealed import read_sealed
from clinic.audit.verify import Finding, Result, last_result, verify
from clinic.lib.alone import alone
from clinic.operations import backup_file, database_role
from clinic.operations.backup import HEAD, LAST_ACCESS, engine, folder, one_at_a_time, sweep
from clinic.operations.backup_file import Manifest, NotDone
from clinic.operations.server import restoring_file, serving_file

KEY = "SELECT key_id FROM audit_link ORDER BY number DESC LIMIT 1"
CHAINS = {"audit_link": HEAD, "audit_access": LAST_ACCESS}
Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Chain:
    """One chain of the present database: its end, and the last number that the backup has as well, with their codes."""

    number: int
    mac: str
    shared: int
    shared_mac: str

    @property
    def lost(self) -> int:
        return self.number - self.shared


NOTHING = Chain(0, "", 0, "")


@dataclass(frozen=True)
class Comparison:
    """What putting the backup back would take away; a chain is None where the present database cannot tell."""

    record: Chain | None = NOTHING
    accesses: Chain | None = NOTHING

    @property
    def loses(self) -> bool:
        return self.record is None or self.accesses is None or self.record.lost + self.accesses.lost > 0


@dataclass(frozen=True)
class Done:
    """A backup that was put back."""

    manifest: Manifest
    compared: Comparison
    aside: str  # where the former database is kept; empty where there was none
    result: Result
    found: list[Finding]


def put_back(path: Path, *, identity: Path | None, is_confirmed: bool, tell: Callable[[str], None]) -> Done:
    """Put the backup back and verify it. Raises `NotDone` or `OSError`, and then the present database is as it was."""
    if problem := _why_no_key():
        raise NotDone(problem)
    with _nobody_else(), one_at_a_time():
        sweep(Path(settings.DATA_DIR))
        with folder(Path(settings.DATA_DIR)) as here:
            manifest = _taken_out(_plain(path, identity, here), here)
            engine().check_copy(here / "copy")
            exchange = engine().Exchange(here / "copy", f"{datetime.now(UTC):%Y%m%d-%H%M%S}", manifest.extensions)
            try:
                compared, aside = _exchanged(exchange, manifest, is_confirmed, tell)
            except (DatabaseError, sqlite3.Error) as error:
                raise NotDone(_("The database says: %(why)s.") % {"why": str(error).strip().rstrip(".")}) from error
    result, found = verify()
    return Done(manifest, compared, aside, result, found)


def _why_no_key() -> str:
    try:
        ring()
    except KeyMissing as error:
        return str(error)
    return ""


@contextmanager
def _nobody_else() -> Iterator[None]:
    with alone(restoring_file()) as first, alone(serving_file()) as second:
        if not (first and second):
            raise NotDone(_("The logbook is running. Stop it first."))
        yield


# --- The file ------------------------------------------------------------------------------------


def _plain(path: Path, identity: Path | None, here: Path) -> Path:
    if not path.is_file():
        raise NotDone(_("There is no file %(path)s.") % {"path": path})
    if not backup_file.is_encrypted(path):
        return path
    if identity is None:
        raise NotDone(_("This backup is encrypted: name the file of the key that opens it with --identity."))
    opened = here / "zipped"
    with opened.open("xb") as target:
        backup_file.decrypt(path, target, identity)
    return opened


def _taken_out(path: Path, here: Path) -> Manifest:
    with backup_file.opened(path) as (manifest, archive):
        if manifest.engine != connection.vendor:
            raise NotDone(
                _("The backup is of %(theirs)s and this logbook works with %(ours)s: see CLINIC_DATABASE_URL.")
                % {"theirs": manifest.engine, "ours": connection.vendor}
            )
        known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
        if newer := sorted(set(manifest.migrations) - known):
            raise NotDone(
                _("A newer version of the logbook made this backup (%(step)s). Install that version first.")
                % {"step": newer[-1]}
            )
        with (here / "copy").open("xb") as target:
            backup_file.take_out(archive, manifest, target)
    return manifest


# --- What would be lost --------------------------------------------------------------------------


def _compared(exchange: Any) -> Comparison:
    if not exchange.is_there():
        return Comparison()
    return Comparison(*(_chain(exchange, table, last) for table, last in CHAINS.items()))


def _chain(exchange: Any, table: str, last: str) -> Chain | None:
    """Codes are compared, not dates: the code of an entry says everything that came before it, too."""
    backup, _code = next(iter(exchange.ask_copy(last)), (0, b""))
    try:
        if any(key != ring().key_id for (key,) in exchange.ask_present(KEY)):
            return None
        number, mac = next(iter(exchange.ask_present(last)), (0, b""))
        shared = _shared(exchange, table, min(number, backup))
    except (DatabaseError, sqlite3.Error):
        return None
    shared_mac = _mac_at(exchange.ask_copy, table, shared) or b""
    return Chain(number, bytes(mac).hex(), shared, shared_mac.hex())


def _shared(exchange: Any, table: str, highest: int) -> int:
    """The last number at which both say the same. Where one of them has nothing, a purge took it: that is no difference."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        macs = {_mac_at(ask, table, middle) for ask in (exchange.ask_present, exchange.ask_copy)} - {None}
        low, high = (middle, high) if len(macs) < 2 else (low, middle - 1)
    return low


def _mac_at(ask: Ask, table: str, number: int) -> bytes | None:
    return next((bytes(mac) for (mac,) in ask(f"SELECT mac FROM {table} WHERE number = {int(number)}")), None)  # noqa: S608 -- a name of our own


def _tell_before(manifest: Manifest, compared: Comparison, tell: Callable[[str], None]) -> None:
    said = {"number": manifest.number, "code": manifest.code, "at": manifest.taken_at}
    tell(_("The backup, taken at %(at)s, goes up to entry %(number)s, code %(code)s.") % said)
    record, accesses = compared.record, compared.accesses
    if record is None or accesses is None:
        tell(_("What the present database holds cannot be told: it is damaged, or of another key."))
        return
    if not record.number:
        return
    present = {"number": record.number, "code": code_of(bytes.fromhex(record.mac))}
    tell(_("The present database goes up to entry %(number)s, code %(code)s.") % present)
    if compared.loses:
        lost = {"entries": record.lost, "accesses": accesses.lost}
        tell(_("Not in the backup, and lost with it: entries: %(entries)s; accesses: %(accesses)s.") % lost)


# --- The exchange --------------------------------------------------------------------------------


def _exchanged(
    exchange: Any, manifest: Manifest, is_confirmed: bool, tell: Callable[[str], None]
) -> tuple[Comparison, str]:
    with exchange.alone() as got:
        if not got:
            raise NotDone(_("Somebody else has the database open: the logbook, or another program. Stop it first."))
        try:
            exchange.bring_in()
            compared = _compared(exchange)
            _tell_before(manifest, compared, tell)
            _allow(compared, is_confirmed=is_confirmed)
        except BaseException:
            exchange.forget()
            raise
        seal = tables.file().read_bytes() if tables.file().exists() else b""
        try:
            aside = exchange.put_in_place()
            _set_up(exchange, manifest, compared)
        except BaseException:
            exchange.put_back()
            _keep_seal(seal)
            raise
        finally:
            connections.close_all()
        return compared, aside


def _allow(compared: Comparison, *, is_confirmed: bool) -> None:
    """Write down how far the present record had come. Raises `NotDone` where that is not to be lost, or cannot be written."""
    if compared.loses and not is_confirmed:
        raise NotDone(_("With --yes the backup is put back all the same; the present database is kept aside."))
    if not all(anchors.append(anchor) for anchor in _anchors_before(compared)):
        raise NotDone(_("The anchor cannot be written, and without it no backup is put back: see CLINIC_ANCHOR_DIR."))


def _set_up(exchange: Any, manifest: Manifest, compared: Comparison) -> None:
    """The tables as this version of the program has them, and nobody logged in."""
    _keep_seal(manifest.tables.encode())
    if connection.vendor == "postgresql" and not manifest.tables_altered and read_sealed(tables.file()):
        # PostgreSQL says the same of a table in other words once it was copied; the backup says that nothing was altered.
        tables.keep("default")
    anchors.append(_anchor_of_restore(manifest, compared))
    if problem := database_role.why_not_set_up():
        raise NotDone(problem)
    exchange.after_set_up()
    SessionStore.end_all()
    record_event("restored", detail=_detail(manifest, compared))


def _detail(manifest: Manifest, compared: Comparison) -> str:
    """In no language: where the record stands, and what it lost."""
    lost = [str(chain.lost) if chain else "?" for chain in (compared.record, compared.accesses)]
    return f"{manifest.number} {manifest.code}, -{lost[0]}, -{lost[1]}"


def _keep_seal(text: bytes) -> None:
    """How the tables stood, beside the keys; it is sealed, and what is not ours counts for nothing."""
    draft = tables.file().with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(text)
    draft.replace(tables.file())


# --- The anchors ---------------------------------------------------------------------------------


def _anchors_before(compared: Comparison) -> Iterator[Anchor]:
    """How far the record had come that is about to go, by itself and by the last verification."""
    record, accesses = compared.record, compared.accesses
    if record and accesses and record.number:
        yield _anchor("set aside", (record.number, record.mac), (accesses.number, accesses.mac))
    result = last_result()
    if result and result.entries > (record.number if record else 0):
        mac = result.code.replace("-", "").lower()
        yield _anchor("set aside", (result.entries, mac), (result.access_number, result.access_code))


def _anchor_of_restore(manifest: Manifest, compared: Comparison) -> Anchor:
    return _anchor(
        anchors.RESTORE,
        _last_kept(compared.record, manifest.number, manifest.mac),
        _last_kept(compared.accesses, manifest.access_number, manifest.access_mac),
    )


def _last_kept(chain: Chain | None, number: int, mac: str) -> tuple[int, str]:
    """The last entry before what was lost; where nothing was, or nobody knows it, the last one of the backup."""
    return (chain.shared, chain.shared_mac) if chain and chain.lost else (number, mac)


def _anchor(why: str, entry: tuple[int, str], access: tuple[int, str]) -> Anchor:
    return Anchor(ring().installation, datetime.now(UTC).isoformat(timespec="seconds"), why, *entry, *access)
