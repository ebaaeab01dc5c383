"""A long history in short time: a block of real records, and copies of it, row for row.

The block is written by the acts. A copy is what the same acts would write again for other patients on other days: its
live rows, its history, its acts, its signatures over their own contents, and an entry of the chain for each act over the
rows as the database stored them. For a logbook that is filled to be measured; no clinic's record is ever written so.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import chain
from random import Random
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone

from clinic.audit.chain import SHAPE_DIGITS, head, mac_of, moment_text, texts_of
from clinic.audit.keys import ring
from clinic.audit.models import Act, Link
from clinic.audit.stored import history_of, recorded_models, shape_now
from clinic.lib.canonical import digest
from sessions.management.haste import say, side_by_side
from sessions.models import Addendum, Patient, Session, Signature

ENTRIES_AT_ONCE, ROWS_AT_ONCE = 1000, 500
# So many copies may wait to be sealed: while they do, the database still has their rows at hand.
AHEAD = 2
# The digits of an identifier that tell a copy: its last group.
TOLD_BY = 12
# What an act says of its own time, and what no copy moves.
NOW = ("at", "history_date", "signed_at")
KEPT = ("birth_date",)
# A copy begins so many days and minutes later than the block, in turn: days and moments do not heap up.
DAYS, MINUTES = 28, 50
# Of what was signed, all that a copy says in its own way; each value is a JSON text.
OWN = re.compile(
    r'(?<="uid":")(?P<uid>[^"]+)|(?<="record_number":")(?P<record_number>[^"]+)|(?<="sample_id":")(?P<sample_id>[^"]+)'
    r'|(?<="family_name":")(?P<family_name>(?:[^"\\]|\\.)*)|(?<="signed_at":")(?P<signed_at>[^"]+)'
    r'|(?<!"birth_date":)(?<=")(?P<moment>\d{4}-\d\d-\d\dT[^"]+Z)(?=")|(?<!"birth_date":")(?P<day>\b\d{4}-\d\d-\d\d)(?=")'
)
SYLLABLES = ["ba", "bel", "ber", "bon", "car", "cha", "cor", "da", "del", "dé", "du", "fa", "far", "gar", "gau", "guy", "ha", "hé", "jo", "la", "le", "li", "lo", "ma", "mar", "mé", "mo", "na", "noë", "pa", "per", "pi", "ra", "ri", "ro", "sau", "si", "ta", "ti", "va", "vi"]  # fmt: skip
# A signature taken apart: texts that stay, and after each what a copy says in its own way.
Pieces = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Turn:
    """One copy: which, and what it says in its own way."""

    number: int
    at: datetime

    @property
    def told_by(self) -> str:
        return f"{self.number:0{TOLD_BY}x}"

    @property
    def later(self) -> timedelta:
        return timedelta(days=self.number % DAYS, minutes=self.number // DAYS % MINUTES)


@dataclass(frozen=True)
class Block:
    """The keys of what was written, first and last, by table; and what of it is made anew for each copy."""

    spans: dict[type[models.Model], tuple[int, int]]
    signatures: list[tuple[dict[str, Any], Pieces]]
    shared: frozenset[str]
    moves: bool

    def shift(self, model: type[models.Model], turn: Turn) -> int:
        """By how much the keys of a copy lie behind those of the block; none for what all copies share."""
        first, last = self.spans.get(model, (1, 0))
        return (last - first + 1) * turn.number


def written(tell: Callable[[], None], *, moves: bool = True) -> Block:
    """The block that `tell` writes by its acts; `moves`: its copies lie on other days."""
    before = _last_keys()
    # Of what stands already (devices) all copies say the same.
    shared = frozenset(str(row.uid) for model in recorded_models() for row in _with_uid(model))
    tell()
    spans = {model: (before[model] + 1, last) for model, last in _last_keys().items() if last > before[model]}
    signatures = _stored(Signature, spans[Signature]) if Signature in spans else []
    know_sizes()
    return Block(spans, [(row, _pieces(row["content"])) for row in signatures], shared, moves)


def copy(block: Block, number: int) -> None:
    """The block once more, in one transaction: the copy of this number, from 1."""
    turn = Turn(number, timezone.now())
    with transaction.atomic():
        seal(_without_entries(block, turn), turn.at)


def copies(block: Block, numbers: Iterable[int], other: Executor | None) -> Iterator[int]:
    """One copy after the other; with another process, that one seals a copy while the next ones are written here."""
    sealing: deque[Future[None]] = deque()
    for number in numbers:
        if other is None:
            copy(block, number)
        else:
            turn = Turn(number, timezone.now())
            with transaction.atomic():
                acts = _without_entries(block, turn)
            sealing.append(other.submit(seal, acts, turn.at))
            if len(sealing) > AHEAD:
                sealing.popleft().result()
        yield number
    for last in sealing:
        last.result()


def _without_entries(block: Block, turn: Turn) -> range:
    """All of a copy but its entries in the chain; the acts that still want one."""
    _insert_moved(Act, Act, block, turn)
    live = [model for model in recorded_models() if model in block.spans]
    for model in sorted(live, key=lambda model: (model is Signature, model._meta.db_table)):
        if model is Signature:
            _sign(block, turn)
        else:
            _insert_moved(model, model, block, turn)
        if model is Patient:
            _name(block, turn)
    for model in recorded_models():
        if history_of(model) in block.spans:
            _insert_moved(history_of(model), model, block, turn)
    first, last = (key + block.shift(Act, turn) for key in block.spans[Act])
    return range(first, last + 1)


def know_sizes(tables: Iterable[str] = (), other: Executor | None = None) -> None:
    """The database counts its rows (no tables named: of every one), or it asks in the wrong order; and the next keys follow
    those that were given here.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            every = [Act, *recorded_models(), *map(history_of, recorded_models())]
            for statement in connection.ops.sequence_reset_sql(no_style(), every):
                cursor.execute(statement)
    side_by_side(say, [f'ANALYZE "{table}"' for table in tables] or ["ANALYZE"], other)


