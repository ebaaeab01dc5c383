"""Saving a session through its act, with history, chain and look, against the same rows by plain `save()` without any."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.db import connection, models, transaction
from django.db.models.signals import pre_save
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve, reverse

from bench import rows
from clinic.accounts.models import User
from clinic.audit.access import record_look
from clinic.audit.history import refuse_signals
from sessions.actions.patient import change_patient
from sessions.actions.session import log_session, save_draft
from sessions.actions.signature import amend_session, sign_session
from sessions.measures.answers import EACH_SESSION, FORM_VERSION
from sessions.models import Answer, Application, Course, Device, Observation, Patient, Phase, Screening, Session

ROUNDS, WARM = 300, 20
LIMITS = {"sqlite": 1.5, "postgresql": 1.8}
GOALS = {"sqlite": 1.25, "postgresql": 1.5}
EDITS, EDIT_GOAL = 150, 1.4


def by_act(request: HttpRequest, course: Course, machine: Device, number: int, *, asked: bool) -> None:
    """As the page does it: the look at the course waits, and is written with the act."""
    by: Any = request.user
    record_look(request, [course.patient_id], "course")
    log_session(by=by, course=course, entry=rows.entry(by, machine, number, asked=asked), key=uuid4())


def request_for(by: User, course: Course) -> HttpRequest:
    """The request that sends the form of a new session."""
    address = reverse("logbook:session-new", args=[course.uid])
    request = RequestFactory().post(address)
    request.user, request.resolver_match = by, resolve(address)
    return request


def plainly(request: HttpRequest, course: Course, machine: Device, number: int, *, asked: bool) -> None:
    """The same rows in the same tables: one `save()` each, in one transaction, no history, no check, no act."""
    by: Any = request.user
    with transaction.atomic():
        values = rows.session_values(by, machine, number)
        month = values["started_at"].date().replace(day=1)
        session = Session(
            course=course, patient_id=course.patient_id, record_status="preliminary", month=month, **values
        )
        _save(session)
        for index, (site, poles) in enumerate(rows.PHASES.items(), start=1):
            application = Application(session=session, number=index, **rows.application_values(site))
            _save(application)
            for number_of_phase, pair in enumerate(poles, start=1):
                _save(Phase(application=application, number=number_of_phase, **rows.phase_values(site, *pair)))
        for index, seen in enumerate(rows.observation_values(), start=1):
            _save(Observation(session=session, number=index, scale_version="1", **seen))
        if asked:
            screening = Screening(
                patient_id=course.patient_id, session=session, answered_at=values["started_at"], form_version=FORM_VERSION,
                language="fr", changed="no",
            )  # fmt: skip
            _save(screening)
            for item in EACH_SESSION:
                _save(Answer(screening=screening, item=item.code, reply="no"))


# The baseline goes past the acts, which the logbook refuses.
pre_save.disconnect(refuse_signals)


def _save(row: models.Model) -> None:
    row.skip_history_when_saving = True  # type: ignore[attr-defined]
    models.Model.save(row)


def measure(by: User, machine: Device) -> bool:
    """Print the ratios; whether the limit holds."""
    held = True
    for asked, title in (
        (False, "session, 2 applications, 3 phases, 4 observations"),
        (True, "the same with the questions asked"),
    ):
        courses = [rows.course(by, f"Saving {asked} {index}") for index in range(20)]
        act, plain = _interleaved(by, courses, machine, asked)
        ratio = middle(act) / middle(plain)
        limit, goal = LIMITS[connection.vendor], GOALS[connection.vendor]
        print(
            f"  saving, {title}: act with history, chain and look {middle(act):.2f} ms, plain {middle(plain):.2f} ms, "
            f"ratio {ratio:.2f} (at most {limit}, goal {goal})"
        )
        held = held and (asked or ratio <= limit)
    _tell_of_edits(by, machine)
    return held


def _tell_of_edits(by: User, machine: Device) -> None:
    """One record changed by its act, beside `get()` and `save()` of its row alone, without any history or check."""
    courses = [rows.course(by, f"Editing {index}") for index in range(10)]
    times: dict[str, list[tuple[float, float]]] = {}
    for turn in range(EDITS + WARM):
        for name, spent in _edited(by, courses[turn % len(courses)], machine, turn // len(courses) + 1).items():
            if turn >= WARM:
                times.setdefault(name, []).append(spent)
    for name, pairs in times.items():
        own, plain = (middle(list(spent)) for spent in zip(*pairs, strict=True))
        print(
            f"  {name}: act with history and chain {own:.2f} ms, get and save of the row {plain:.2f} ms, "
            f"ratio {own / plain:.2f} (goal {EDIT_GOAL})"
        )


def _edited(by: User, course: Course, machine: Device, number: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of each act on one session and its patient, and of the same row saved plainly."""
    entry = rows.entry(by, machine, number, asked=True)
    session = log_session(by=by, course=course, entry=entry, key=uuid4())
    again, amended = (replace(entry, values=entry.values | {"notes": note}) for note in ("Once more.", "Corrected."))
    plain = _spent(lambda: _save_plainly(Session, session.pk, notes="Plainly."))
    drafted, draft = _timed(
        lambda: save_draft(by=by, session=session, entry=again, version=session.version, key=uuid4())
    )
    signed, record = _timed(lambda: sign_session(by=by, session=draft, version=draft.version, key=uuid4()))
    corrected = _spent(
        lambda: amend_session(by=by, session=record, entry=amended, version=record.version, reason="Bench", key=uuid4())
    )
    patient = Patient.objects.get(pk=course.patient_id)
    phoned = _spent(
        lambda: change_patient(
            by=by,
            patient=patient,
            values={"phone": f"01 {number}"},
            version=patient.version,
            reason="Bench",
            key=uuid4(),
        )
    )
    plain_patient = _spent(lambda: _save_plainly(Patient, patient.pk, phone=f"02 {number}"))
    return {
        "correcting a patient": (phoned, plain_patient),
        "saving a draft again, with its rows": (drafted, plain),
        "signing, with the content signed": (signed, plain),
        "amending, with its rows and the content signed": (corrected, plain),
    }


