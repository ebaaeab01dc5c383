"""A verification that nobody waits for: one at a time, told in one sentence and in the chain of the accesses."""

import logging
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.utils.text import Truncator

from clinic.audit.access import record_event
from clinic.audit.keys import KeyMissing
from clinic.audit.verify.findings import Finding
from clinic.audit.verify.result import INTACT, Result, progress_file, read_sealed
from clinic.audit.verify.run import verify
from clinic.lib.alone import alone
from clinic.lib.fields import LINE

FAILED = "verification_failed"
# Somebody who only asks whether a verification runs holds the lock for a moment.
SECONDS_FOR_LOCK = 3.0
logger = logging.getLogger(__name__)


def lock_file() -> Path:
    return Path(settings.KEY_DIR) / "verifying.lock"


def verify_alone() -> Result | None:
    """Verify, unless somebody does already (None); what is found is told without a word of anybody's data."""
    with alone(lock_file(), seconds=SECONDS_FOR_LOCK) as got:
        if not got:
            return None
        result, found = verify()
    if result.state != INTACT:
        _tell(result, found)
    return result


def is_running() -> bool:
    """Whether a verification runs in the background now."""
    with alone(lock_file()) as got:
        return not got


def how_far() -> int:
    """The last entry that a running verification, or one that was broken off, has written down as read."""
    return int((read_sealed(progress_file()) or {}).get("number", 0))


def _tell(result: Result, found: list[Finding]) -> None:
    numbers = Counter(finding.kind for finding in found if finding.alters)
    said = ", ".join(f"{kind} ({number})" for kind, number in sorted(numbers.items()))
    logger.error("Verification of the audit history: %s. %s. See the page Verification.", result.state.upper(), said)
    try:
        record_event(FAILED, detail=Truncator(f"{result.state}: {said}").chars(LINE))
    except (KeyMissing, DatabaseError):
        logger.exception("The failed verification could not be recorded.")
