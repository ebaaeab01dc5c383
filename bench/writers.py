"""Eight people, then sixteen, save sessions at once, each with its look, through the acts, on one server process."""

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

# How many write at once: at least so many saves a second, so many milliseconds for all but a hundredth of them. Speed
# is a limit for the most of them, and a goal for the fewer, whom a slow disk holds up no less.
GOALS = {8: (150, 300), 16: (100, 600)}


@dataclass
class Done:
    """What the writers saw."""

    saved: int = 0
    times: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)


def measure(by: User, machine: Device, seconds: float = 120.0) -> bool:
    """Print the figures of each number of writers; whether the limits hold."""
    held = [_write_at_once(by, machine, writers, seconds) for writers in GOALS]
    return False not in held


def _write_at_once(by: User, machine: Device, writers: int, seconds: float) -> bool:
    least, most = GOALS[writers]
    courses = [rows.course(by, f"Writer {number} of {writers}") for number in range(writers)]
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
        f"  {writers} writers for {seconds:.0f} s: {a_second:.0f} saves a second (at least {least}), median "
        f"{statistics.median(done.times):.0f} ms, 99th percentile {percentile:.0f} ms (at most {most}), {lost} lost, "
        f"{done.failed['locked']} locked, {done.failed['deadlock']} deadlocks, {done.failed['other']} other failures, "
        f"{gaps} gaps, {entries} entries and {accesses} looks for {done.saved} saves"
    )
    whole = (lost, gaps, entries, accesses) == (0, 0, done.saved, done.saved) and not done.failed
    return whole and (writers < max(GOALS) or (a_second >= least and percentile <= most))


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