def _save_plainly(model: type[models.Model], key: int, **values: Any) -> None:
    with transaction.atomic():
        row = model._default_manager.get(pk=key)
        for name, value in values.items():
            setattr(row, name, value)
        _save(row)


def _timed(step: Callable[[], Session]) -> tuple[float, Session]:
    begin = time.perf_counter()
    made = step()
    return (time.perf_counter() - begin) * 1000, made


def _spent(step: Callable[[], object]) -> float:
    begin = time.perf_counter()
    step()
    return (time.perf_counter() - begin) * 1000


def middle(times: list[float]) -> float:
    """The mean without the quickest and slowest tenth. Not the median: where the disk answers in steps it jumps."""
    kept = sorted(times)[len(times) // 10 : -len(times) // 10]
    return statistics.fmean(kept)


def _interleaved(by: User, courses: list[Course], machine: Device, asked: bool) -> tuple[list[float], list[float]]:
    """Turn by turn, so that both meet the same disk and the same size of tables."""
    times: dict[Callable[..., None], list[float]] = {by_act: [], plainly: []}
    for turn in range(2 * (ROUNDS + WARM)):
        way = by_act if turn % 2 else plainly
        course = courses[(turn // 2) % len(courses)]
        number = turn // len(courses) * 2 + turn % 2 + 1
        request = request_for(by, course)
        begin = time.perf_counter()
        way(request, course, machine, number, asked=asked)
        spent = (time.perf_counter() - begin) * 1000
        if turn >= 2 * WARM:
            times[way].append(spent)
    return times[by_act], times[plainly]
