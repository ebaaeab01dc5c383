"""Find people by any part of a name or record number and by date of birth, quickly enough to do it while typing.

Order: whose name begins as typed, then those of whom words begin so, then the others; each by name and key. Of parts that
hundreds of people share, so many are read as are needed to say that there are more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone

from clinic.lib.text import searched
from sessions.models import Patient, SearchText
from sessions.models.trigrams import PARTS, TABLE
from sessions.reports.typed_search import Reading, readings

MOST = 50
MOST_IN_FRAME = 8
# So many are put in order, at least: beyond, who is shown of those of equal rank is left to the database.
READ = 100
PART = 3  # the signs of a part in the index: shorter ones are looked for at the beginning of words
# The signs of a word that may well be rare, so that those who have it are few enough to be read.
RARE = 6


@dataclass(frozen=True)
class Found:
    """Who was found, best first, and whether there are more than were asked for."""

    patients: list[Patient]
    more: bool = False


Line = tuple[int, str, str]  # key, name, text


def find_patients(typed: str, *, most: int = MOST, today: date | None = None) -> Found:
    """At most `most` patients whom what was typed fits."""
    ways = readings(typed, today or timezone.localdate())
    begins = searched(typed)
    lines: dict[int, Line] = {}
    if any(not way.first for way in ways):
        lines |= _by_key(_named(begins, most + 1))
    if len(lines) <= most:
        for way in ways:
            lines |= _by_key(_born(way) if way.first else _with_parts(way.words, most))
    ranked = sorted(lines.values(), key=lambda line: (_rank(line, begins), line[1], line[0]))
    keys = [key for key, _name, _text in ranked[:most]]
    patients = Patient.objects.order_by().in_bulk(keys)
    return Found([patients[key] for key in keys if key in patients], len(ranked) > most)


def _by_key(lines: Iterable[Line]) -> dict[int, Line]:
    return {line[0]: line for line in lines}


def _rank(line: Line, begins: str) -> int:
    if begins and line[1].startswith(begins):
        return 0
    return 1 if all(f" {word}" in line[2] for word in begins.split()) else 2


def _named(begins: str, most: int) -> list[Line]:
    """Whose names, family name first, begin so: one stretch of the index, in its order."""
    name = '"name" COLLATE "C"' if connection.vendor == "postgresql" else '"name"'
    return _asked(
        f'SELECT "patient_id", "name", "text" FROM "{TABLE}" WHERE {name} >= %s AND {name} < %s '  # noqa: S608 -- names of our own tables
        f'ORDER BY {name}, "patient_id" LIMIT {int(most)}',
        [begins, begins + chr(0x10FFFF)],
    )


def _with_parts(words: tuple[str, ...], most: int) -> list[Line]:
    """Those who have these parts; where they may be many, those of whom words begin so come before.

    The others are not asked for where those of whom a word begins so are all known, and more than are shown.
    """
    begin, hold = list(map(_beginning, words)), list(map(_part, words))
    # One word alone begins many names; several together are seldom many, and told apart by their rank.
    first, then = (begin, hold) if len(words) == 1 else (hold, begin)
    found = _holding(first)
    wanted = len(found) < READ and len(found) <= most if len(words) == 1 else len(found) >= READ
    return [*found, *_holding(then)] if wanted and then != first else found


def _part(word: str) -> str:
    return word if len(word) >= PART else _beginning(word)


def _beginning(word: str) -> str:
    return f" {word}".rjust(PART)


def _holding(parts: list[str]) -> list[Line]:
    if connection.vendor == "postgresql":
        # As a step of its own, so that it is planned as if all were wanted: by the index, and never by reading all.
        holds = " AND ".join(['"text" LIKE %s'] * len(parts))
        statement = (
            f'WITH found AS MATERIALIZED (SELECT "patient_id", "name", "text" FROM "{TABLE}" WHERE {holds}) '  # noqa: S608 -- as above
            f"SELECT * FROM found LIMIT {READ}"
        )
        return _asked(statement, [f"%{part}%" for part in parts])
    try:
        return _matching(parts)
    except OperationalError:  # this SQLite has no such index (`parts_are_indexed` says so): everything is read
        holds = " AND ".join(['instr("text", %s) > 0'] * len(parts))
        return _asked(f'SELECT "patient_id", "name", "text" FROM "{TABLE}" WHERE {holds} LIMIT {READ}', parts)  # noqa: S608 -- as above


def _matching(parts: list[str]) -> list[Line]:
    """Those with every part. Of several, a long one that is rare is looked for alone: the index would go through everybody
    who has the common ones.
    """
    if len(parts) == 1:
        return _match(f'"{parts[0]}"')
    long = sorted((part for part in parts if len(part) >= RARE), key=len, reverse=True)
    for some in [*([part] for part in long), parts]:
        read = _match(" AND ".join(dict.fromkeys(sign for part in some for sign in _signs(part))))
        found = [line for line in read if all(part in line[2] for part in parts)]
        if len(read) < READ or len(found) == READ:
            return found
    return _match(" AND ".join(f'"{part}"' for part in parts))


def _signs(part: str) -> Iterator[str]:
    """Three signs after three, and the last ones: few have all of them without the part, and they are found in half the
    time that the part itself takes.
    """
    for start in range(0, len(part) - PART + 1, PART):
        yield f'"{part[start : start + PART]}"'
    if len(part) % PART:
        yield f'"{part[-PART:]}"'


def _match(what: str) -> list[Line]:
    statement = (
        'SELECT t."patient_id", t."name", t."text" '  # noqa: S608 -- as above
        f'FROM (SELECT rowid AS "key" FROM "{PARTS}" WHERE "{PARTS}" MATCH %s LIMIT {READ}) p '
        f'CROSS JOIN "{TABLE}" t ON t."patient_id" = p."key"'
    )
    # Words hold letters and figures only (`searched`): no sign among them means anything to the engine.
    return _asked(statement, [what])


def _born(way: Reading) -> list[Line]:
    found = SearchText.objects.filter(birth_date__gte=way.first, birth_date__lte=way.last)
    for word in way.words:
        found = found.filter(text__contains=_part(word))
    return list(found.order_by("birth_date", "patient_id").values_list("patient_id", "name", "text")[:READ])


def _asked(statement: str, values: list[str]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