def copied_tables() -> list[str]:
    """Every table that a copy writes to."""
    models = [Act, Link, *recorded_models(), *map(history_of, recorded_models())]
    return [model._meta.db_table for model in models]


def _all(model: type[models.Model]) -> models.QuerySet[Any]:
    """Every row of a table, past the acts."""
    return models.QuerySet(model)


def _last_keys() -> dict[type[models.Model], int]:
    tables: list[type[models.Model]] = [Act, *recorded_models(), *map(history_of, recorded_models())]
    return {model: _all(model).aggregate(last=Max("pk"))["last"] or 0 for model in tables}


def _stored(model: type[models.Model], span: tuple[int, int]) -> list[dict[str, Any]]:
    """Rows as the driver gives them, to be written as they are."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}" WHERE "id" BETWEEN %s AND %s ORDER BY "id"', span)  # noqa: S608 -- names of our own tables
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(model: type[models.Model], names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Rows of values as the driver takes them."""
    if connection.vendor == "postgresql":
        with (
            connection.cursor() as cursor,
            cursor.copy(f'COPY "{model._meta.db_table}" ({", ".join(names)}) FROM STDIN') as lines,
        ):
            for row in rows:
                lines.write_row(row)
        return
    into = f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) VALUES '  # noqa: S608 -- as above
    one = f"({', '.join(['%s'] * len(names))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            cursor.execute(into + ", ".join([one] * len(some)), list(chain.from_iterable(some)))


def _with_uid(model: type[models.Model]) -> Iterator[Any]:
    names = {field.name for field in model._meta.concrete_fields}
    return iter(_all(model).only("uid")) if "uid" in names else iter(())


# --- Rows ----------------------------------------------------------------------------------------


def _insert_moved(table: type[models.Model], of: type[models.Model], block: Block, turn: Turn) -> None:
    """The rows of the block once more, moved behind it, by the database itself; `of` is whose rows or history they are."""
    fields = [field for field in table._meta.local_concrete_fields if field.name != "history_id"]
    names = ", ".join(f'"{field.column}"' for field in fields)
    moved = [_moved(field, of, block, turn) for field in fields]
    values = [connection.ops.adapt_datetimefield_value(turn.at)] * moved.count("%s")
    key, (first, last) = table._meta.pk.column, block.spans[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table._meta.db_table}" ({names}) SELECT {", ".join(moved)} FROM "{table._meta.db_table}" h '  # noqa: S608 -- names of our own tables
            f'WHERE "{key}" BETWEEN {first} AND {last} ORDER BY "{key}"',
            values,
        )


def _moved(field: models.Field, of: type[models.Model], block: Block, turn: Turn) -> str:
    """SQL: the column in a copy. Keys move, identifiers and labels tell the copy, what the act says of the time is now."""
    column = f'"{field.column}"'
    points_to = of if field.name == "id" else Patient if field.name == "patient_id" else field.related_model
    if points_to in block.spans:
        return f"{column} + {block.shift(points_to, turn)}"
    if isinstance(field, models.UUIDField) and connection.vendor == "postgresql":
        return f"overlay({column}::text placing '{turn.told_by}' from {37 - TOLD_BY})::uuid"
    if isinstance(field, models.UUIDField) or field.name == "subject":
        return f"substr({column}, 1, length({column}) - {TOLD_BY}) || '{turn.told_by}'"
    if field.model is not of and (of, field.name) in ((Signature, "digest"), (Patient, "family_name")):
        return f'(SELECT s.{column} FROM "{of._meta.db_table}" s WHERE s."id" = h."id" + {block.shift(of, turn)})'  # noqa: S608 -- as above
    if field.name in ("record_number", "sample_id"):
        return f"{column} || '.{turn.number}'"
    if field.name in NOW:
        return "%s"
    if isinstance(field, models.DateField) and field.name not in KEPT and block.moves:
        return _later(field, turn)
    return column


