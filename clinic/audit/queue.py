"""SQLite takes one writer at a time, and its own waiting is unfair: the threads of this process queue here instead."""

import threading
from contextlib import nullcontext
from typing import Any

from django.db import connection

_one_writer = threading.RLock()


def one_writer() -> Any:
    """The queue for writers of this process; nothing on PostgreSQL, which orders its own."""
    return _one_writer if connection.vendor == "sqlite" else nullcontext()
