"""Saving a session through its act, with history, chain and look, against the same rows by plain `save()` without any."""

import statistics
import time
from collections.abc import Callable
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
from sessions.actions.session import log_session
from sessions.measures.answers import EACH_SESSION, FORM_VERSION
from sessions.models import Answer, Application, Course, Device, Observation, Phase, Screening, Session

ROUNDS, WARM = 300, 20
LIMITS = {"sqlite": 1.5, "postgresql": 1.8}
GOALS = {"sqlite": 1.25, "postgresql": 1.5}


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
        save(session)
        for index, (site, poles) in enumerate(rows.PHASES.items(), start=1):
            application = Application(session=session, number=index, **rows.application_values(site))
            save(application)
            for number_of_phase, pair in enumerate(poles, start=1):
                save(Phase(application=application, number=number_of_phase, **rows.phase_values(site, *pair)))
        for index, seen in enumerate(rows.observation_values(), start=1):
            save(Observation(session=session, number=index, scale_version="1", **seen))
        if asked:
            screening = Screening(
                patient_id=course.patient_id, session=session, answered_at=values["started_at"], form_version=FORM_VERSION,
                language="fr", changed="no",
            )  # fmt: skip
            save(screening)
            for item in EACH_SESSION:
                save(Answer(screening=screening, item=item.code, reply="no"))


# The baseline goes past the acts, which the logbook refuses.
pre_save.disconnect(refuse_signals)


def save(row: models.Model) -> None:
    """`save()` as Django has it."""
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
    return held


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
