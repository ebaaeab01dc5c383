"""A stored session as an act needs it: locked, and with all its rows in hand, by statements written once.

The same as `Session.objects.with_rows()` reads, which Django builds anew each time (bench): what a laboratory reported
on the samples alone is left out, for nobody signs it.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import models
from django.db.models import sql

from clinic.accounts.models import User
from clinic.audit.history import RecordedQuerySet
from clinic.audit.rows import stored_rows, stored_together
from clinic.lib.problems import refuse
from sessions.models import (
    AdverseEvent,
    Answer,
    Application,
    Consultation,
    Course,
    Decision,
    Device,
    Observation,
    Patient,
    Phase,
    Sample,
    Screening,
    Session,
)
from sessions.rules.version import why_not_over


def locked(session: Session, version: int) -> Session:
    """The stored session, locked; refused where somebody else changed it since the form was shown."""
    stored = _stored(session.pk, lock=True)
    refuse(why_not_over(stored.version, version))
    return stored


def whole(session: Session) -> Session:
    """The stored session with all its rows, as the database has it now."""
    return with_its_rows(_stored(session.pk))


def with_its_rows(session: Session) -> Session:
    """Read the rows of a session that was just read itself, and the people, device and consultation that it names."""
    key, course = [session.pk], session.course
    people = {session.physician_id, session.operator_id} - {None}
    applications, phases, observations, events, samples, screenings, answers, decisions, *named = stored_together(
        (Application, "session", key),
        (Phase, "application__session", key),
        (Observation, "session", key),
        (AdverseEvent, "session", key),
        (Sample, "session", key),
        (Screening, "session", key),
        (Answer, "screening__session", key),
        (Decision, "answer__screening__session", key),
        (User, "id", people),
        (Device, "id", _of(session.device_id)),
        (Consultation, "id", _of(course.consultation_id)),
    )
    _hold([session], "applications", Application, "session", applications)
    _hold(applications, "phases", Phase, "application", phases)
    _hold([session], "observations", Observation, "session", observations)
    _hold([session], "events", AdverseEvent, "session", events)
    _hold([session], "samples", Sample, "session", samples)
    _hold(screenings, "answers", Answer, "screening", answers)
    _hold(answers, "decisions", Decision, "answer", decisions)
    _remember(session, "screening", screenings[0] if screenings else None)
    _name(session, decisions, *named)
    return session


def _stored(key: int, *, lock: bool = False) -> Session:
    [session] = stored_rows(Session, "id", [key], lock=lock)
    [[patient], [course]] = stored_together((Patient, "id", [session.patient_id]), (Course, "id", [session.course_id]))
    _remember(session, "patient", patient)
    _remember(session, "course", course)
    return session


def _of(key: int | None) -> list[int]:
    return [] if key is None else [key]


def _name(
    session: Session, decisions: list[Decision], people: list[User], devices: list[Device], held: list[Consultation]
) -> None:
    """Who and what the session and its decisions name."""
    further = {row.physician_id for row in decisions} - {person.pk for person in people}
    known = {person.pk: person for person in (*people, *stored_rows(User, "id", further))}
    _remember(session, "physician", known[session.physician_id])
    for decision in decisions:
        _remember(decision, "physician", known[decision.physician_id])
    if session.operator_id:
        _remember(session, "operator", known[session.operator_id])
    for device in devices:
        _remember(session, "device", device)
    for consultation in held:
        _remember(session.course, "consultation", consultation)


def _remember(row: models.Model, name: str, other: models.Model | None) -> None:
    row._state.fields_cache[name] = other


class _Held(RecordedQuerySet):
    """Rows in hand, where Django looks for those that were read with their parent. Any further question is the
    database's.
    """

    parent: dict[str, models.Model]

    def _chain(self) -> models.QuerySet[Any]:
        return self.model._default_manager.filter(**self.parent)


@cache
def _nothing_asked(model: type[models.Model]) -> Any:
    return sql.Query(model)


def _hold(
    parents: Sequence[models.Model],
    name: str,
    model: type[models.Model],
    parent_name: str,
    rows: Iterable[models.Model],
) -> None:
    """Give each parent its rows."""
    by_parent: dict[int, list[models.Model]] = {parent.pk: [] for parent in parents}
    for row in rows:
        by_parent[getattr(row, f"{parent_name}_id")].append(row)
    for parent in parents:
        held: Any = _Held(model, query=_nothing_asked(model))
        held.parent, held._result_cache, held._prefetch_done = {parent_name: parent}, by_parent[parent.pk], True
        parent.__dict__.setdefault("_prefetched_objects_cache", {})[name] = held
        for row in by_parent[parent.pk]:
            _remember(row, parent_name, parent)
