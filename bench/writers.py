"""Sixteen people save sessions at once for two minutes, each with its look, through the acts, on one server process."""

import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import OperationalError, connection

from bench import rows
from bench.saving import by_act, request_for
from clinic.accounts.models import User
from clinic.audit.models import Access, Link
from sessions.models import Course, Device, Session

WRITERS = 16
LEAST_A_SECOND, MOST_MS = 100, 600


@dataclass
class Done:
    """What the writers saw."""

    saved: int = 0
    times: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)


def measure(by: User, machine: Device, seconds: float = 120.0) -> bool:
    """Print the figures; whether the limits hold."""
    courses = [rows.course(by, f"Writer {number}") for number in range(WRITERS)]
    before = _counts()
    done, until = Done(), time.monotonic() + seconds
    threads = [threading.Thread(target=_write, args=(by, course, machine, until, done)) for course in courses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sessions, entries, accesses = (now - then for now, then in zip(_counts(), before, strict=True))
    a_second, percentile = done.saved / seconds, statistics.quantiles(done.times, n=100)[-1]
    lost = done.saved - sessions
    gaps = Link.objects.order_by("-number").values_list("number", flat=True)[0] - Link.objects.count()
    print(
        f"  {WRITERS} writers for {seconds:.0f} s: {a_second:.0f} saves a second (at least {LEAST_A_SECOND}), median "
        f"{statistics.median(done.times):.0f} ms, 99th percentile {percentile:.0f} ms (at most {MOST_MS}), {lost} lost, "
        f"{done.failed['locked']} locked, {done.failed['deadlock']} deadlocks, {done.failed['other']} other failures, "
        f"{gaps} gaps, {entries} entries and {accesses} looks for {done.saved} saves"
    )
    whole = (lost, gaps, entries, accesses) == (0, 0, done.saved, done.saved) and not done.failed
    return whole and a_second >= LEAST_A_SECOND and percentile <= MOST_MS


def _counts() -> tuple[int, int, int]:
    return Session.objects.count(), Link.objects.count(), Access.objects.count()


def _write(by: User, course: Course, machine: Device, until: float, done: Done) -> None:
    number = 0
    try:
        while time.monotonic() < until:
            number += 1
            begin = time.perf_counter()
            try:
                by_act(request_for(by, course), course, machine, number, asked=False)
            except OperationalError as error:
                done.failed[_kind(str(error))] += 1
                continue
            done.times.append((time.perf_counter() - begin) * 1000)
            done.saved += 1  # one thread of Python at a time
    finally:
        connection.close()


def _kind(message: str) -> str:
    return next((kind for kind in ("locked", "deadlock") if kind in message), "other")
