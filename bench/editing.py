"""Acts on one record that stands already, beside plain Django doing as much to the same rows: no history, check or act.

Each act has two such baselines, in the same run: the row alone, read and saved; and all the rows that the act is about.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.db import models, transaction

from bench import rows
from bench.saving import WARM, middle, save
from clinic.accounts.models import User
from clinic.lib.rows import put
from sessions.actions.patient import change_patient
from sessions.actions.session import log_session, save_draft
from sessions.actions.session_rows import Entry, Row
from sessions.actions.signature import amend_session, sign_session
from sessions.models import Answer, Application, Course, Device, Observation, Patient, Phase, Screening, Session

EDITS, GOAL = 150, 1.4
ALONE = "get and save of the row alone"
ROWS = "get and save of each of its rows"
READ = "reading the record with its rows, saving its row"
# Of one act: milliseconds by what was done, the act itself first.
Times = dict[str, float]


def measure(by: User, machine: Device) -> bool:
    """Print the ratios; nothing is held to them."""
    courses = [rows.course(by, f"Editing {index}") for index in range(10)]
    times: dict[str, dict[str, list[float]]] = {}
    for turn in range(EDITS + WARM):
        for act, spent in _edited(by, courses[turn % len(courses)], machine, turn // len(courses) + 1):
            for way, milliseconds in spent.items():
                kept = times.setdefault(act, {}).setdefault(way, [])
                kept += [milliseconds] if turn >= WARM else []
    for act, ways in times.items():
        own = middle(ways.pop("act"))
        print(f"  {act}: act with history and chain {own:.2f} ms")
        for way, spent_on_it in ways.items():
            plain = middle(spent_on_it)
            print(f"      plain {way}: {plain:.2f} ms, ratio {own / plain:.2f} (goal {GOAL})")
    return True


def _edited(by: User, course: Course, machine: Device, number: int) -> Iterator[tuple[str, Times]]:
    """One session and its patient gone through every act, each beside the plain ways."""
    first = rows.entry(by, machine, number, asked=True)
    session = log_session(by=by, course=course, entry=first, key=uuid4())
    entry = _continued(first, session)
    noted, changed = _with_notes(entry, "Once more."), _changed(entry)
    alone = _spent(lambda: _row(Session, session.pk, notes="Plainly."))
    each = _spent(lambda: _each_row(session, _with_notes(entry, "Plainly, with rows.")))

    def again(written: Entry) -> None:
        nonlocal session
        session = save_draft(by=by, session=session, entry=written, version=session.version, key=uuid4())

    yield "saving a draft again, its notes changed", {"act": _spent(lambda: again(noted)), ALONE: alone, ROWS: each}
    each = _spent(lambda: _each_row(session, _changed(entry, "Plainly.")))
    yield "saving a draft again, every row changed", {"act": _spent(lambda: again(changed)), ALONE: alone, ROWS: each}
    whole = _spent(lambda: _whole(session.pk))

    def sign() -> None:
        nonlocal session
        session = sign_session(by=by, session=session, version=session.version, key=uuid4())

    yield "signing, with the content signed", {"act": _spent(sign), ALONE: alone, READ: whole}
    amended = _with_notes(changed, "Corrected.")

    def amend() -> None:
        amend_session(by=by, session=session, entry=amended, version=session.version, reason="Bench", key=uuid4())

    yield (
        "amending, with its rows and the content signed",
        {"act": _spent(amend), ALONE: alone, ROWS: each},
    )
    patient = Patient.objects.get(pk=course.patient_id)
    alone = _spent(lambda: _row(Patient, patient.pk, phone=f"02 {number}"))
    values, version = {"phone": f"01 {number}"}, patient.version

    def phone() -> None:
        change_patient(by=by, patient=patient, values=values, version=version, reason="Bench", key=uuid4())

    yield "correcting a patient", {"act": _spent(phone), ALONE: alone}


# --- What the form sends ------------------------------------------------------------------------------


def _with_notes(entry: Entry, notes: str) -> Entry:
    return replace(entry, values=entry.values | {"notes": notes})


def _continued(entry: Entry, session: Session) -> Entry:
    """The rows of `entry` as a form sends them that continues the rows stored."""
    phases = iter(Phase.objects.filter(application__session=session).order_by("application__number", "number"))
    applications = zip(entry.applications, Application.objects.filter(session=session), strict=True)
    observations = zip(entry.observations, Observation.objects.filter(session=session), strict=True)
    return replace(
        entry,
        applications=tuple(
            replace(row, id=stored.pk, below=tuple(replace(below, id=next(phases).pk) for below in row.below))
            for row, stored in applications
        ),
        observations=tuple(replace(row, id=stored.pk) for row, stored in observations),
    )


def _changed(entry: Entry, note: str = "Changed.") -> Entry:
    """The session and each row of it in other words or with another figure."""

    def other(row: Row, field: str, value: Any) -> Row:
        return replace(row, values=row.values | {field: value})

    return replace(
        _with_notes(entry, note),
        replies={item: (reply, note) for item, (reply, _detail) in entry.replies.items()},
        changed_note=note,
        applications=tuple(
            replace(
                other(row, "water_level", note),
                below=tuple(other(below, "current_ma", below.values["current_ma"] - len(note)) for below in row.below),
            )
            for row in entry.applications
        ),
        observations=tuple(other(row, "method", note) for row in entry.observations),
    )


# --- Plain Django -------------------------------------------------------------------------------------


def _row(model: type[models.Model], key: int, **values: Any) -> None:
    with transaction.atomic():
        _saved([model._default_manager.get(pk=key)], [values])


def _each_row(session: Session, entry: Entry) -> None:
    """What the form sends, set on the rows read anew; each saved, in one transaction."""
    with transaction.atomic():
        stored = Session.objects.get(pk=session.pk)
        applications = list(Application.objects.filter(session=stored))
        screening = Screening.objects.get(session=stored)
        answers = list(Answer.objects.filter(screening=screening))
        replies = [dict(zip(("reply", "detail"), entry.replies[answer.item], strict=True)) for answer in answers]
        _saved([stored], [entry.values])
        _saved(applications, [row.values for row in entry.applications])
        phases = list(Phase.objects.filter(application__in=applications).order_by("application__number", "number"))
        _saved(phases, [below.values for row in entry.applications for below in row.below])
        _saved(Observation.objects.filter(session=stored), [row.values for row in entry.observations])
        _saved([screening], [{"changed": entry.changed, "changed_note": entry.changed_note}])
        _saved(answers, replies)


def _whole(key: int) -> None:
    """Whoever signs has read it all."""
    with transaction.atomic():
        _saved([Session.objects.with_rows().get(pk=key)], [{"notes": "Read."}])


def _saved(stored: Iterable[models.Model], values: Iterable[Mapping[str, Any]]) -> None:
    for row, given in zip(stored, values, strict=True):
        put(row, given)
        save(row)


def _spent(step: Callable[[], object]) -> float:
    begin = time.perf_counter()
    step()
    return (time.perf_counter() - begin) * 1000
