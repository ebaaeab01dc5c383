"""The rows of one session as they were typed, and how an act brings the stored rows in line with them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from clinic.audit.act import Writing
from clinic.audit.rows import stored_together
from clinic.lib.problems import Problem, refuse
from clinic.lib.rows import put
from sessions.measures.answers import EACH_SESSION, FORM_VERSION
from sessions.measures.outcomes import BY_CODE
from sessions.models import AdverseEvent, Answer, Application, Observation, Phase, Result, Sample, Screening, Session
from sessions.rules.plausible import COMPARED, UNLIKELY, unlikely_in_observation, unlikely_in_phase
from sessions.rules.result import why_not_remove_samples
from sessions.rules.session import (
    why_not_application,
    why_not_event,
    why_not_observation,
    why_not_phase,
    why_not_sample,
)

VERSIONS = {code: measure.version for code, measure in BY_CODE.items()}


@dataclass(frozen=True)
class Row:
    """One typed row: its values by model field, the stored row it continues, its place in the form, rows below it.

    `retyped`: the fields whose figure was typed a second time.
    """

    values: dict[str, Any]
    id: int | None = None
    index: int = 0
    below: tuple["Row", ...] = ()
    retyped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Entry:
    """A whole session as typed: its own fields, the answers asked at it, and its rows."""

    values: dict[str, Any]
    replies: dict[str, tuple[str, str]] = field(default_factory=dict)
    changed: str = ""
    changed_note: str = ""
    language: str = "fr"
    applications: tuple[Row, ...] = ()
    observations: tuple[Row, ...] = ()
    events: tuple[Row, ...] = ()
    samples: tuple[Row, ...] = ()


def write_rows(writing: Writing, session: Session, entry: Entry, now: datetime, *, new: bool = False) -> None:
    """Bring the rows of `session` in line with `entry`; raises `Refused` with a problem at each field."""
    indication = session.course.indication
    problems: list[Problem] = []
    scored = _scored(entry.observations)
    earlier = _earlier(session, scored)
    numbers = _numbers_elsewhere(session, entry.samples)
    plan: list[tuple[type[models.Model], str, Iterable[Row], Callable[[Any], list[Problem]]]] = [
        (Application, "applications", entry.applications, lambda row: why_not_application(row, indication)),
        (
            Observation,
            "observations",
            scored,
            lambda row: why_not_observation(row, indication) + unlikely_in_observation(row, earlier),
        ),
        (AdverseEvent, "events", entry.events, why_not_event),
        (Sample, "samples", entry.samples, lambda row: why_not_sample(row, now, numbers)),
    ]
    key = [] if new else [session.pk]
    stored_phases, *stored_rows = stored_together(
        (Phase, "application__session", key), *((model, "session", key) for model, *_rest in plan)
    )
    groups = []
    for (model, name, rows, why_not), stored in zip(plan, stored_rows, strict=True):
        groups.append((_pairs(model, rows, stored, {"session": session}, name, why_not, problems), stored))

    def why_not_in_phase(phase: Phase) -> list[Problem]:
        return why_not_phase(phase) + unlikely_in_phase(phase, session)

    phases = []
    for row, application in groups[0][0]:
        theirs = [phase for phase in stored_phases if phase.application_id == application.pk]
        phases += _pairs(
            Phase, row.below, theirs, {"application": application}, f"phases-{row.index}", why_not_in_phase, problems
        )
    problems += why_not_remove_samples(_removed_with_results(*groups[-1]))
    refuse(problems)
    _remove_and_change(writing, phases, stored_phases)
    for pairs, stored in groups:
        _remove_and_change(writing, pairs, stored)
        writing.create(*[record for _row, record in pairs if not record.pk])
    writing.create(*[phase for _row, phase in phases if not phase.pk])


def write_screening(writing: Writing, session: Session, entry: Entry, *, new: bool = False) -> None:
    """Keep what was asked at this session: the items of every session and whether anything changed."""
    values = {"answered_at": session.started_at, "changed": entry.changed, "changed_note": entry.changed_note}
    key = [] if new else [session.pk]
    known, answers = stored_together((Screening, "session", key), (Answer, "screening__session", key))
    if not known:
        screening = Screening(
            patient=session.patient, session=session, form_version=FORM_VERSION, language=entry.language, **values
        )
        writing.create(screening)
    else:
        [screening] = known
        _change(writing, screening, put(screening, values))
    stored = {answer.item: answer for answer in answers}
    added = []
    for item in EACH_SESSION:
        reply, detail = entry.replies.get(item.code, ("", ""))
        answer = stored.get(item.code)
        if answer is None and (reply or detail):
            added.append(Answer(screening=screening, item=item.code, reply=reply, detail=detail))
        elif answer is not None:
            _change(writing, answer, put(answer, {"reply": reply, "detail": detail}))
    writing.create(*added)


def _scored(rows: Iterable[Row]) -> list[Row]:
    """An observation keeps the version of the scale that it was scored on."""
    return [
        replace(row, values=row.values | {"scale_version": VERSIONS.get(row.values["measure"], "")}) for row in rows
    ]


def _pairs(
    model: type[models.Model],
    rows: Iterable[Row],
    stored: Sequence[models.Model],
    parent: dict[str, models.Model],
    name: str,
    why_not: Callable[[Any], list[Problem]],
    problems: list[Problem],
) -> list[tuple[Row, Any]]:
    known = {row.pk: row for row in stored}
    next_number = max([row.number for row in stored], default=0)  # type: ignore[attr-defined]
    pairs = []
    for row in rows:
        prefix = f"{name}-{row.index}-"
        if row.id is not None and row.id not in known:
            problems.append(Problem(f"{prefix}id", _("This row was removed meanwhile. Please reload the page.")))
            continue
        record = known.pop(row.id) if row.id is not None else None  # a row continues one stored row, once
        confirmed = _confirmed(record, row) if record else row.retyped
        if record is None:
            next_number += 1
            record = model(number=next_number, **parent, **row.values)
        record._touched = put(record, row.values)  # type: ignore[attr-defined]
        found = why_not(record)
        unlikely = [problem.field for problem in found if problem.code == UNLIKELY]
        found = [problem for problem in found if problem.code != UNLIKELY or problem.field not in confirmed]
        if hasattr(record, "retyped"):
            record._touched += put(record, {"retyped": sorted(set(unlikely) & confirmed)})  # type: ignore[attr-defined]
        problems += [replace(problem, field=f"{prefix}{problem.field}") for problem in found]
        pairs.append((row, record))
    return pairs


def _confirmed(record: models.Model, row: Row) -> frozenset[str]:
    """The fields typed twice now, and those typed twice before whose figure is still the same."""
    before = {name for name in getattr(record, "retyped", []) if getattr(record, name) == row.values.get(name)}
    return row.retyped | before


def _earlier(session: Session, rows: Iterable[Row]) -> dict[tuple[str, str, str], Decimal]:
    """The last value before this session of what is compared, by measure, site and side."""
    measures = {row.values["measure"] for row in rows} & set(COMPARED)
    if not measures or session.started_at is None:
        return {}
    found = Observation.objects.filter(
        session__patient=session.patient, session__started_at__lt=session.started_at, measure__in=measures
    ).exclude(session__record_status="entered-in-error")
    columns = found.order_by("session__started_at", "id").values_list("measure", "site", "side", "value")
    return {(measure, site, side): value for measure, site, side, value in columns}


def _numbers_elsewhere(session: Session, rows: Iterable[Row]) -> frozenset[str]:
    """Which of these samples' numbers stand on another sample: of this form, or stored with another session."""
    typed = [row.values.get("sample_id", "") for row in rows]
    if not typed:
        return frozenset()
    stored = Sample.objects.filter(sample_id__in=typed).exclude(session=session.pk)
    twice = {number for number in typed if typed.count(number) > 1}
    return frozenset(twice.union(stored.values_list("sample_id", flat=True)))


def _removed_with_results(pairs: list[tuple[Row, Any]], stored: Sequence[Any]) -> list[str]:
    """The labels of stored samples that the form leaves out although a laboratory has reported on them."""
    kept = {record.pk for _row, record in pairs if record.pk}
    removed = {record.pk: record.sample_id for record in stored if record.pk not in kept}
    reported = Result.objects.filter(sample__in=removed).values_list("sample_id", flat=True) if removed else ()
    return sorted({removed[pk] for pk in reported})


def _remove_and_change(writing: Writing, pairs: list[tuple[Row, Any]], stored: Sequence[models.Model]) -> None:
    kept = {record.pk for _row, record in pairs if record.pk}
    writing.remove(*[record for record in stored if record.pk not in kept])
    for _row, record in pairs:
        if record.pk:
            _change(writing, record, record._touched)


def _change(writing: Writing, row: models.Model, fields: Sequence[str]) -> None:
    if fields:
        writing.change(row, *fields)
