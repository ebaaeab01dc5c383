"""What the server does by itself: verify the audit history and end forgotten log-ins once a night, and anchor the
history every hour that it grows.

A thread of the process that `serve` began in; the pages are answered by others. The verification is a program of its own
at low priority, so that nobody waits for it, and whatever goes wrong here disturbs no page.
"""

import logging
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, time, timedelta, tzinfo

from django.conf import settings
from django.db import connections
from django.utils import timezone

from clinic.accounts.web_sessions import SessionStore
from clinic.audit import anchors
from clinic.audit.chain import head
from clinic.audit.verify import last_result
from clinic.operations.programs import begin
from clinic.operations.timestamp import stamp

NIGHT = time(3, 10)
BETWEEN_ANCHORS = timedelta(hours=1)
# The pages come first: what is due at the start begins a little later.
SECONDS_BEFORE_FIRST = 3.0
SECONDS_BETWEEN = 30.0
SECONDS_TO_STOP = 5.0
logger = logging.getLogger(__name__)


# --- The schedule --------------------------------------------------------------------------------


def is_verification_due(now: datetime, last: datetime | None, zone: tzinfo) -> bool:
    """Whether a night, counted from ten past three by the clinic's clock, has passed since the last verification."""
    return last is None or now >= night_after(last, zone)


def night_after(at: datetime, zone: tzinfo) -> datetime:
    """The first ten past three after this moment."""
    local = at.astimezone(zone)
    night = datetime.combine(local.date(), NIGHT, zone)
    return night if night > at else datetime.combine(local.date() + timedelta(days=1), NIGHT, zone)


def is_anchor_due(now: datetime, last: datetime, *, moved: bool) -> bool:
    """Whether an hour has passed since the last anchor, and something was written in it."""
    return moved and not last <= now < last + BETWEEN_ANCHORS


# --- The verification as a program of its own ----------------------------------------------------


def begin_verification() -> subprocess.Popen[bytes]:
    """Start a verification that outlives the request which asked for it; where one runs, the second ends at once."""
    return begin("verify_audit", "--background")


# --- The thread ----------------------------------------------------------------------------------


class Nightly:
    """The thread, from the start of the server to its stop. `verify_now` after an upgrade."""

    def __init__(self, *, verify_now: bool = False) -> None:
        self._verify_now = verify_now
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nightly", daemon=True)
        self._verification: subprocess.Popen[bytes] | None = None
        self._tried_at: datetime | None = None
        self._anchored_at, self._anchored = timezone.now(), b""
        self._stamped_at, self._stamped = timezone.now() - BETWEEN_ANCHORS, b""

    def start(self) -> None:
        """Anchor where the history stands at the start, and go on in the thread."""
        self._quietly(lambda: self._anchor(timezone.now(), "start"))
        connections.close_all()  # the server may fork: no connection is carried over
        self._thread.start()

    def stop(self) -> None:
        """End the thread and its verification, and anchor where the history stands at the stop."""
        self._stopped.set()
        self._thread.join(SECONDS_TO_STOP)
        if self._verification and self._verification.poll() is None:
            self._verification.terminate()
        self._quietly(lambda: self._anchor(timezone.now(), "stop"))

    def _run(self) -> None:
        pause = SECONDS_BEFORE_FIRST
        while not self._stopped.wait(pause):
            self._quietly(self._look)
            connections.close_all()
            pause = SECONDS_BETWEEN

    def _look(self) -> None:
        now = timezone.now()
        if is_anchor_due(now, self._anchored_at, moved=head().mac != self._anchored):
            self._anchor(now, "hour")
        if self._verify_now or is_verification_due(now, self._last_verified(now), timezone.get_default_timezone()):
            self._verify_now, self._tried_at = False, now
            self._verification = begin_verification()
            SessionStore.clear_expired()  # who closed the browser without a word gets an end of that log-in
        if settings.TIMESTAMP_URL and is_anchor_due(now, self._stamped_at, moved=self._anchored != self._stamped):
            self._stamp(now)

    def _last_verified(self, now: datetime) -> datetime | None:
        """When the last verification ended, or when one was tried here that left no result; nothing that is to come."""
        result = last_result()
        moments = (result.when if result else None, self._tried_at)
        return max((moment for moment in moments if moment and moment <= now), default=None)

    def _anchor(self, now: datetime, why: str) -> None:
        self._anchored_at = now
        before = head().mac
        if anchors.write(why):
            self._anchored = before

    def _stamp(self, now: datetime) -> None:
        """Ask outside for a time stamp of the last anchor; nobody waits for the answer but this thread."""
        self._stamped_at, anchored = now, self._anchored
        last = next(iter(deque(anchors.kept(), maxlen=1)), None)
        if last and stamp(last):
            self._stamped = anchored

    def _quietly(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            logger.exception("What the server does by itself could not be done; it is tried again.")
