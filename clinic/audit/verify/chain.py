"""The chain of the record: every entry, its place, its code, and the rows that it seals."""

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

ENTRIES_AT_ONCE = 400
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
    stored = dict(Shape.objects.values_list("name", "columns"))
    place.shapes = {name: text for name, text in stored.items() if digest(text)[:SHAPE_DIGITS] == name}
    used = set(Link.objects.order_by().values_list("shape_id", flat=True).distinct())
    yield [
        Finding(
            "shape altered", f"shape:{name}", _("The list of sealed columns %(name)s was altered.") % {"name": name}
        )
        for name in sorted((used | set(stored)) - set(place.shapes))
    ]
    while links := _links_after(place.number):
        yield list(_check_links(keys, place, links))
    yield [*_acts_without_entry(), *_history_without_act()]
    if place.invented_times:
        words = _("%(number)s acts bear an invented time: this is a demonstration.") % {"number": place.invented_times}
        yield [Finding("clock", "demo", words, alters=False)]


def _links_after(number: int) -> list[tuple[Any, ...]]:
    what = reading(columns(Link), connection.vendor, "audit_link")
    act = reading(["id:plain", "at:moment", "kind:plain", "subject:plain"], connection.vendor, "audit_act")
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {what}, {act} FROM "audit_link" LEFT JOIN "audit_act" ON "audit_act"."id" = "audit_link"."act_id" '  # noqa: S608 -- names of our own tables
            f'WHERE "audit_link"."number" > {int(number)} ORDER BY "audit_link"."number" LIMIT {ENTRIES_AT_ONCE}'
        )
        names = [spec.partition(":")[0] for spec in columns(Link)]
        return [(dict(zip(names, row[: len(names)], strict=True)), row[len(names) :]) for row in cursor.fetchall()]


def _check_links(keys: Ring, place: Place, links: list[tuple[Any, ...]]) -> Iterator[Finding]:
    texts: dict[int, str] = {}
    for name, covered in place.shapes.items():
        texts |= texts_of([link["act_id"] for link, _act in links if link["shape_id"] == name], covered)
    for link, act in links:
        number, record = link["number"], f"entry:{link['number']}"
        if link["key_id"] != keys.key_id:
            raise KeyMissing(
                _("Entry %(number)s was sealed with another key (%(key)s).") % {"number": number, "key": link["key_id"]}
            )
        if number != place.number + 1:
            words = _("Entries %(first)s to %(last)s are missing.") % {"first": place.number + 1, "last": number - 1}
            yield Finding("entry missing", record, words)
        elif mac_of(keys, number, place.mac, link["at"], bytes.fromhex(link["digest"])).hex() != link["mac"]:
            words = _("Entry %(number)s, or its place, is not as it was sealed.") % {"number": number}
            yield Finding("entry altered", record, words)
        if link["shape_id"] in place.shapes:
            yield from _check_content(link, act, texts.get(link["act_id"]))
        yield from _clock(keys, place, link, act)
        place.number, place.mac, place.at = number, bytes.fromhex(link["mac"]), link["at"]


def _check_content(link: dict[str, Any], act: tuple[Any, ...], text: str | None) -> Iterator[Finding]:
    number = link["number"]
    if text is None:
        words = _("The act of entry %(number)s is gone.") % {"number": number}
        yield Finding("act missing", f"entry:{number}", words)
    elif sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != link["digest"]:
        words = _("Entry %(number)s (%(act)s): the act or its history rows are not as they were sealed.")
        _pk, _at, kind, subject = act
        said = words % {"number": number, "act": act_in_words(str(kind))}
        yield Finding("history altered", str(subject) or f"entry:{number}", said)


def _clock(keys: Ring, place: Place, link: dict[str, Any], act: tuple[Any, ...]) -> Iterator[Finding]:
    record = f"entry:{link['number']}"
    if place.at and _moment(place.at) - _moment(link["at"]) > TOLERANCE:
        words = _("The clock of this machine was set back before entry %(number)s: %(before)s, then %(after)s (UTC).")
        said = words % {"number": link["number"], "before": place.at[:19], "after": link["at"][:19]}
        yield Finding("clock", record, said, alters=False)
    if act[1] is None or link["number"] <= keys.acts_before:
        return
    if abs(_moment(link["at"]) - _moment(act[1])) > TOLERANCE:
        if settings.DEMO:
            place.invented_times += 1
            return
        words = _("Entry %(number)s was sealed at %(sealed)s, and its act says %(act)s (UTC).")
        yield Finding(
            "clock", record, words % {"number": link["number"], "sealed": link["at"][:19], "act": act[1][:19]}
        )


def _moment(text: str) -> datetime:
    """A stored moment in UTC, without saying so; the beginning of time where it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except (TypeError, ValueError):
        return datetime.min  # noqa: DTZ901 -- both sides are compared without a zone


def _acts_without_entry() -> Iterator[Finding]:
    for pk, kind, subject in Act.objects.filter(link__isnull=True).order_by("pk").values_list("pk", "kind", "subject"):
        words = _("An act (%(act)s) stands without an entry: it was put in beside the program.")
        yield Finding("act added", subject or f"act:{pk}", words % {"act": act_in_words(kind)})


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
