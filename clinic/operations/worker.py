"""The thread of the server that sees to jobs: it deletes what expired, and starts a program where one waits."""

import logging
import subprocess
import threading

from django.db import connections
from django.utils import timezone

from clinic.operations import jobs
from clinic.operations.programs import begin

SECONDS_BETWEEN = 2.0
SECONDS_TO_STOP = 5.0
logger = logging.getLogger(__name__)


class Worker:
    """From the start of the server to its stop. One program at a time makes all that waits, and ends."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._program: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to look; what an earlier server left unfinished is found again."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a program that makes a file puts it back to be made after the next start."""
        self._stopped.set()
        self._thread.join(SECONDS_TO_STOP)
        if self._program and self._program.poll() is None:
            self._program.terminate()

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN):
            try:
                self._look()
            except Exception:
                logger.exception("The jobs could not be looked after; it is tried again.")
            connections.close_all()  # the server may fork: no connection is carried over

    def _look(self) -> None:
        now = timezone.now()
        jobs.expire(now)
        if (self._program is None or self._program.poll() is not None) and jobs.free(now).exists():
            self._program = begin("work", "--once")
