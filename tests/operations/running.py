"""Start the program as an operator does: in a process of its own, in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent.parent


def environment(folder: Path, **values: str) -> dict[str, str]:
    """The environment of a fresh installation with its data in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLINIC_", "DJANGO_"))}
    return kept | {"CLINIC_DATA_DIR": str(folder), "PYTHONWARNINGS": "default"} | values


def manage(folder: Path, *words: str, **values: str) -> subprocess.CompletedProcess[str]:
    """`manage.py words…`, to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=HERE,
        env=environment(folder, **values),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
