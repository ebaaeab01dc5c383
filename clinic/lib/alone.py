"""One process at a time: a lock on a file, which ends with the process that holds it, however that ends."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if os.name == "nt":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PAUSE = 0.1


@contextmanager
def alone(path: Path, *, seconds: float = 0) -> Iterator[bool]:
    """Whether this process is the only one in here; it asks for so many seconds."""
    latest = time.monotonic() + seconds
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        got = _got(descriptor)
        while not got and time.monotonic() < latest:
            time.sleep(PAUSE)
            got = _got(descriptor)
        yield got
    finally:
        os.close(descriptor)


def _got(descriptor: int) -> bool:
    try:
        _lock(descriptor)
    except (BlockingIOError, PermissionError):  # the second is what Windows says
        return False
    return True
