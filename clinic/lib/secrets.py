"""Secrets are made at set-up in a file that only its owner may read, and never stand in the repository."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def _random() -> str:
    return secrets.token_urlsafe(64)


def secret_from_file(path: Path, made: Callable[[], str] = _random) -> str:
    """The secret kept in `path`; made once (mode 0600) by `made` where there is none."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        value = made()
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process was quicker: its secret is the one
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())  # what it opens is on the disk at once; so must it be
        return value
