"""The patient page of somebody with two hundred sessions: queries and time in the server."""

import statistics
import time
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench import rows
from clinic import gate
from clinic.accounts.models import User
from clinic.audit.access import forget_waiting
from sessions.actions.session import log_session
from sessions.actions.signature import sign_session
from sessions.models import Course, Device

FEW, MANY, ROUNDS = 3, 200, 100
MOST_QUERIES, MOST_MS, MOST_RATIO = 12, 60.0, 1.4


def measure(by: User, machine: Device) -> bool:
    """Print queries and times; whether the limits hold."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(by)
    few, many = (_patient_with(by, machine, count) for count in (FEW, MANY))
    queries = [_queries(client, course) for course in (few, many)]
    times, without = _interleaved(client, many)
    percentile = statistics.quantiles(times, n=20)[-1]
    ratio = statistics.median(times) / statistics.median(without)
    print(
        f"  patient page: {queries[0]} queries with {FEW} sessions, {queries[1]} with {MANY} (at most {MOST_QUERIES}, the same); "
        f"median {statistics.median(times):.1f} ms, 95th percentile {percentile:.1f} ms (under {MOST_MS:.0f})"
    )
    print(
        f"  the same page with its look recorded {statistics.median(times):.1f} ms, without "
        f"{statistics.median(without):.1f} ms, ratio {ratio:.2f} (at most {MOST_RATIO})"
    )
    return queries[0] == queries[1] <= MOST_QUERIES and percentile < MOST_MS and ratio <= MOST_RATIO


def _interleaved(client: Client, course: Course) -> tuple[list[float], list[float]]:
    """The page as it is, and the same page with the writing of its look taken out, turn by turn."""
    times: dict[bool, list[float]] = {True: [], False: []}
    writing = gate.write_before_answer
    for turn in range(2 * ROUNDS):
        recorded = bool(turn % 2)
        gate.write_before_answer = writing if recorded else forget_waiting
        begin = time.perf_counter()
        _page(client, course)
        times[recorded].append((time.perf_counter() - begin) * 1000)
    gate.write_before_answer = writing
    return times[True], times[False]


def _patient_with(by: User, machine: Device, count: int) -> Course:
    course = rows.course(by, f"Page {count}")
    for number in range(1, count + 1):
        session = log_session(by=by, course=course, entry=rows.entry(by, machine, number, asked=True), key=uuid4())
        sign_session(by=by, session=session, version=session.version)
    return course


def _page(client: Client, course: Course) -> None:
    response = client.get(reverse("logbook:patient", kwargs={"uid": course.patient.uid}))
    assert response.status_code == 200, response.status_code


def _queries(client: Client, course: Course) -> int:
    _page(client, course)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        _page(client, course)
    return len(
        [query for query in captured if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    )
