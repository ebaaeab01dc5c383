"""Large files whose making is stopped or breaks off: cancelled, put back, begun again, and never made twice."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import translation

from clinic.accounts.models import User
from clinic.operations import jobs, making
from clinic.operations.models import Job, State
from tests.operations import filed
from tests.operations.asked_jobs import asked, folders, given_up, stored, work
from tests.operations.filed import whole_file

pytestmark = pytest.mark.django_db
posix = pytest.mark.skipif(os.name != "posix", reason="splits a process off")
# Somebody else writes at the same time.
together = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A data folder of its own, and nothing recorded yet."""
    settings.DATA_DIR = tmp_path
    filed.recorded.clear()
    with translation.override("en"):
        yield


def in_background() -> tuple[threading.Event, threading.Thread]:
    """Work in a thread of its own; what stops it, and the thread."""
    stopping = threading.Event()

    def run() -> None:
        try:
            work(stopping)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return stopping, thread


def until(fits: Callable[[], bool]) -> None:
    latest = time.monotonic() + 30
    while not fits():
        assert time.monotonic() < latest
        time.sleep(0.02)


@pytest.fixture
def _quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SECONDS_BETWEEN_BEATS", 0.05)


@together
@pytest.mark.usefixtures("_quick_beats")
def test_progress_grows_and_cancelling_leaves_nothing(staff: User) -> None:
    job = asked(staff, rows=10_000, pause=0.05)
    _stopping, thread = in_background()
    seen = []
    until(lambda: bool(seen.append(stored(job).done_rows) or seen[-1] >= 500))
    assert seen == sorted(seen)
    assert (stored(job).all_rows, len(folders())) == (10_000, 1)
    assert jobs.cancel(stored(job))
    thread.join()
    assert (stored(job).state, folders(), filed.recorded) == (State.CANCELLED, [], [])
    assert not jobs.cancel(stored(job))


@together
@pytest.mark.usefixtures("_quick_beats")
def test_program_that_ends_puts_its_job_back(staff: User) -> None:
    job = asked(staff, rows=1000, pause=0.05)
    stopping, thread = in_background()
    until(lambda: stored(job).done_rows >= 200)
    stopping.set()
    thread.join()
    assert (stored(job).state, stored(job).done_rows, stored(job).tries, folders()) == (State.WAITING, 0, 0, [])
    work()
    assert jobs.file_of(stored(job)).read_bytes() == whole_file(1000)


def test_waiting_job_is_cancelled_and_never_made(staff: User) -> None:
    job = asked(staff)
    assert jobs.cancel(job)
    work()
    assert (stored(job).state, filed.recorded) == (State.CANCELLED, [])


def test_file_cancelled_in_the_last_moment_is_not_kept(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = asked(staff)
    monkeypatch.setattr(filed, "_record", lambda written: jobs.cancel(stored(job)))
    work()
    assert (stored(job).state, folders()) == (State.CANCELLED, [])


@together
@posix
@pytest.mark.slow
def test_killed_in_the_middle_it_is_made_again_from_the_start(staff: User, tmp_path: Path) -> None:
    note = tmp_path / "note"
    job = asked(staff, rows=1000, pause=0.05, note=str(note))
    maker = split_off(work)
    until(lambda: note.exists() and len(note.read_text().split()) >= 3)
    os.kill(maker, signal.SIGKILL)
    os.waitpid(maker, 0)
    half = stored(job)
    assert (half.state, folders()) == (State.RUNNING, [half.run])
    work()
    assert stored(job).run == half.run  # it may still be alive
    given_up(job)
    work()
    made = stored(job)
    assert (made.state, made.tries, folders()) == (State.DONE, 2, [made.run])
    assert made.run != half.run
    assert jobs.file_of(made).read_bytes() == whole_file(1000)
    assert len(filed.recorded) == 1


def test_job_that_is_always_broken_off_is_given_up_in_words(staff: User) -> None:
    job = asked(staff)
    for _ in range(jobs.MOST_TRIES):
        assert jobs.claim() is not None
        given_up(job)
    work()
    made = stored(job)
    said = "It was broken off several times, so it is not tried again."
    assert (made.state, made.message, filed.recorded) == (State.FAILED, said, [])


def test_earlier_maker_that_wakes_up_changes_nothing(staff: User) -> None:
    job = asked(staff)
    earlier = jobs.claim()
    assert earlier is not None
    given_up(job)
    work()
    made = stored(job)
    assert not jobs.beat(earlier, 7)
    jobs.fail(earlier, "late")
    jobs.put_back(earlier)
    assert stored(job) == made
    assert (stored(job).state, stored(job).done_rows, folders()) == (State.DONE, 250, [made.run])


def split_off(step: Callable[[], None]) -> int:
    """A process of its own that does this and nothing else."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        step()
    finally:
        connections.close_all()
        os._exit(0)


@together
@posix
@pytest.mark.slow
def test_two_programs_never_make_the_same_job(staff: User, physician: User, tmp_path: Path) -> None:
    notes = []
    for number in range(8):
        notes.append(tmp_path / f"note-{number}")
        asked((staff, physician)[number % 2], rows=200 + number, pause=0.01, note=str(notes[-1]))
    makers = [split_off(work) for _ in range(3)]
    assert [os.waitpid(maker, 0)[1] for maker in makers] == [0, 0, 0]
    assert set(Job.objects.values_list("state", "tries")) == {(State.DONE, 1)}
    # Each batch of each job was written once.
    assert [sorted(map(int, note.read_text().split())) for note in notes] == [[0, 100]] + [[0, 100, 200]] * 7


@together
def test_of_many_at_once_one_takes_the_job(staff: User) -> None:
    asked(staff)
    taken: list[Job | None] = []
    barrier = threading.Barrier(4)

    def take() -> None:
        try:
            barrier.wait()
            taken.append(jobs.claim())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job is None for job in taken) == [False, True, True, True]
