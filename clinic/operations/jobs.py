"""Large files that are made while nobody waits: who asked, who makes one, how far it is, when it goes.

The table is the queue. Whoever takes a job writes his run's name on it in one statement that finds it free or given up,
so two programs never make the same one; every later word on it holds only as long as that name stands there.
"""

import shutil
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.queue import one_writer
from clinic.lib.outgoing import Outgoing, Wanted, Written
from clinic.lib.problems import Problem, Refused, refuse
from clinic.operations.models import Job, JobQuerySet, State

MOST_ACTIVE = 5
MOST_TRIES = 3
DAYS_IN_THE_LIST = 30
GIVEN_UP_AFTER = timedelta(seconds=60)
LEAST_FREE_BYTES = 200_000_000
TRIED_AT_ONCE = 10

Build = Callable[[Wanted], Outgoing]
_kinds: dict[str, Build] = {}


def kind(name: str) -> Callable[[Build], Build]:
    """Let an app bring what builds jobs of this kind; called again from the start after a restart."""

    def bring(build: Build) -> Build:
        _kinds[name] = build
        return build

    return bring


def build(job: Job) -> Outgoing:
    """What this job makes into a file."""
    return _kinds[job.kind](Wanted(job.by, job.question, job.form, job.language, job.asked_at))


# --- Asking --------------------------------------------------------------------------------------


def ask(
    *,
    by: User,
    kind: str,
    question: dict[str, Any],
    form: str,
    title: str,
    needs: Iterable[Permission] = (),
    rows: int | None = None,
) -> Job:
    """Have a file made in the language that is active; the same one asked for twice is one job. Raises `Refused`.

    `question` is what the kind builds it from, in plain JSON and without a name of a person; `needs` are all the
    permissions without which nobody may have this file, asked again when it is made and when it is fetched.
    """
    needed = [Permission(permission) for permission in needs]
    for permission in needed:
        refuse(why_not_may(by, permission))
    asked = {"kind": kind, "question": question, "form": form, "language": get_language() or settings.LANGUAGE_CODE}
    with one_writer(), transaction.atomic():
        active = list(Job.objects.active().filter(by=by))
        for job in active:
            if all(getattr(job, name) == value for name, value in asked.items()):
                return job
        if len(active) >= MOST_ACTIVE:
            said = _("%(number)s of your files are being made. Ask again when one is ready, or cancel one.")
            raise Refused([Problem("", said % {"number": len(active)}, "too-many")])
        told = {"title": title, "needs": [str(one) for one in needed], "all_rows": rows, "asked_at": timezone.now()}
        return Job.objects.create(by=by, **asked, **told)


def may_have(user: User, job: Job) -> bool:
    """Whether the role of this person grants, at this moment, all that the file needs."""
    return all(user.may(Permission(permission)) for permission in job.needs)


def jobs_of(user: User) -> JobQuerySet:
    """The jobs of this person, the newest first."""
    return Job.objects.filter(by=user).order_by("-asked_at", "-pk")


def ready_of(user: User, now: datetime) -> int:
    """How many files wait for this person to fetch them."""
    return Job.objects.ready(now).filter(by=user).count()


# --- Making --------------------------------------------------------------------------------------


def free(now: datetime) -> JobQuerySet:
    """Jobs that nobody makes: those that wait, and those whose maker has not been heard of."""
    return Job.objects.filter(Q(state=State.WAITING) | Q(state=State.RUNNING, beat_at__lt=now - GIVEN_UP_AFTER))


def claim() -> Job | None:
    """Take the oldest free job, alone; None where there is none. What an earlier run left of it goes."""
    now = timezone.now()
    for pk, before in free(now).order_by("asked_at", "pk").values_list("pk", "run")[:TRIED_AT_ONCE]:
        run = {"state": State.RUNNING, "run": uuid4().hex, "started_at": now, "beat_at": now, "done_rows": 0}
        with one_writer():
            taken = free(now).filter(pk=pk, run=before).update(**run, tries=F("tries") + 1)
        if taken:
            remove(before)
            return Job.objects.select_related("by").get(pk=pk)
    return None


