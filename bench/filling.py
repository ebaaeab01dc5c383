"""A long history in short time: a block of real patients and signed sessions, then copies of it, row for row.

The block is written by the acts, the copies by the way of `manage.py seed_bench`; the guards of the database stand all
the while.
"""

from uuid import uuid4

from bench import rows
from clinic.accounts.models import User
from clinic.audit.models import Link
from sessions.actions.figures import rebuild_figures
from sessions.actions.session import log_session
from sessions.actions.signature import sign_session
from sessions.management.copying import copy, know_sizes, written
from sessions.models import Device
from sessions.reports.figures import counted

COURSES, SESSIONS_A_COURSE = 30, 10


def fill(by: User, machine: Device, entries: int) -> None:
    """Signed sessions, ten a course, each logged by one act and signed by another, until there are so many entries."""

    def tell() -> None:
        for number in range(COURSES * SESSIONS_A_COURSE):
            if number % SESSIONS_A_COURSE == 0:
                course = rows.course(by, f"Filled {number}")
            entry = rows.entry(by, machine, number % SESSIONS_A_COURSE + 1, asked=True)
            session = log_session(by=by, course=course, entry=entry, key=uuid4())
            sign_session(by=by, session=session, version=session.version)

    block, turn = written(tell), 0
    while Link.objects.count() < entries:
        turn += 1
        copy(block, turn)
    rebuild_figures(counted())
    know_sizes()
