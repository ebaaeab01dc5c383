"""The chain of the accesses, and the seals of its months; months that were purged are bridged by their seals."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from clinic.audit.access import access_mac, seal_mac
from clinic.audit.chain import NOTHING_BEFORE
from clinic.audit.keys import Ring
from clinic.audit.models import Access, Act, Seal
from clinic.audit.stored import reading
from clinic.audit.verify.chain import as_code, numbers_after, out_of_place
from clinic.audit.verify.findings import Finding

AT_ONCE = 5000
SAID = (
    "number:plain",
    "at:moment",
    "by_id:plain",
    "by_name:plain",
    "patient_id:plain",
    "kind:plain",
    "route:plain",
    "record:uuid",
    "address:address",
    "detail:plain",
    "mac:bytes",
)
PURGE = "purge_accesses"


def check_accesses(keys: Ring) -> Iterator[Finding]:
    """Seals first, then every access in order."""
    seals = list(Seal.objects.order_by("first"))
    yield from _seals(keys, seals)
    words = _("Access %(number)s has no place in the chain.")
    for said in out_of_place("audit_access"):
        yield Finding("access added", f"access:{said}", words % {"number": said})
    unnumbered = Access.objects.filter(number__isnull=True).count()
    if unnumbered > keys.accesses_before:
        words = _("%(number)s accesses stand outside the chain: they were put in beside the program.")
        yield Finding("access added", "access", words % {"number": unnumbered - keys.accesses_before})
    if unnumbered < keys.accesses_before:
        words = _("%(number)s accesses from before the chain are missing.")
        yield Finding("access missing", "access", words % {"number": keys.accesses_before - unnumbered})
    yield from _accesses(keys, seals, 0, NOTHING_BEFORE)


def check_new_accesses(keys: Ring, number: int, code: str) -> Iterator[Finding]:
    """The accesses after this one, which had this code."""
    yield from _accesses(keys, list(Seal.objects.order_by("first")), number, as_code(code) or NOTHING_BEFORE)


def _seals(keys: Ring, seals: list[Seal]) -> Iterator[Finding]:
    last, after = 0, NOTHING_BEFORE
    for seal in seals:
        follows = seal.first == last + 1 and bytes(seal.before) == after
        if not follows or seal.key_id != keys.key_id or bytes(seal.mac) != seal_mac(keys, seal):
            words = _("The seal of the month %(month)s, or its place, is not as it was made.")
            yield Finding("seal altered", f"month:{seal.month}", words % {"month": seal.month})
        last, after = seal.last, bytes(seal.after)


def _accesses(keys: Ring, seals: list[Seal], number: int, mac: bytes) -> Iterator[Finding]:
    ends = {seal.last: seal for seal in seals}
    while rows := _after(number):
        for *said, own in rows:
            if number + 1 != said[0]:
                number, mac = _over_purged(seals, number, mac, said[0])
            if said[0] <= number:
                words = _("Access %(number)s stands in a month that was deleted as a whole.") % {"number": said[0]}
                yield Finding("access added", f"access:{said[0]}", words)
                continue
            if number + 1 != said[0]:
                yield _missing(number + 1, said[0] - 1, said[0])
            elif _mac(keys, mac, said) != as_code(own):
                words = _("Access %(number)s, or its place, is not as it was written.") % {"number": said[0]}
                yield Finding("access altered", f"access:{said[0]}", words)
            number, mac = said[0], as_code(own)
            if number in ends and bytes(ends[number].after) != mac:
                words = _("The last access of the month %(month)s is not the one that was sealed.")
                yield Finding("access altered", f"access:{number}", words % {"month": ends[number].month})
    last = max(ends, default=0)
    number, _last_mac = _over_purged(seals, number, mac, last + 1)
    if number < last:
        yield _missing(number + 1, last, number + 1)


def _mac(keys: Ring, previous: bytes, said: list[Any]) -> bytes | None:
    try:
        return access_mac(keys, previous, said)
    except (TypeError, UnicodeError):  # bytes where text belongs, text that is none: never what was written
        return None


def _over_purged(seals: list[Seal], number: int, mac: bytes, to: int) -> tuple[int, bytes]:
    """The place after the purged months that follow `number`; asked anew, since somebody may purge meanwhile."""
    purged = set(Act.objects.filter(kind=PURGE).values_list("subject", flat=True))
    for seal in seals:
        if seal.first <= number + 1 <= seal.last and number + 1 < to and f"month:{seal.month}" in purged:
            number, mac = seal.last, bytes(seal.after)
    return number, mac


def _missing(first: int, last: int, at: int) -> Finding:
    words = _("Accesses %(first)s to %(last)s are missing.") % {"first": first, "last": last}
    return Finding("access missing", f"access:{at}", words)


def _after(number: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {reading(SAID, connection.vendor)} FROM "audit_access" '  # noqa: S608 -- names of our own table
            f'WHERE {numbers_after(number).format(table="")} ORDER BY "number" LIMIT {AT_ONCE}'
        )
        return cursor.fetchall()
