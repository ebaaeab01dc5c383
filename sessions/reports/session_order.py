"""In which order the list of sessions stands, and any page of it found at once: from a session onwards, never by counting.

An order is a row of stretches. Those of a name, a number or a time are one stretch, read along an index. Those of a word
(what happened, a site, a physician) are one stretch for each word, in the order in which a person reads the words, so that
a page asks for the stretches that are left and takes what fills it. What is blank stands last, whichever the direction.
Every order ends in the key of the session, so that no two stand at one place.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from clinic.accounts.models import User
from clinic.lib.text import folded
from sessions.measures.sites import Indication, Site
from sessions.measures.words import RecordStatus, Status
from sessions.models import Device, Patient, SearchText, Session, SessionFigures

S, F, P, T = (f'"{model._meta.db_table}"' for model in (Session, SessionFigures, Patient, SearchText))
STARTED = f'{S}."started_at"'
NEVER_STARTED = f"{STARTED} IS NULL"
JOINS = {
    S: f'{F}."session_id" = {S}."id"',
    T: f'{S}."patient_id" = {T}."patient_id"',
    P: f'{S}."patient_id" = {P}."id"',
}
# So many stretches are asked for in one statement: SQLite takes 500.
STRETCHES = 200
HIGHEST = 2**63 - 1


@dataclass(frozen=True)
class Place:
    """Where a session stands: in which stretch, and where in it."""

    stretch: int
    keys: tuple[Any, ...]


@dataclass(frozen=True)
class Within:
    """The limits of a list: a condition on the figures, and from when until when its sessions start, where that is said."""

    condition: str = ""
    values: Sequence[Any] = ()
    first: datetime | None = None
    last: datetime | None = None

    def bounds(self, start: str, sign: str) -> list[tuple[str, Any]]:
        """The time again, of the column along which a list by time is read; the end at which a page begins says it itself."""
        ends = ((">", f"{start} >= %s", self.first), ("<", f"{start} < %s", self.last))
        return [(sql, _stored(moment)) for way, sql, moment in ends if moment is not None and way != sign]


@dataclass(frozen=True)
class Stretch:
    """A part of the order: its condition, and the columns by which it is sorted, the last of them unique."""

    condition: str
    values: tuple[Any, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """Stretch after stretch, each read along its keys, `down` from the highest; the tables as they are gone through."""

    tables: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    down: bool
    # What tells the stretch of a session, and its place in it: a column and the values of the stretches, if there are words.
    column: str = ""
    words: tuple[Any, ...] = ()
    # The index to be read along, where SQLite would take the keys of all sessions instead.
    index: str = ""

    @property
    def gone_through(self) -> str:
        """SQL: the tables, in the order in which they are gone through."""
        named = f' INDEXED BY "{self.index}"' if self.index and connection.vendor == "sqlite" else ""
        return " CROSS JOIN ".join(self.tables) + named

    @property
    def columns(self) -> tuple[str, ...]:
        """What must be read of a session to know its place."""
        return (self.column, *self.stretches[0].keys) if self.column else self.stretches[0].keys

    def place(self, values: Sequence[Any]) -> Place:
        """The place of the session of which these `columns` were read."""
        if self.column:
            word, *keys = values
            last = len(self.words) - 1
            return Place(self.words.index(word) if word in self.words else last, tuple(keys))
        kept = tuple(value for value in values if value is not None)
        return Place(0 if len(kept) == len(values) else 1, kept)

    def after(self, one: Place, other: Place) -> bool:
        """Whether `one` stands after `other`."""
        if one.stretch != other.stretch:
            return one.stretch > other.stretch
        return one.keys < other.keys if self.down else one.keys > other.keys

    def sorted(self, places: dict[int, Place]) -> list[int]:
        """These sessions in their order."""
        parts: dict[int, list[int]] = {}
        for pk, place in places.items():
            parts.setdefault(place.stretch, []).append(pk)
        for part in parts.values():
            part.sort(key=lambda pk: places[pk].keys, reverse=self.down)
        return [pk for stretch in sorted(parts) for pk in parts[stretch]]


def binary(column: str) -> str:
    """SQL: text by its signs alone, the same on both engines and in every language."""
    return f'{column} COLLATE "C"' if connection.vendor == "postgresql" else column


def _along(tables: tuple[str, ...], *keys: str) -> Callable[[bool], Order]:
    return lambda down: Order(tables, (Stretch("", (), keys),), down)


def _started(down: bool) -> Order:
    own = f'{S}."id"'
    begun = Stretch(f"{STARTED} IS NOT NULL", (), (STARTED, own))
    return Order((S, F), (begun, Stretch(NEVER_STARTED, (), (own,))), down)


def _by(column: str, words: Iterable[Any], blank: Any, down: bool) -> Order:
    """Each of `words` a stretch, what is `blank` the last one; within, the session that was written last first."""
    ordered = [*words]
    ordered = [*(reversed(ordered) if down else ordered), blank]
    name, keys = f'{F}."{column}"', (f'{F}."session_id"',)
    # As its index says: it is for this list alone (SessionFigures). SQLite is told that this leaves nobody out, so that it
    # begins at the place of a page and not at the first key.
    alone = f"{keys[0]} > 0"
    among = f"{f'likelihood({alone}, 0.9999)' if connection.vendor == 'sqlite' else alone} AND {name}"
    stretches = [Stretch(f"{among} = %s", (word,), keys) for word in ordered[:-1]]
    last = Stretch(f"{among} IS NULL", (), keys) if blank is None else Stretch(f"{among} = %s", (blank,), keys)
    return Order((F,), (*stretches, last), True, name, tuple(ordered), f"session_by_{column.removesuffix('_id')}")


def _labels(choices: Iterable[tuple[str, Any]]) -> list[str]:
    """The codes in the order of their words, as the reader reads them."""
    return [code for code, _label in sorted(choices, key=lambda choice: (folded(str(choice[1])), choice[0]))]


def _people() -> list[int]:
    names = User.objects.order_by("id").values_list("pk", "full_name")
    return [pk for pk, _name in sorted(names, key=lambda one: (folded(one[1]), one[0]))]


def _devices() -> list[int]:
    return [device.pk for device in sorted(Device.objects.order_by("id"), key=lambda one: (folded(str(one)), one.pk))]


ORDERS: dict[str, Callable[[bool], Order]] = {
    "started_at": _started,
    "patient": lambda down: _along((T, S, F), binary(f'{T}."name"'), f'{T}."patient_id"', f'{S}."id"')(down),
    "record_number": lambda down: _along((P, S, F), binary(f'{P}."record_number"'), f'{S}."id"')(down),
    "indication": lambda down: _by("indication", _labels(Indication.choices), "", down),
    "number": _along((S, F), f'{S}."number"', f'{S}."id"'),
    "sites": lambda down: _by("site", _labels(Site.choices), "", down),
    "status": lambda down: _by("status", _labels(Status.choices), "", down),
    "record_status": lambda down: _by("record_status", _labels(RecordStatus.choices), "", down),
    "physician": lambda down: _by("physician_id", _people(), 0, down),
    "device": lambda down: _by("device_id", _devices(), None, down),
}
# Newest first, as long as nobody asks for another order.
USUAL = "-started_at"


def order_of(sort: str) -> Order:
    """The order that a column and, with a hyphen before it, the direction down stand for."""
    return ORDERS[sort.removeprefix("-")](sort.startswith("-"))


def places_of(order: Order, condition: str, values: Sequence[Any]) -> dict[int, Place]:
    """Where the sessions stand of which `condition` holds: a few, by a key of theirs."""
    # From the sessions on: SQLite goes through the tables as they are named.
    tables = [S, F, *(table for table in (T, P) if table in order.tables)]
    joined = " AND ".join(JOINS[table] for table in tables if table in JOINS)
    rows = _asked(
        f'SELECT {F}."session_id", {", ".join(order.columns)} FROM {" CROSS JOIN ".join(tables)} '  # noqa: S608 -- names of our own tables
        f"WHERE {joined} AND {condition}",
        values,
    )
    return {pk: order.place(said) for pk, *said in rows}


def page_of(order: Order, within: Within, start: Place | None, size: int, *, back: bool = False) -> list[int]:
    """The keys of the next `size` sessions after `start`, or before it with `back`, in the order of the list."""
    last = len(order.stretches) - 1
    begin = start.stretch if start is not None else last if back else 0
    numbers = list(range(begin, -1, -1) if back else range(begin, last + 1))
    found: list[int] = []
    for first in range(0, len(numbers), STRETCHES):
        if len(found) < size:
            found += _read(order, within, start, size - len(found), numbers[first : first + STRETCHES], back)
    return found[::-1] if back else found


def _read(order: Order, within: Within, start: Place | None, size: int, numbers: list[int], back: bool) -> list[int]:
    parts = _parts(order, within, start, size, numbers, back)
    values = [value for _statement, said in parts for value in said]
    if len(parts) == 1:
        return [row[1] for row in _asked(parts[0][0], values)]
    union = " UNION ALL ".join(
        f"SELECT * FROM ({statement}) part{number}"  # noqa: S608 -- as above
        for number, (statement, _values) in enumerate(parts)
    )
    rows = _asked(union, values)
    place = {number: index for index, number in enumerate(numbers)}
    rows.sort(key=lambda row: place[row[0]])  # each part comes as it was sorted
    return [row[1] for row in rows[:size]]


def _parts(
    order: Order, within: Within, start: Place | None, size: int, numbers: list[int], back: bool
) -> list[tuple[str, list[Any]]]:
    """The statements for these stretches: one for all words on PostgreSQL, where to plan each of them takes the most time."""
    at_once: list[int] = []
    if order.column and connection.vendor == "postgresql":
        at_once = [number for number in numbers if order.words[number] is not None]
    others = [number for number in numbers if number not in at_once]
    together = [_word_after_word(order, within, start, size, at_once, back)] if at_once else []
    return [*together, *(_part(order, within, start, size, number, back) for number in others)]


def _word_after_word(
    order: Order, within: Within, start: Place | None, size: int, numbers: list[int], back: bool
) -> tuple[str, list[Any]]:
    """One plan for all of these words, in turn as far as the page reaches (PostgreSQL)."""
    down = order.down != back
    sign, least, way = ("<", ">=", "DESC") if down else (">", "<=", "ASC")
    key = order.stretches[0].keys[-1]
    edge = HIGHEST if down else 0
    edges = [start.keys[-1] if start is not None and start.stretch == number else edge for number in numbers]
    words = [order.words[number] for number in numbers]
    kind = "text" if isinstance(words[0], str) else "bigint"
    # Not "= word": then the order by key alone would do, and the engine might go through all sessions for a rare word.
    of_word = f"({order.column}, {key}) {sign} (w.word, w.edge) AND {order.column} {least} w.word"
    conditions = " AND ".join(part for part in (f"{key} > 0", of_word, within.condition) if part)
    statement = (
        f"SELECT w.part AS part, x.session_id FROM unnest(%s::int[], %s::{kind}[], %s::bigint[]) "  # noqa: S608 -- as above
        f"WITH ORDINALITY w(part, word, edge, turn) CROSS JOIN LATERAL (SELECT {key} FROM {order.gone_through} "
        f"WHERE {conditions} ORDER BY {order.column} {way}, {key} {way} LIMIT {int(size)}) x "
        f"ORDER BY w.turn, x.session_id {way} LIMIT {int(size)}"
    )
    return statement, [numbers, words, edges, *within.values]


def _part(
    order: Order, within: Within, start: Place | None, size: int, number: int, back: bool
) -> tuple[str, list[Any]]:
    """The statement for one stretch, from its beginning or from `start`."""
    stretch, down = order.stretches[number], order.down != back
    conditions = [JOINS[table] for table in order.tables if table in JOINS]
    conditions += [part for part in (stretch.condition, within.condition) if part]
    values = [*stretch.values, *within.values]
    sign = ("<" if down else ">") if start is not None and start.stretch == number else ""
    if stretch.condition == NEVER_STARTED and (within.first or within.last):
        conditions.append("1 = 0")  # no limit of time holds for them: none is looked at
    if stretch.keys[0] == STARTED:
        for bound, moment in within.bounds(STARTED, sign):
            conditions.append(bound)
            values.append(moment)
    if start is not None and sign:
        conditions.append(f"({', '.join(stretch.keys)}) {sign} ({', '.join(['%s'] * len(stretch.keys))})")
        values += start.keys
        if len(order.tables) > 2:  # said once more of the first table alone: so both engines begin there in its index
            own = [key for key in stretch.keys if key.startswith(order.tables[0])]
            conditions.append(f"({', '.join(own)}) {sign}= ({', '.join(['%s'] * len(own))})")
            values += start.keys[: len(own)]
    way = "DESC" if down else "ASC"
    sorted_by = ", ".join(f"{key} {way}" for key in stretch.keys)
    statement = (
        f'SELECT {int(number)} AS part, {F}."session_id" FROM {order.gone_through} '  # noqa: S608 -- as above
        f"WHERE {' AND '.join(conditions) or 'TRUE'} ORDER BY {sorted_by} LIMIT {int(size)}"
    )
    return statement, values


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _asked(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # As SQLite keeps a time: what its driver read as one goes back as the same text.
        text = connection.vendor == "sqlite"
        cursor.execute(statement, [str(value) if text and isinstance(value, datetime) else value for value in values])
        return cursor.fetchall()
