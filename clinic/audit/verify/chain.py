"""The chain of the record: every entry, its place, its code, and the rows that it seals."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from clinic.audit.chain import NOTHING_BEFORE, SHAPE_DIGITS, mac_of, texts_of
from clinic.audit.keys import KeyMissing, Ring
from clinic.audit.models import Act, Link, Shape
from clinic.audit.stored import columns, history_of, reading, recorded_models
from clinic.audit.verify.findings import Finding
from clinic.audit.words import act_in_words
from clinic.lib.canonical import digest

ENTRIES_AT_ONCE = 1000
# A clock may be put right by so much without a word (reliability of time servers), and an act may last so long.
TOLERANCE = timedelta(minutes=2)


@dataclass
class Place:
    """How far the check has come: the last entry read, its code and its time."""

    number: int = 0
    mac: bytes = NOTHING_BEFORE
    at: str = ""
    invented_times: int = 0
    shapes: dict[str, str] = field(default_factory=dict)


def check_chain(keys: Ring, place: Place) -> Iterator[list[Finding]]:
    """The findings batch by batch, from `place` on, which moves along: who is interrupted can go on from there."""
    _refuse_other_key(keys)
    yield _check_shapes(place)
    yield [
        Finding(
            "entry added", f"entry:{said}", _("An entry (%(number)s) has no place in the chain.") % {"number": said}
        )
        for said in out_of_place("audit_link")
    ]
    yield from _check_entries(keys, place)
    yield [*_acts_without_entry(), *_history_without_act(), *_history_after_the_seal(place)]
    if place.invented_times:
        words = _("%(number)s acts bear an invented time: this is a demonstration.") % {"number": place.invented_times}
        yield [Finding("clock", "demo", words, alters=False)]


def check_new_entries(keys: Ring, place: Place) -> Iterator[list[Finding]]:
    """The entries after `place`, and the rows that they seal."""
    _refuse_other_key(keys)
    yield _check_shapes(place)
    yield from _check_entries(keys, place)


def _check_entries(keys: Ring, place: Place) -> Iterator[list[Finding]]:
    while links := _links_after(place.number):
        yield list(_check_links(keys, place, links))


def _check_shapes(place: Place) -> list[Finding]:
    """Have `place` know the lists of sealed columns; those that were altered."""
    stored = dict(Shape.objects.values_list("name", "columns"))
    place.shapes = {
        name: text for name, text in stored.items() if isinstance(text, str) and digest(text)[:SHAPE_DIGITS] == name
    }
    used = set(Link.objects.order_by().values_list("shape_id", flat=True).distinct())
    return [
        Finding(
            "shape altered", f"shape:{name}", _("The list of sealed columns %(name)s was altered.") % {"name": name}
        )
        for name in sorted(map(str, (used | set(stored)) - set(place.shapes)))
    ]


def _refuse_other_key(keys: Ring) -> None:
    """Where no entry at all bears the name of our key it is another one; where some do not, they were altered."""
    others = list(Link.objects.order_by().values_list("key_id", flat=True).distinct()[:2])
    if others and not Link.objects.filter(key_id=keys.key_id).exists():
        raise KeyMissing(_("The entries were sealed with another key (%(key)s).") % {"key": others[0]})


def out_of_place(table: str) -> list[str]:
    """The numbers in a chain that are none: nought, below nought, or on SQLite anything else."""
    strange = """ OR typeof("number") NOT IN ('integer', 'null')""" if connection.vendor == "sqlite" else ""
    if table == "audit_link":
        strange += ' OR "number" IS NULL'
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "number" FROM "{table}" WHERE "number" < 1{strange}')  # noqa: S608 -- names of our own tables
        return [str(number) for (number,) in cursor.fetchall()]


def numbers_after(number: int) -> str:
    """SQL: the rows of a chain that follow."""
    whole = """ AND typeof({table}"number") = 'integer'""" if connection.vendor == "sqlite" else ""
    return f'{{table}}"number" > {number}{whole}'


def _links_after(number: int) -> list[tuple[Any, ...]]:
    what = reading(columns(Link), connection.vendor, "audit_link")
    act = reading(["id:plain", "at:moment", "kind:plain", "subject:plain"], connection.vendor, "audit_act")
    where = numbers_after(number).format(table='"audit_link".')
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {what}, {act} FROM "audit_link" LEFT JOIN "audit_act" ON "audit_act"."id" = "audit_link"."act_id" '  # noqa: S608 -- names of our own tables
            f'WHERE {where} ORDER BY "audit_link"."number" LIMIT {ENTRIES_AT_ONCE}'
        )
        names = [spec.partition(":")[0] for spec in columns(Link)]
        return [(dict(zip(names, row[: len(names)], strict=True)), row[len(names) :]) for row in cursor.fetchall()]


def as_code(text: Any) -> bytes:
    """A stored code as bytes; what is none is like no code that a key makes."""
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        return b""


def _check_links(keys: Ring, place: Place, links: list[tuple[Any, ...]]) -> Iterator[Finding]:
    texts: dict[int, str] = {}
    for name, covered in place.shapes.items():
        texts |= texts_of([link["act_id"] for link, _act in links if link["shape_id"] == name], covered)
    for link, act in links:
        number, record = link["number"], f"entry:{link['number']}"
        digest_of_link, mac = as_code(link["digest"]), as_code(link["mac"])
        if number != place.number + 1:
            words = _("Entries %(first)s to %(last)s are missing.") % {"first": place.number + 1, "last": number - 1}
            yield Finding("entry missing", record, words)
        elif link["key_id"] != keys.key_id or mac_of(keys, number, place.mac, link["at"], digest_of_link) != mac:
            words = _("Entry %(number)s, or its place, is not as it was sealed.") % {"number": number}
            yield Finding("entry altered", record, words)
        if link["shape_id"] in place.shapes:
            yield from _check_content(link, act, texts.get(link["act_id"]))
        yield from _clock(keys, place, link, act)
        place.number, place.mac, place.at = number, mac, str(link["at"])


def _check_content(link: dict[str, Any], act: tuple[Any, ...], text: str | None) -> Iterator[Finding]:
    number = link["number"]
    if text is None:
        words = _("The act of entry %(number)s is gone.") % {"number": number}
        yield Finding("act missing", f"entry:{number}", words)
    elif sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != link["digest"]:
        words = _("Entry %(number)s (%(act)s): the act or its history rows are not as they were sealed.")
        _pk, _at, kind, subject = act
        said = words % {"number": number, "act": act_in_words(str(kind))}
        yield Finding("history altered", str(subject or "") or f"entry:{number}", said)


def _clock(keys: Ring, place: Place, link: dict[str, Any], act: tuple[Any, ...]) -> Iterator[Finding]:
    record = f"entry:{link['number']}"
    if place.at and not _same_minute(place.at, link["at"]) and _moment(place.at) - _moment(link["at"]) > TOLERANCE:
        words = _("The clock of this machine was set back before entry %(number)s: %(before)s, then %(after)s (UTC).")
        said = words % {"number": link["number"], "before": place.at[:19], "after": str(link["at"])[:19]}
        yield Finding("clock", record, said, alters=False)
    if act[1] is None or link["number"] <= keys.acts_before or _same_minute(link["at"], act[1]):
        return
    if abs(_moment(link["at"]) - _moment(act[1])) > TOLERANCE:
        if settings.DEMO:
            place.invented_times += 1
            return
        words = _("Entry %(number)s was sealed at %(sealed)s, and its act says %(act)s (UTC).")
        said = words % {"number": link["number"], "sealed": str(link["at"])[:19], "act": str(act[1])[:19]}
        yield Finding("clock", record, said)


def _same_minute(one: Any, other: Any) -> bool:
    """Whether two stored moments are surely no minute apart: most are, and need not be reckoned with."""
    return isinstance(one, str) and isinstance(other, str) and len(one) == len(other) == 26 and one[:17] == other[:17]


def _moment(text: str) -> datetime:
    """A stored moment in UTC, without saying so; the beginning of time where it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except (TypeError, ValueError):
        return datetime.min  # noqa: DTZ901 -- both sides are compared without a zone


