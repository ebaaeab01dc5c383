"""The history of a record or of an act: which tables belong to it, what their rows are called, in which words they speak."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.audit.changes import (
    Entry,
    Strand,
    Words,
    entries,
    entries_of,
    history_of,
    labels_of,
    latest_of,
    plainly,
    touched_by,
)
from clinic.audit.history import Recorded
from clinic.audit.models import Act
from sessions.measures.quantities import QUANTITIES
from sessions.models import (
    Addendum,
    AdverseEvent,
    Answer,
    Application,
    Consultation,
    CourseSite,
    Decision,
    DeviceEntry,
    Observation,
    Phase,
    Receipt,
    Result,
    Sample,
    SavedFilter,
    Screening,
    Signature,
)
from sessions.reports.file_words import whys_of
from sessions.reports.trail_records import RECORDS


def record_at(kind: str, uid: UUID) -> Any:
    """The record at this address with its patient, where it has one; None where there is none."""
    model = RECORDS.get(kind)
    if model is None:
        return None
    found = model._default_manager.filter(uid=uid)
    return (found.select_related("patient") if kind in {"consultation", "course", "session"} else found).first()


@dataclass(frozen=True)
class Told:
    """How the rows of a table are called: by `say` after the table's own name, and after the row above them.

    `link` is the field that points to the row above; what is in `unsaid` is no news in a history.
    """

    link: str = ""
    above: type[models.Model] | None = None
    say: Callable[[Any], str] | None = None
    unsaid: frozenset[str] = frozenset()


def _word(field: str) -> Callable[[Any], str]:
    """Says the word of a closed list that a version has in this field."""

    def say(row: Any) -> str:
        kept = row.history.instance_type._meta.get_field(field)
        value = getattr(row, field)
        return str(labels_of(kept, get_language()).get(value, value))

    return say


TABLES: dict[type[models.Model], Told] = {
    CourseSite: Told("course"),
    Application: Told("session"),
    Phase: Told("application", above=Application),
    Observation: Told("session", say=_word("measure"), unsaid=frozenset({"measure"})),
    AdverseEvent: Told("session", say=_word("term"), unsaid=frozenset({"term"})),
    Sample: Told("session", say=lambda row: row.sample_id),
    Result: Told("sample", above=Sample),
    Screening: Told(unsaid=frozenset({"patient", "consultation", "session", "language", "form_version"})),
    Answer: Told("screening", say=_word("item"), unsaid=frozenset({"item"})),
    Decision: Told("answer", above=Answer),
    Addendum: Told("session"),
    Signature: Told("session", unsaid=frozenset({"content", "addendum"})),
    # The reason of the act says the rest in words.
    Receipt: Told(unsaid=frozenset({"report", "part", "form", "language", "question", "taken_by", "taken_at"})),
    SavedFilter: Told(unsaid=frozenset({"report", "question"})),
    DeviceEntry: Told("device", say=_word("kind"), unsaid=frozenset({"kind"})),
}
# A table of which nothing is said above is a record of its own.
RECORD = Told(unsaid=frozenset({"patient", "course"}))


def history_of_record(kind: str, record: Any) -> list[Entry]:
    """Every act on `record` and on all rows that belong to it, newest first, in a constant number of queries."""
    own = _strand(type(record), history_of(type(record), "id", [record.pk]))
    return entries(f"{kind}:{record.uid}", [own, *BELONGING[kind](record.pk)], Words(_unit_of, _name_of, whys_of))


def history_of_acts(acts: Sequence[Act]) -> list[Entry]:
    """These acts in their order with all that they changed, in whatever table; as many queries for one as for many."""
    touched = touched_by(_tables(), [act.pk for act in acts])
    needed: dict[type[models.Model], set[int]] = defaultdict(set)
    for model, rows in touched.items():
        told = TABLES.get(model, RECORD)
        if told.above:
            needed[told.above] |= {getattr(row, f"{told.link}_id") for row in rows}
    above = {model: _called(model, rows, {}) for model, rows in latest_of(needed).items()}
    strands = [
        _strand(model, rows, above.get(TABLES.get(model, RECORD).above or model)) for model, rows in touched.items()
    ]
    return entries_of(acts, strands, Words(_unit_of, _name_of, whys_of))


@cache
def _tables() -> list[type[models.Model]]:
    """Every table with a history: records first, then what belongs to them in the order of a session's page."""
    recorded = [model for model in apps.get_models() if issubclass(model, Recorded)]
    return [model for model in recorded if model not in TABLES] + list(TABLES)


def _of_nothing(pk: int) -> Iterable[Strand]:
    return []


def _of_consultation(pk: int) -> Iterable[Strand]:
    return _screening("consultation_id", pk)


def _of_course(pk: int) -> Iterable[Strand]:
    return [_below(CourseSite, [pk])]


def _of_session(pk: int) -> Iterable[Strand]:
    applications, samples = _below(Application, [pk]), _below(Sample, [pk])
    yield applications
    yield _below(Phase, applications.names, applications.names)
    yield _below(Observation, [pk])
    yield _below(AdverseEvent, [pk])
    yield samples
    yield _below(Result, samples.names, samples.names)
    yield from _screening("session_id", pk)
    yield _below(Addendum, [pk])
    yield _below(Signature, [pk])


def _of_device(pk: int) -> Iterable[Strand]:
    return [_below(DeviceEntry, [pk])]


def _screening(name: str, pk: int) -> Iterable[Strand]:
    screening = _strand(Screening, history_of(Screening, name, [pk]))
    answers = _below(Answer, screening.names)
    yield screening
    yield answers
    yield _below(Decision, answers.names, answers.names)


BELONGING: dict[str, Callable[[int], Iterable[Strand]]] = {
    "patient": _of_nothing,
    "consultation": _of_consultation,
    "course": _of_course,
    "session": _of_session,
    "device": _of_device,
    "definition": _of_nothing,
}


def _below(model: type[models.Model], parent_ids: Iterable[int], above: dict[int, str] | None = None) -> Strand:
    """The rows of `model` under these rows."""
    return _strand(model, history_of(model, f"{TABLES[model].link}_id", list(parent_ids)), above)


def _strand(model: type[models.Model], rows: list[Any], above: dict[int, str] | None = None) -> Strand:
    told = TABLES.get(model, RECORD)
    unsaid = told.unsaid | ({told.link, "number"} if told.link else set())
    return Strand(rows, _called(model, rows, above or {}), frozenset(unsaid))


def _called(model: type[models.Model], rows: list[Any], above: dict[int, str]) -> dict[int, str]:
    """What each row is called, by its latest version: its number, what is said of it, and the row above."""
    told = TABLES.get(model, RECORD)
    table, said = capfirst(str(model._meta.verbose_name)), _("%(row)s: %(words)s")
    names = {}
    for row in rows:
        number = getattr(row, "number", None) if told.link else None
        name = f"{table} {number}" if number else table
        name = said % {"row": name, "words": told.say(row)} if told.say else name
        parent = above.get(getattr(row, f"{told.link}_id")) if told.above else ""
        names[row.id] = f"{parent}, {name[:1].lower()}{name[1:]}" if parent else name
    return names


def _unit_of(field: models.Field) -> str:
    return (
        str(QUANTITIES[field.name].shown) if isinstance(field, models.DecimalField) and field.name in QUANTITIES else ""
    )


def _name_of(row: Any) -> str:
    return plainly(row.held_date) if isinstance(row, Consultation) else str(row)
