"""What an evidence pack holds of a session or a course: its rows as stored, and the entries of the chain that wrote them."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.audit import anchors
from clinic.audit.chain import NOTHING_BEFORE, Head, contents, head, moment_text
from clinic.audit.models import Act, Link
from clinic.audit.stored import columns, history_of, in_one_form, json_places, reading
from clinic.lib.canonical import digest
from clinic.lib.problems import Problem, Refused
from sessions.models import (
    Addendum,
    AdverseEvent,
    Answer,
    Application,
    Consultation,
    Course,
    CourseSite,
    Decision,
    Device,
    Observation,
    Patient,
    Phase,
    Result,
    Sample,
    Screening,
    Session,
    Signature,
)

Model = type[models.Model]
# Which rows belong to which, those above first.
BELOW: list[tuple[Model, str, Model]] = [
    (CourseSite, "course", Course),
    (Application, "session", Session),
    (Phase, "application", Application),
    (Observation, "session", Session),
    (AdverseEvent, "session", Session),
    (Sample, "session", Session),
    (Result, "sample", Sample),
    (Screening, "session", Session),
    (Screening, "consultation", Consultation),
    (Answer, "screening", Screening),
    (Decision, "answer", Answer),
    (Addendum, "session", Session),
    (Signature, "session", Session),
]
ROOTS: list[Model] = [Patient, Course, Consultation, Session, Device]
# Derived from other columns, and not kept in the history.
LEFT_OUT = {"folded_name"}
# Of so many entries all are given, so that each joins on to the one before; of more, those that touch the record.
LONGEST_RUN = 500
MOST_ANCHORS = 200
TRIES = 5


@dataclass(frozen=True)
class Entry:
    """One entry of the chain, as a pack says it; `content` only where it is of this patient's record alone."""

    number: int
    at: str
    shape: str
    digest: str
    key_id: str
    previous: str
    mac: str
    touches: bool
    content: str | None


@dataclass(frozen=True)
class Evidence:
    """A record with the chain that holds it."""

    kind: str
    uid: str
    sessions: list[Session]
    tables: dict[str, dict[str, Any]]
    people: list[dict[str, Any]]
    entries: list[Entry]
    shapes: dict[str, str]
    anchors: list[dict[str, Any]]
    head: Head


def evidence_of(record: Session | Course) -> Evidence:
    """The record as it stands and its entries, read until no act on it came between. Raises `Refused` where they never stop."""
    for _attempt in range(TRIES):
        at, keys = head(), _Keys(record)
        tables = keys.stored()
        entries, shapes = _entries(keys, at)
        noted = [anchor.__dict__ for anchor in _anchors(entries, at)]
        sessions = list(Session.objects.with_rows().filter(pk__in=keys.live[Session]).order_by("number", "id"))
        if _Keys(record).acts == keys.acts and all(entry.number <= at.number for entry in entries if entry.touches):
            people = _people(tables)
            return Evidence(_kind(record), str(record.uid), sessions, tables, people, entries, shapes, noted, at)
    raise Refused([Problem("", _("This record is being written just now. Please try again."), "busy")])


def _kind(record: models.Model) -> str:
    return str(record._meta.model_name)


class _Keys:
    """The keys of all rows that belong to the record: those that stand, and those that the history knows."""

    def __init__(self, record: Session | Course) -> None:
        self.record, self.patient_id = record, record.patient_id
        self.live: dict[Model, set[int]] = {}
        self.ever: dict[Model, set[int]] = {}
        self.acts: set[int] = set()
        self.subjects = {f"{_kind(record)}:{record.uid}"}
        self._roots()
        for model, link, above in BELOW:
            if above in self.ever:
                self._below(model, link, above)
        self.acts |= set(Act.objects.filter(subject__in=self.subjects).values_list("pk", flat=True))

    def _roots(self) -> None:
        record = self.record
        found: dict[Model, set[int]] = {Patient: {record.patient_id}}
        if isinstance(record, Course):
            found[Course] = {record.pk}
            consultations = history_of(Course).objects.filter(id=record.pk).values_list("consultation_id", flat=True)
            found[Consultation] = set(consultations) - {None}
            sessions = Session.objects.filter(course=record)
        else:
            found[Course] = {record.course_id}
            sessions = Session.objects.filter(pk=record.pk)
        found[Session] = set(sessions.values_list("pk", flat=True))
        self.subjects |= {f"session:{uid}" for uid in sessions.values_list("uid", flat=True)}
        devices = history_of(Session).objects.filter(id__in=found[Session]).values_list("device_id", flat=True)
        found[Device] = set(devices) - {None}
        for model, keys in found.items():
            self.live[model], self.ever[model] = keys, keys
            self.acts |= set(history_of(model).objects.filter(id__in=keys).values_list("act_id", flat=True))

    def _below(self, model: Model, link: str, above: Model) -> None:
        column = f"{link}_id__in"
        known = list(history_of(model).objects.filter(**{column: self.ever[above]}).values_list("id", "act_id"))
        live = model._default_manager.filter(**{column: self.live[above]}).values_list("pk", flat=True)
        self.live[model] = self.live.get(model, set()) | set(live)
        self.ever[model] = self.ever.get(model, set()) | {key for key, _act in known}
        self.acts |= {act for _key, act in known}

    def stored(self) -> dict[str, dict[str, Any]]:
        """The rows as the database gives them back, in the form in which the chain reads them."""
        return {str(model._meta.model_name): _stored(model, keys) for model, keys in self.live.items()}


