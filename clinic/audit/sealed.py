"""Small files beside the keys that an editor of the database cannot write: each with a code that only the key makes."""

import hmac
import json
import os
from pathlib import Path
from typing import Any

from clinic.audit.keys import KeyMissing, ring


def write_sealed(path: Path, data: dict[str, Any]) -> None:
    """`data` in a file that replaces the former at once, with a code that only the key makes."""
    text = json.dumps(data, separators=(",", ":"))
    code = ring().mac(f"file:{path.name}:{text}").hex()
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{code}\n{text}\n")
    draft.replace(path)


def read_sealed(path: Path) -> dict[str, Any] | None:
    """What `write_sealed` wrote; None where there is nothing, or something else."""
    try:
        code, _newline, text = path.read_text(encoding="utf-8").partition("\n")
        text = text.removesuffix("\n")
        if hmac.compare_digest(code, ring().mac(f"file:{path.name}:{text}").hex()):
            return json.loads(text)
    except (OSError, ValueError, KeyMissing):
        return None
    return None
