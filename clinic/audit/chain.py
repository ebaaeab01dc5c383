"""The chain of the record: one keyed entry per act, over the rows as the database stored them (docs/adr/0007).

There is no row that holds the head: the last entry is the head, so nothing here is ever updated.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone

from clinic.audit.keys import KeyMissing, Ring, ring
from clinic.audit.models import Act, Link, Shape
from clinic.audit.statements import run, run_together
from clinic.audit.stored import Told, as_text, content, in_one_form, json_places, reading, shape_now, telling, told
from clinic.lib.canonical import digest as digest_of

FORMAT = "logbook-link-1"
NOTHING_BEFORE = bytes(32)
CODE_DIGITS = 12
SHAPE_DIGITS = 16
# Two numbers name the lock on PostgreSQL; any two do that nothing else in this database uses.
LOCK = (1_864_427_831, 1)
# So many times as many acts as are asked for may stand in the range that is read for them.
MOST_BETWEEN = 2
_as_list = json.JSONEncoder(separators=(",", ":")).encode
LAST = 'SELECT "number", "mac", "key_id" FROM "audit_link" ORDER BY "number" DESC LIMIT 1'


@dataclass(frozen=True)
class Head:
    """The last entry of the chain; number 0 where there is none."""

    number: int
    mac: bytes
    at: datetime | None = None

    @property
    def code(self) -> str:
        return code_of(self.mac)


def code_of(mac: bytes) -> str:
    """The first twelve digits of an entry's code, in three groups: what a person can note and type back."""
    digits = mac.hex()[:CODE_DIGITS].upper()
    return "-".join(digits[start : start + 4] for start in range(0, CODE_DIGITS, 4))


def head() -> Head:
    """Where the chain stands now."""
    last = Link.objects.order_by("-number").values_list("number", "mac", "at").first()
    return Head(last[0], bytes(last[1]), last[2]) if last else Head(0, NOTHING_BEFORE)


def moment_text(at: datetime) -> str:
    """A moment as `clinic.audit.stored` reads it from either engine."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def mac_of(keys: Ring, number: int, previous: bytes, at: str, digest: bytes) -> bytes:
    """The code of an entry: HMAC-SHA-256 over a JSON list of all it says and of the code before."""
    said = [FORMAT, keys.installation, number, previous.hex(), at, digest.hex(), keys.key_id]
    return keys.mac(_as_list(said))


def add_link(act_id: int, act: str, rows: dict[str, list[Told]]) -> None:
    """Seal an act with its history rows as they were read back. The last thing in its transaction: it locks the head."""
    keys = ring()
    shape_digest = shape_now()[1]
    text = content(shape_digest, act, rows)
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
    number, previous = _locked_head(keys)
    at = timezone.now()
    mac = mac_of(keys, number + 1, previous, moment_text(at), digest)
    stored_at = connection.ops.adapt_datetimefield_value(at)
    run(_ADDING, [number + 1, act_id, stored_at, shape_digest[:SHAPE_DIGITS], digest, keys.key_id, mac])


_ADDING = (
    'INSERT INTO "audit_link" ("number", "act_id", "at", "shape_id", "digest", "key_id", "mac") '
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)


def _locked_head(keys: Ring) -> tuple[int, bytes]:
    """The last entry's number and code; nobody else adds one until this transaction ends."""
    last = locked(LOCK, LAST)
    if last is None:
        return 0, NOTHING_BEFORE
    if last[2] != keys.key_id:
        raise KeyMissing(f"The last entry was sealed with the key {last[2]}; the key here is {keys.key_id}.")
    return last[0], bytes(last[1])


def locked(lock: tuple[int, int], question: str) -> tuple[Any, ...] | None:
    """The first row of `question`, asked once no other writer stands before us. SQLite has one writer anyway."""
    if connection.vendor == "sqlite":
        return next(iter(run(question, [])), None)
    # One trip; the question is a statement of its own, so that it sees what the one before us has written.
    _nothing, found = run_together([("SELECT pg_advisory_xact_lock(%s, %s)", lock), (question, [])])
    return next(iter(found), None)


