"""Reading a history of many entries from end to end, and what is new of it: entries a second, and the most memory it takes.

All are sessions that were logged and signed, which no other act outweighs: some thirty rows, a signature over its own
content, and everything twice, live and in the history. The measure beside is reading the same rows and nothing else.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any
from uuid import uuid4

from django.db import connection

from bench import rows
from bench.filling import fill
from clinic.accounts.models import User
from clinic.audit.models import Act, Link
from clinic.audit.stored import history_of, recorded_models
from sessions.actions.session import log_session
from sessions.actions.signature import sign_session
from sessions.models import Device, Signature

LEAST_A_SECOND, MOST_MB, MOST_SECONDS_NEW = 5000, 200, 1.0
ROUNDS, NEW_SESSIONS, AT_ONCE = 3, 50, 5000
# A process is born as big as the one that it is forked from, which here is bigger than the verifier itself.
SMALL_PARENT = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "manage.py", "verify_audit", "--json", *sys.argv[1:]])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, file=sys.stderr)
sys.exit(done.returncode)
"""


def measure(by: User, machine: Device, entries: int = 100_000) -> bool:
    """Fill until the chain has so many entries, then verify in a process of its own; whether the limits hold."""
    begin = time.monotonic()
    fill(by, machine, entries)
    filled = time.monotonic() - begin
    runs = [_verified() for _round in range(ROUNDS)]
    best = min(runs, key=lambda run: run["seconds"])
    a_second, megabytes = best["entries"] / best["seconds"], max(run["megabytes"] for run in runs)
    print(
        f"  verifier: {best['entries']} entries ({Signature.objects.count()} signed sessions) and {best['accesses']} accesses "
        f"{best['state']}, {ROUNDS} times, in {_seconds(runs)} s: {a_second:.0f} entries "
        f"a second at best (at least {LEAST_A_SECOND}), {best['entries'] / best['processor']:.0f} a second of processor time, "
        f"{megabytes:.0f} MB in the bigger of its two processes (both under {MOST_MB}); made in {filled:.0f} s; "
        f"{os.cpu_count()} processors, {os.getloadavg()[0]:.1f} programs at work on them"
    )
    plainly, every = _read_plainly()
    print(f"  reading each of its {every} rows once, as the driver gives them: {plainly:.1f} s")
    held = all(run["state"] == "intact" for run in runs) and a_second >= LEAST_A_SECOND and 2 * megabytes < MOST_MB
    return _measure_new(by, machine) and held


def _measure_new(by: User, machine: Device) -> bool:
    """Some sessions later: reading what is new alone."""
    before = Link.objects.count()
    for number in range(NEW_SESSIONS):
        if number % 10 == 0:
            course = rows.course(by, f"New {number}")
        entry = rows.entry(by, machine, number % 10 + 1, asked=True)
        session = log_session(by=by, course=course, entry=entry, key=uuid4())
        sign_session(by=by, session=session, version=session.version)
    runs = [_verified("--new") for _round in range(ROUNDS)]
    seconds = min(run["seconds"] for run in runs)
    print(
        f"  what is new, {Link.objects.count() - before} entries behind {before}: {runs[0]['state']} in "
        f"{_seconds(runs)} s (at most {MOST_SECONDS_NEW})"
    )
    return all(run["state"] == "intact" for run in runs) and seconds <= MOST_SECONDS_NEW


def _verified(*options: str) -> dict[str, Any]:
    """What the command says, with the memory and the processor time that it took."""
    done = subprocess.run([sys.executable, "-c", SMALL_PARENT, *options], capture_output=True, text=True, check=False)
    megabytes, processor = map(float, done.stderr.split()[-2:])
    return json.loads(done.stdout) | {"megabytes": megabytes, "processor": processor}


def _read_plainly() -> tuple[float, int]:
    """The seconds and the number of rows: every live row once, every row of the history, every act and entry."""
    begin, every = time.monotonic(), 0
    for model in (Act, Link, *recorded_models(), *map(history_of, recorded_models())):
        with connection.chunked_cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            while found := cursor.fetchmany(AT_ONCE):
                every += len(found)
    return time.monotonic() - begin, every


def _seconds(runs: list[dict[str, Any]]) -> str:
    return ", ".join(f"{run['seconds']:.2f}" for run in runs)
