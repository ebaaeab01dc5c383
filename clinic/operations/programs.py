"""Start a program of ours beside the server, where nobody waits for it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from django.conf import settings


def begin(*words: str) -> subprocess.Popen[bytes]:
    """Start `manage.py words…`: at low priority, with the same folders, outliving the request or server that asked."""
    where = {name: str(getattr(settings, name)) for name in ("DATA_DIR", "KEY_DIR", "ANCHOR_DIR")}
    begun = subprocess.Popen(  # noqa: S603 -- ourselves
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *words],
        env=os.environ | {f"CLINIC_{name}": path for name, path in where.items()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal is for the server
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )
    threading.Thread(target=begun.wait, daemon=True).start()  # so that it leaves nothing behind when it ends
    return begun