def keep_shape() -> None:
    """Have the columns that digests cover from now on stand in the database; part of setting it up."""
    text, digest = shape_now()
    if not Shape.objects.filter(pk=digest[:SHAPE_DIGITS]).exists():
        Shape.objects.bulk_create([Shape(name=digest[:SHAPE_DIGITS], columns=text)])


@dataclass(frozen=True)
class Content:
    """One entry and the very text that its digest is taken of."""

    link: Link
    text: str

    @property
    def fits(self) -> bool:
        return sha256(self.text.encode("utf-8", "surrogatepass")).digest() == bytes(self.link.digest)


def contents(numbers: Iterable[int]) -> list[Content]:
    """Entries with their contents read anew from the tables, in order."""
    links = list(Link.objects.filter(pk__in=list(numbers)).select_related("shape").order_by("number"))
    by_shape: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_shape[link.shape.columns].append(link)
    texts: dict[int, str] = {}
    for covered, group in by_shape.items():
        texts |= texts_of([link.act_id for link in group], covered)
    return [Content(link, texts.get(link.act_id, "")) for link in links]


def texts_of(act_ids: Sequence[int], covered: str) -> dict[int, str]:
    """What the digests of these acts are taken of, read anew: one question per table. `covered` is their shape's columns."""
    shape_digest = digest_of(covered)
    return {act_id: content(shape_digest, act, rows) for act_id, act, rows in _rows_of(act_ids, covered)}


def contents_of_acts(act_ids: Sequence[int]) -> Iterable[tuple[int, str, dict[str, list[Told]]]]:
    """Acts with their rows as today's columns read them, in order: for sealing what was written before the chain."""
    return _rows_of(act_ids, shape_now()[0])


def _rows_of(act_ids: Sequence[int], covered: str) -> Iterable[tuple[int, str, dict[str, list[Told]]]]:
    if not act_ids:  # PostgreSQL knows no empty list
        return []
    acts: dict[int, str] = {}
    rows: dict[int, dict[str, list[Told]]] = {act_id: {} for act_id in act_ids}
    for table, specs in json.loads(covered).items():
        own = table == Act._meta.db_table
        for row, act_id in _read(table, tuple(specs), "id" if own else "act_id", act_ids):
            if act_id not in rows:
                continue  # the row of an act between these
            if own:
                acts[act_id] = row[1]
            else:
                rows[act_id].setdefault(table, []).append(row)
    return [(act_id, acts[act_id], rows[act_id]) for act_id in act_ids if act_id in acts]


def _read(table: str, specs: tuple[str, ...], by: str, act_ids: Sequence[int]) -> Iterable[tuple[Told, int]]:
    """The rows of these acts as text. Where SQLite cannot write one as JSON, somebody put bytes into it: value by value."""
    vendor = connection.vendor
    try:
        found = _asked(telling(specs, vendor), table, by, act_ids)
        return zip(told((row[:-1] for row in found), specs, vendor), [row[-1] for row in found], strict=True)
    except (OperationalError, ValueError):
        if vendor != "sqlite":
            raise
    found = _asked(reading(specs, vendor), table, by, act_ids)
    rows = in_one_form((row[:-1] for row in found), json_places(specs))
    return zip([(row[0], as_text(row)) for row in rows], [row[-1] for row in found], strict=True)


def _asked(what: str, table: str, by: str, act_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    which, values = _among(act_ids)
    statement = f'SELECT {what.replace("%", "%%")}, "{by}" FROM "{table}" WHERE "{by}" {which}'  # noqa: S608 -- names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _among(act_ids: Sequence[int]) -> tuple[str, list[Any]]:
    """SQL: one of these acts. Acts mostly follow each other, and one look into an index finds them all.

    A range may hold other acts, too; each value by itself costs as much as a row.
    """
    if act_ids and all(type(act_id) is int for act_id in act_ids):
        first, last = min(act_ids), max(act_ids)
        if last - first < MOST_BETWEEN * len(act_ids):
            return "BETWEEN %s AND %s", [first, last]
    return f"IN ({', '.join(['%s'] * len(act_ids))})", list(act_ids)
