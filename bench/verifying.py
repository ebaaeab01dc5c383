"""Reading a history of many entries from end to end: entries a second, and the most memory it takes."""

import json
import subprocess
import sys
import time
from uuid import uuid4

from django.db import connection, transaction

from bench import rows
from clinic.accounts.actions import choose_language
from clinic.accounts.models import User
from clinic.audit.models import Link
from sessions.actions.session import log_session
from sessions.actions.signature import sign_session
from sessions.models import Device

LEAST_A_SECOND, MOST_MB = 5000, 200
# A process is born as big as the one that it is forked from, which here is bigger than the verifier itself.
SMALL_PARENT = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "manage.py", "verify_audit", "--json"])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, file=sys.stderr)
sys.exit(done.returncode)
"""
SESSIONS, SESSIONS_A_COURSE, AT_ONCE = 2000, 10, 500


def measure(by: User, machine: Device, entries: int = 100_000) -> bool:
    """Log and sign until the chain has so many entries, then verify in a process of its own; whether the limits hold."""
    begin = time.monotonic()
    _fill(by, machine, entries)
    filled = time.monotonic() - begin
    done = subprocess.run([sys.executable, "-c", SMALL_PARENT], capture_output=True, text=True, check=False)
    said, megabytes = json.loads(done.stdout), float(done.stderr.split()[-1])
    a_second = said["entries"] / said["seconds"]
    print(
        f"  verifier: {said['entries']} entries and {said['accesses']} accesses {said['state']} in {said['seconds']:.1f} s: "
        f"{a_second:.0f} entries a second (at least {LEAST_A_SECOND}), {megabytes:.0f} MB (under {MOST_MB}); "
        f"made in {filled:.0f} s"
    )
    return done.returncode == 0 and a_second >= LEAST_A_SECOND and megabytes < MOST_MB


def _fill(by: User, machine: Device, entries: int) -> None:
    """Sessions logged and signed, and small acts up to the number: many a transaction, which changes how soon, not what."""
    for number in range(SESSIONS):
        if number % SESSIONS_A_COURSE == 0:
            course = rows.course(by, f"Verified {number}")
        entry = rows.entry(by, machine, number % SESSIONS_A_COURSE + 1, asked=True)
        session = log_session(by=by, course=course, entry=entry, key=uuid4())
        sign_session(by=by, session=session, version=session.version)
    while (have := Link.objects.count()) < entries:
        with transaction.atomic():
            for number in range(min(AT_ONCE, entries - have)):
                choose_language(user=by, language="fr" if number % 2 else "en")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
