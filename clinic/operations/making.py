"""Make one job after the other: build, write, record that it leaves, and say so; however it ends, it is said why."""

import errno
import logging
import threading
from types import TracebackType

from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.audit.access import record_looks
from clinic.lib.alone import alone
from clinic.lib.outgoing import Stopped, Written
from clinic.lib.problems import Problem, Refused
from clinic.operations import jobs
from clinic.operations.files import write
from clinic.operations.models import Job
from clinic.operations.server import SECONDS_FOR_LOCK, restoring_file

SECONDS_BETWEEN_BEATS = 2.0
SECONDS_BETWEEN_LOOKS = 2.0
NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
logger = logging.getLogger(__name__)


def work(stopping: threading.Event, *, once: bool) -> None:
    """Make what waits, then end (`once`) or wait for more, until `stopping` is set or a backup is being put back."""
    while not stopping.is_set() and not _is_being_restored():
        try:
            jobs.expire(timezone.now())
            job = jobs.claim()
        except DatabaseError:
            logger.exception("The jobs could not be looked for; it is tried again.")
            job = None
        if job is not None:
            make(job, stopping)
        elif once:
            return
        else:
            close_old_connections()  # one that broke, or was open for long
            stopping.wait(SECONDS_BETWEEN_LOOKS)


def _is_being_restored() -> bool:
    with alone(restoring_file(), seconds=SECONDS_FOR_LOCK) as got:  # somebody else may ask the same
        return not got


def make(job: Job, stopping: threading.Event) -> None:
    """Make this one, to whatever end. An error is logged by its kind and place, never with what stood in the rows."""
    with translation.override(job.language), Beating(job) as beating:
        try:
            _make(job, beating, stopping)
        except Stopped:
            if beating.wanted:
                jobs.put_back(job)
            else:
                jobs.remove(job.run)
        except Refused as refused:
            jobs.fail(job, " ".join(map(str, refused.problems)))
        except OSError as error:
            logger.exception("A job could not write its file (%s).", job.kind)
            full = error.errno in NO_ROOM
            jobs.fail(job, _no_room() if full else _("The file could not be written. Ask whoever runs the logbook."))
        except Exception:
            logger.exception("A job could not be done (%s).", job.kind)
            jobs.fail(job, _("Something went wrong, and nothing left the logbook. Ask whoever runs the logbook."))


def _make(job: Job, beating: "Beating", stopping: threading.Event) -> None:
    if job.tries > jobs.MOST_TRIES:
        raise Refused([Problem("", _("It was broken off several times, so it is not tried again."), "tries")])
    if not jobs.may_have(job.by, job):
        raise Refused([Problem("", _("Your role does not allow this any more."), "not-allowed")])
    outgoing = jobs.build(job)
    if not jobs.begun(job, len(outgoing.table.rows)):  # counting may have taken long
        raise Stopped
    place = jobs.file_of(job)
    place.parent.mkdir(mode=0o700)

    def stop() -> bool:
        if beating.full:
            raise Refused([Problem("", _no_room(), "full")])
        return stopping.is_set() or not beating.wanted

    written = write(
        outgoing,
        job.form,
        place,
        language=job.language,
        printed_by=job.by.get_full_name(),
        progress=beating.tell,
        stop=stop,
    )
    if stop():
        raise Stopped
    record_looks(by=job.by, patient_ids=written.people, kind="export", detail=str(job.uid))
    outgoing.record(written)
    if not jobs.done(job, written, file_name(outgoing.name, written)):
        jobs.remove(job.run)


def file_name(name: str, written: Written) -> str:
    return f"{name}-{timezone.localdate():%Y-%m-%d}.{written.form}"


def _no_room() -> str:
    return _("There is too little room on the disk of the logbook. Ask whoever runs it.")


class Beating:
    """While a job is made: says every two seconds that it still is and how far, and hears whether it is still wanted."""

    def __init__(self, job: Job) -> None:
        self.job, self.rows = job, 0
        self.wanted, self.full = True, jobs.is_full()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beating", daemon=True)

    def tell(self, rows: int) -> None:
        self.rows = rows

    def __enter__(self) -> "Beating":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.wait(SECONDS_BETWEEN_BEATS):
                self._beat()
        finally:
            connections.close_all()

    def _beat(self) -> None:
        try:
            self.wanted = jobs.beat(self.job, self.rows)
            self.full = jobs.is_full()
        except (DatabaseError, OSError):
            logger.exception("A job could not say how far it is; it is tried again.")
