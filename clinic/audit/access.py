"""Accesses: who saw which patient, who logged in or could not. At most one per person, record and page view.

Looks wait in the request and are written with the act that follows, in its transaction, or before the answer leaves
(`clinic.gate`). They form a chain of their own, in months that are sealed when the next one begins.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from clinic.audit.chain import LOCK, NOTHING_BEFORE, locked, moment_text
from clinic.audit.keys import Ring, ring
from clinic.audit.models import Access, Seal
from clinic.audit.queue import one_writer
from clinic.audit.statements import run

FORMAT = "logbook-access-1"
SEAL_FORMAT = "logbook-seal-1"
OWN_LOCK = (LOCK[0], 2)
LAST = 'SELECT "number", "mac", "at" FROM "audit_access" WHERE "number" IS NOT NULL ORDER BY "number" DESC LIMIT 1'
LOOKS_AT_ONCE = 500

_waiting: ContextVar[tuple[Access, ...]] = ContextVar("accesses that wait to be written", default=())


def record_look(request: HttpRequest, patient_ids: Iterable[int], kind: str) -> None:
    """Say that this request shows these patients; a list of seven names seven. Empty lists count as recorded."""
    seen: set[int] = getattr(request, "patients_seen", set())
    new = [patient_id for patient_id in dict.fromkeys(patient_ids) if patient_id not in seen]
    request.patients_seen = seen | set(new)  # type: ignore[attr-defined]
    now, detail = timezone.now(), getattr(request, "look_detail", "")
    looks = (_access(kind, now, request, request.user, patient_id, detail) for patient_id in new)
    _waiting.set((*_waiting.get(), *looks))


def record_event(kind: str, *, request: HttpRequest | None = None, by: Any = None, detail: str = "") -> None:
    """Write down at once what is no look at a patient: a log-in, one that failed, a log-out."""
    with one_writer(), transaction.atomic(savepoint=False):
        _write([_access(kind, timezone.now(), request, by, None, detail)])


def record_looks(*, by: Any, patient_ids: Iterable[int], kind: str, detail: str = "") -> None:
    """Write down at once whom a file shows that was made for `by` while nobody waited; so many at a time that others
    can write in between.
    """
    shown = sorted(patient_ids)
    for start in range(0, len(shown), LOOKS_AT_ONCE):
        with one_writer(), transaction.atomic(savepoint=False):
            now = timezone.now()
            _write([_access(kind, now, None, by, pk, detail) for pk in shown[start : start + LOOKS_AT_ONCE]])


def write_waiting() -> None:
    """Write the looks that wait, in the transaction that is open."""
    if waiting := _waiting.get():
        _write(list(waiting))
        _waiting.set(())


@contextmanager
def looks_kept_if_undone() -> Iterator[None]:
    """Where an act is undone after it wrote the looks that waited, they wait again: the page was seen all the same."""
    before = _waiting.get()
    try:
        yield
    except BaseException:
        _waiting.set((*before, *(look for look in _waiting.get() if look not in before)))
        raise


def write_before_answer() -> None:
    """Write the looks that no act took along, in a transaction of their own."""
    if _waiting.get():
        with one_writer(), transaction.atomic(savepoint=False):
            write_waiting()


def forget_waiting() -> None:
    """A request begins, or ended without showing anything: nothing of another one waits."""
    _waiting.set(())


def _access(
    kind: str, at: datetime, request: HttpRequest | None, by: Any, patient_id: int | None, detail: str = ""
) -> Access:
    match = request.resolver_match if request else None
    record = match.kwargs.get("uid") if match else None
    known = by is not None and by.pk is not None
    return Access(
        at=at,
        by_id=by.pk if known else None,
        by_name=by.get_full_name() if known else "",
        patient_id=patient_id,
        kind=kind,
        route=match.view_name if match else "",
        record=record if isinstance(record, UUID) else None,
        address=_address(request) if request else None,
        detail=detail,
    )


def _address(request: HttpRequest) -> str | None:
    """The address at the other end of the line, without the zone that some networks add (fe80::1%eth0)."""
    try:
        found = ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0])
    except ValueError:  # a local socket has none
        return None
    return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else str(found)


def _write(accesses: list[Access]) -> None:
    keys = ring()
    last = locked(OWN_LOCK, LAST)
    number, mac, before = _after_seals() if last is None else (last[0], bytes(last[1]), _as_moment(last[2]))
    if before is not None and month_of(before) < month_of(accesses[0].at):
        _seal(keys, month_of(before), number, mac)
    for access in accesses:
        number += 1
        access.number = number
        mac = access.mac = access_mac(keys, mac, said_by(access))
    run(_inserting(len(accesses)), [value for access in accesses for value in _values(access)])


COLUMNS = ("number", "at", "by_id", "by_name", "patient_id", "kind", "route", "record", "address", "detail", "mac")


@lru_cache(maxsize=100)
def _inserting(rows: int) -> str:
    """The statement that inserts so many accesses."""
    one = f"({', '.join(['%s'] * len(COLUMNS))})"
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    return f'INSERT INTO "audit_access" ({names}) VALUES {", ".join([one] * rows)}'  # noqa: S608 -- names of our own table


def _values(access: Access) -> list[Any]:
    known = access.record.hex if access.record and connection.vendor == "sqlite" else access.record
    at = connection.ops.adapt_datetimefield_value(access.at)
    start = [access.number, at, access.by_id, access.by_name, access.patient_id, access.kind, access.route]
    return [*start, known, access.address, access.detail, access.mac]


def said_by(access: Access) -> list[Any]:
    """What an access says, in the one form that is sealed."""
    return [
        access.number,
        moment_text(access.at),
        access.by_id,
        access.by_name,
        access.patient_id,
        access.kind,
        access.route,
        access.record.hex if access.record else None,
        access.address,
        access.detail,
    ]


def access_mac(keys: Ring, previous: bytes, said: list[Any]) -> bytes:
    """The code of an access: HMAC-SHA-256 over a JSON list of all it says and of the code before."""
    return keys.mac(json.dumps([FORMAT, keys.installation, previous.hex(), *said], separators=(",", ":")))


def month_of(at: datetime) -> str:
    """The month in which an access is sealed, in UTC."""
    return moment_text(at)[:7]


def _as_moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return timezone.make_aware(datetime.fromisoformat(value), timezone.get_fixed_timezone(0))


def _after_seals() -> tuple[int, bytes, None]:
    """Where the chain goes on when every access has been purged."""
    seal = Seal.objects.order_by("-last").first()
    return (seal.last, bytes(seal.after), None) if seal else (0, NOTHING_BEFORE, None)


def _seal(keys: Ring, month: str, last: int, after: bytes) -> None:
    before = Seal.objects.order_by("-last").first()
    if before and before.month >= month:  # the clock was set back over the end of a month: the next seal takes all
        return
    seal = Seal(
        month=month,
        first=before.last + 1 if before else 1,
        last=last,
        before=bytes(before.after) if before else NOTHING_BEFORE,
        after=after,
        at=timezone.now(),
        key_id=keys.key_id,
    )
    seal.mac = seal_mac(keys, seal)
    Seal.objects.bulk_create([seal])


def seal_mac(keys: Ring, seal: Seal) -> bytes:
    """The code of a sealed month."""
    ends = [seal.month, seal.first, seal.last, bytes(seal.before).hex(), bytes(seal.after).hex()]
    said = [SEAL_FORMAT, keys.installation, *ends, moment_text(seal.at), seal.key_id]
    return keys.mac(json.dumps(said, separators=(",", ":")))