def _stored(model: Model, keys: Iterable[int]) -> dict[str, Any]:
    specs = [spec for spec in columns(model) if spec.partition(":")[0] not in LEFT_OUT]
    ordered = sorted(keys)
    rows: list[dict[str, Any]] = []
    if ordered:
        what = reading(specs, connection.vendor).replace("%", "%%")
        places = ", ".join(["%s"] * len(ordered))
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT {what} FROM "{model._meta.db_table}" WHERE "id" IN ({places}) ORDER BY "id"',  # noqa: S608 -- names of our own tables
                ordered,
            )
            found = in_one_form(cursor.fetchall(), json_places(tuple(specs)))
        names = [spec.partition(":")[0] for spec in specs]
        rows = [dict(zip(names, row, strict=True)) for row in found]
    return {"columns": specs, "rows": rows}


def _people(tables: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The accounts that the rows name by number."""
    names = ("physician_id", "operator_id", "signer_id")
    keys = {row[name] for table in tables.values() for row in table["rows"] for name in names if row.get(name)}
    found = User.objects.filter(pk__in=keys).order_by("pk")
    return [{"id": user.pk, "username": user.username, "full_name": user.full_name} for user in found]


def _entries(keys: _Keys, at: Head) -> tuple[list[Entry], dict[str, str]]:
    """The entries of the acts on the record, with what joins them on to the head; and the columns they cover."""
    touched = set(Link.objects.filter(act_id__in=keys.acts).values_list("number", flat=True))
    numbers = touched | {at.number}
    run = Q(number__in=numbers)
    if at.number - min(numbers) < LONGEST_RUN:
        run = Q(number__gte=min(numbers), number__lte=at.number)
    links = list(Link.objects.filter(run).select_related("act", "shape").order_by("number"))
    before = Link.objects.filter(number__in=[link.number - 1 for link in links])
    codes = {number: bytes(mac).hex() for number, mac in before.values_list("number", "mac")}
    texts = {found.link.number: found.text for found in contents(touched)}
    shapes = {digest(link.shape.columns): link.shape.columns for link in links}
    entries = [
        Entry(
            number=link.number,
            at=moment_text(link.at),
            shape=digest(link.shape.columns),
            digest=bytes(link.digest).hex(),
            key_id=link.key_id,
            previous=codes.get(link.number - 1, NOTHING_BEFORE.hex()),
            mac=bytes(link.mac).hex(),
            touches=link.number in touched,
            content=_may_leave(texts.get(link.number), link, keys),
        )
        for link in links
    ]
    return entries, shapes


def _may_leave(text: str | None, link: Link, keys: _Keys) -> str | None:
    """The content of an entry, unless a row in it is, or may be, of somebody else's record."""
    if not text or link.act.patient_id == keys.patient_id:
        return text or None
    own = {history_of(model)._meta.db_table: ever for model, ever in keys.ever.items()}
    covered = json.loads(link.shape.columns)
    for table, *values in json.loads(text)[2]:
        row = {spec.partition(":")[0]: value for spec, value in zip(covered[table], values, strict=True)}
        if row["id"] not in own.get(table, set()):
            return None
    return text


def _anchors(entries: list[Entry], at: Head) -> list[anchors.Anchor]:
    """What was noted outside the database since the first entry, and the last note before it."""
    first = entries[0].number
    noted = [anchor for anchor in _readable() if anchor.number <= at.number]
    earlier = [anchor for anchor in noted if anchor.number < first][-1:]
    given = {entry.number for entry in entries}
    return earlier + [anchor for anchor in noted if anchor.number in given][-MOST_ANCHORS:]


def _readable() -> Iterator[anchors.Anchor]:
    """The notes up to the first that cannot be read: what the clinic's own check says then is no reason to give none."""
    with suppress(ValueError):
        yield from anchors.kept()
