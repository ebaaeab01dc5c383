"""Where writers wait for each other.

SQLite takes one writer at a time, and its own waiting is unfair: the threads of this process queue here instead.
PostgreSQL takes many: those who must not pass each other stand in a line that they name.
"""

import threading
from contextlib import nullcontext
from typing import Any

from django.db import connection

_one_writer = threading.RLock()


def one_writer() -> Any:
    """The queue for writers of this process; nothing on PostgreSQL, which orders its own."""
    return _one_writer if connection.vendor == "sqlite" else nullcontext()


def stand_in(line: tuple[int, int]) -> None:
    """Go on once everybody before us in this line has ended the transaction, and so see what each has written."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", line)