def _later(field: models.Field, turn: Turn) -> str:
    """SQL: the day or moment of the block moved by what the copy is later; a month by the day that it was of."""
    column, days, seconds = f'"{field.column}"', turn.later.days, int(turn.later.total_seconds())
    of_month = '(SELECT f."day" FROM "logbook_sessionfigures" f WHERE f."session_id" = h."id")'
    if connection.vendor == "postgresql":
        if field.name == "month":
            return f"date_trunc('month', {of_month} + {days})::date"
        return (
            f"{column} + interval '{seconds} seconds'"
            if isinstance(field, models.DateTimeField)
            else f"{column} + {days}"
        )
    if field.name == "month":
        return f"date({of_month}, '+{days} days', 'start of month')"
    if isinstance(field, models.DateTimeField):
        return f"datetime({column}, '+{seconds} seconds')"
    return f"date({column}, '+{days} days')"


def _name(block: Block, turn: Turn) -> None:
    """Give the patients of a copy names of their own."""
    keys = (key + block.shift(Patient, turn) for key in block.spans[Patient])
    patients = list(Patient.objects.filter(pk__range=tuple(keys)))
    for patient in patients:
        patient.family_name = family_name(str(patient.uid))
        patient.fold()
    # One by its key at a time: of so few rows the database thinks that it may as well read them all.
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE logbook_patient SET family_name = %s, folded_name = %s WHERE id = %s",
            [(patient.family_name, patient.folded_name, patient.pk) for patient in patients],
        )


def family_name(uid: str) -> str:
    """An invented name, the same for the same identifier."""
    chance = Random(uid)  # noqa: S311 -- a name, not a secret
    return "".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4)))).capitalize()


# --- Signatures and the chain --------------------------------------------------------------------


def _pieces(content: str) -> Pieces:
    """What was signed, taken apart; the family name stands with the identifier that its copy is named by."""
    uid = json.loads(content)["patient"]["uid"]
    pieces, end = [], 0
    for found in OWN.finditer(content):
        kind = found.lastgroup or ""
        pieces.append((content[end : found.start()], kind, uid if kind == "family_name" else found[0]))
        end = found.end()
    return [*pieces, (content[end:], "", "")]


def _sign(block: Block, turn: Turn) -> None:
    """Signatures over what the copies say of themselves."""
    said: dict[tuple[str, str], str] = {}
    copies, at = [], connection.ops.adapt_datetimefield_value(turn.at)
    for row, pieces in block.signatures:
        for _text, kind, value in pieces:
            if (kind, value) not in said:
                said[kind, value] = _said(kind, value, block, turn)
        content = "".join(chain.from_iterable((text, said[kind, value]) for text, kind, value in pieces))
        own = {
            "id": row["id"] + block.shift(Signature, turn),
            "session_id": row["session_id"] + block.shift(Session, turn),
            "addendum_id": row["addendum_id"] and row["addendum_id"] + block.shift(Addendum, turn),
            "signed_at": at,
            "content": content,
            "digest": digest(content),
        }
        copies.append(tuple((row | own).values()))
    _insert(Signature, list(block.signatures[0][0]) if copies else [], copies)


def _said(kind: str, value: str, block: Block, turn: Turn) -> str:
    """How a copy says this value of what was signed."""
    if kind == "uid":
        return value if value in block.shared else value[:-TOLD_BY] + turn.told_by
    if kind == "family_name":
        return family_name(value[:-TOLD_BY] + turn.told_by)
    if kind in ("record_number", "sample_id"):
        return f"{value}.{turn.number}"
    if kind == "signed_at":
        return _moment(turn.at)
    if kind == "moment" and block.moves:
        return _moment(datetime.fromisoformat(value) + turn.later)
    if kind == "day" and block.moves:
        return (date.fromisoformat(value) + timedelta(days=turn.later.days)).isoformat()
    return value


def _moment(at: datetime) -> str:
    return f"{moment_text(at).replace(' ', 'T')}Z"


def seal(acts: range, at: datetime) -> None:
    """An entry of the chain for each of these acts, over its rows as the database stored them."""
    with transaction.atomic():
        for begin in range(0, len(acts), ENTRIES_AT_ONCE):
            _seal(acts[begin : begin + ENTRIES_AT_ONCE], at)


def _seal(act_ids: range, at: datetime) -> None:
    keys, (covered, shape), last = ring(), shape_now(), head()
    number, mac, moment, said_at = last.number, last.mac, connection.ops.adapt_datetimefield_value(at), moment_text(at)
    texts, links = texts_of(act_ids, covered), []
    for act_id in act_ids:
        sealed = sha256(texts[act_id].encode("utf-8", "surrogatepass")).digest()
        number, mac = number + 1, mac_of(keys, number + 1, mac, said_at, sealed)
        links.append((number, act_id, moment, shape[:SHAPE_DIGITS], sealed, keys.key_id, mac))
    _insert(Link, ("number", "act_id", "at", "shape_id", "digest", "key_id", "mac"), links)