def _acts_without_entry() -> Iterator[Finding]:
    for pk, kind, subject in Act.objects.filter(link__isnull=True).order_by("pk").values_list("pk", "kind", "subject"):
        words = _("An act (%(act)s) stands without an entry: it was put in beside the program.")
        yield Finding("act added", str(subject or "") or f"act:{pk}", words % {"act": act_in_words(str(kind))})


def _history_without_act() -> Iterator[Finding]:
    for model in recorded_models():
        table = history_of(model)._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT "history_id" FROM "{table}" h LEFT JOIN "audit_act" a ON a."id" = h."act_id" WHERE a."id" IS NULL'  # noqa: S608 -- names of our own tables
            )
            for (history_id,) in cursor.fetchall():
                words = _("A row of the history belongs to no act.")
                yield Finding("history added", f"{table}:{history_id}", words)


def _history_after_the_seal(place: Place) -> Iterator[Finding]:
    """Rows of a table that is younger than the entry of their act: no digest covers them, so no act wrote them."""
    tables = [history_of(model)._meta.db_table for model in recorded_models()]
    for name, covered in place.shapes.items():
        for table in set(tables) - set(json.loads(covered)):
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT h."history_id" FROM "{table}" h JOIN "audit_link" l ON l."act_id" = h."act_id" '  # noqa: S608 -- names of our own tables
                    'WHERE l."shape_id" = %s',
                    [name],
                )
                for (history_id,) in cursor.fetchall():
                    words = _("A row of the history belongs to an act that was sealed before its table was made.")
                    yield Finding("history added", f"{table}:{history_id}", words)