def begun(job: Job, rows: int) -> bool:
    """How many rows there will be, as soon as that is known; whether the job is still wanted, and wanted from this run."""
    return _write(job, all_rows=rows)


def beat(job: Job, rows: int) -> bool:
    """Say that this run goes on and how far it is; whether the job is still wanted, and wanted from this run."""
    return _write(job, beat_at=timezone.now(), done_rows=rows)


def done(job: Job, written: Written, name: str) -> bool:
    """The file is complete and its act stands: it can be fetched until it expires. Whether it was still wanted."""
    now = timezone.now()
    return _write(
        job,
        state=State.DONE,
        finished_at=now,
        expires_at=now + timedelta(hours=settings.DOWNLOAD_HOURS),
        done_rows=written.rows,
        all_rows=written.rows,
        name=name,
        size=written.size,
        sha256=written.sha256,
    )


def fail(job: Job, words: str) -> None:
    """There will be no file, and this is why."""
    remove(job.run)
    _write(job, state=State.FAILED, finished_at=timezone.now(), message=words)


def put_back(job: Job) -> None:
    """The program that makes it ends: another one begins again from the start. That is no try that failed."""
    remove(job.run)
    _write(job, state=State.WAITING, done_rows=0, tries=F("tries") - 1)


def _write(job: Job, **values: Any) -> bool:
    with one_writer():
        return bool(Job.objects.filter(pk=job.pk, run=job.run, state=State.RUNNING).update(**values))


# --- Ending --------------------------------------------------------------------------------------


def cancel(job: Job) -> bool:
    """Make it no further, or delete the file that is ready; whether there was anything to end."""
    with one_writer():
        ended = Job.objects.filter(pk=job.pk, run=job.run, state__in=[State.WAITING, State.RUNNING, State.DONE]).update(
            state=State.CANCELLED, finished_at=timezone.now()
        )
    if ended:
        remove(job.run)
    return bool(ended)


def expire(now: datetime) -> None:
    """Delete the files whose time is over, what no job knows of, and old lines of the lists."""
    for job in Job.objects.filter(state=State.DONE, expires_at__lte=now):
        with one_writer():
            Job.objects.filter(pk=job.pk, state=State.DONE).update(state=State.EXPIRED)
        remove(job.run)
    with one_writer():
        Job.objects.filter(finished_at__lt=now - timedelta(days=DAYS_IN_THE_LIST)).exclude(state=State.DONE).delete()
    for run in _unknown():
        remove(run)


def _unknown() -> list[str]:
    """Folders that belong to no job; each is made after the name of its run was written down, so first they are read."""
    there = [path.name for path in folder().iterdir()]
    known = Job.objects.filter(state__in=[State.RUNNING, State.DONE]).exclude(run="") if there else []
    runs = {job.run for job in known}
    return [name for name in there if name not in runs]


# --- Files ---------------------------------------------------------------------------------------


def folder() -> Path:
    """Where the files lie: in the data folder, closed to others, never served as they are."""
    place = Path(settings.DATA_DIR) / "downloads"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def file_of(job: Job) -> Path:
    """The file of this job's run, in a folder of its own."""
    return folder() / job.run / "file"


def opened(job: Job, now: datetime) -> BinaryIO:
    """The file, for reading. Raises `FileNotFoundError` where it is not ready, or not kept any more."""
    if job.state != State.DONE or job.expires_at is None or job.expires_at <= now:
        raise FileNotFoundError(job.state)
    return file_of(job).open("rb")


def kept_hours() -> int:
    """How long a file waits to be fetched."""
    return int(settings.DOWNLOAD_HOURS)


def remove(run: str) -> None:
    """Delete whatever this run wrote; what cannot be deleted now (an open file on Windows) goes with a later `expire`."""
    if run:
        shutil.rmtree(folder() / run, ignore_errors=True)


def is_full() -> bool:
    """Whether so little room is left on the disk that the logbook itself may soon have none."""
    return shutil.disk_usage(folder()).free < LEAST_FREE_BYTES
