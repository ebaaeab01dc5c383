"""The history of one record: which tables belong to it, what their rows are called, and in which words they speak."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic.audit.changes import Entry, Strand, Words, entries, history_of, plainly
from sessions.measures.quantities import QUANTITIES
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

RECORDS: dict[str, type[models.Model]] = {
    "patient": Patient,
    "consultation": Consultation,
    "course": Course,
    "session": Session,
    "device": Device,
}


def record_at(kind: str, uid: UUID) -> Any:
    """The record at this address with its patient, where it has one; None where there is none."""
    model = RECORDS.get(kind)
    if model is None:
        return None
    found = model._default_manager.filter(uid=uid)
    return (found.select_related("patient") if kind in {"consultation", "course", "session"} else found).first()


def history_of_record(kind: str, record: Any) -> list[Entry]:
    """Every act on `record` and on all rows that belong to it, newest first, in a constant number of queries."""
    own = Strand(
        history_of(type(record), id=record.pk),
        {record.pk: capfirst(str(record._meta.verbose_name))},
        frozenset({"patient", "course"}),
    )
    return entries(f"{kind}:{record.uid}", [own, *BELONGING[kind](record.pk)], Words(_unit_of, _name_of))


def _of_nothing(pk: int) -> Iterable[Strand]:
    return []


def _of_consultation(pk: int) -> Iterable[Strand]:
    return _screening(consultation_id=pk)


def _of_course(pk: int) -> Iterable[Strand]:
    return [_strand(CourseSite, "course", [pk])]


def _of_session(pk: int) -> Iterable[Strand]:
    applications = _strand(Application, "session", [pk])
    samples = _strand(Sample, "session", [pk], say=lambda row: row.sample_id)
    yield applications
    yield _strand(Phase, "application", applications.names, parents=applications.names)
    yield _strand(Observation, "session", [pk], say=lambda row: row.get_measure_display(), also={"measure"})
    yield _strand(AdverseEvent, "session", [pk], say=lambda row: row.get_term_display(), also={"term"})
    yield samples
    yield _strand(Result, "sample", samples.names, parents=samples.names)
    yield from _screening(session_id=pk)
    yield _strand(Addendum, "session", [pk])
    yield _strand(Signature, "session", [pk], also={"content", "addendum"})


def _screening(**limits: int) -> Iterable[Strand]:
    rows = history_of(Screening, **limits)
    name = capfirst(str(Screening._meta.verbose_name))
    screening = Strand(
        rows,
        {row.id: name for row in rows},
        frozenset({"patient", "consultation", "session", "language", "form_version"}),
    )
    answers = _strand(Answer, "screening", screening.names, say=lambda row: row.get_item_display(), also={"item"})
    yield screening
    yield answers
    yield _strand(Decision, "answer", answers.names, parents=answers.names)


BELONGING: dict[str, Callable[[int], Iterable[Strand]]] = {
    "patient": _of_nothing,
    "consultation": _of_consultation,
    "course": _of_course,
    "session": _of_session,
    "device": _of_nothing,
}


def _strand(
    model: type[models.Model],
    link: str,
    parent_ids: Iterable[int],
    *,
    parents: dict[int, str] | None = None,
    say: Callable[[Any], str] | None = None,
    also: set[str] | None = None,
) -> Strand:
    """The rows of `model` under these parents, each called by its number, what `say` says of it, and its parent."""
    rows = history_of(model, **{f"{link}_id__in": list(parent_ids)})
    names = {}
    for row in rows:  # the latest version names the row
        name = capfirst(str(model._meta.verbose_name))
        number = getattr(row, "number", None)
        name = f"{name} {number}" if number else name
        name = _("%(row)s: %(words)s") % {"row": name, "words": say(row)} if say else name
        parent = parents[getattr(row, f"{link}_id")] if parents else ""
        names[row.id] = f"{parent}, {name[:1].lower()}{name[1:]}" if parent else name
    return Strand(rows, names, frozenset({link, "number"} | (also or set())))


def _unit_of(field: models.Field) -> str:
    return (
        str(QUANTITIES[field.name].shown) if isinstance(field, models.DecimalField) and field.name in QUANTITIES else ""
    )


def _name_of(row: Any) -> str:
    return plainly(row.held_date) if isinstance(row, Consultation) else str(row)
