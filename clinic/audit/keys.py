"""The keys of this installation: in a file outside the data folder and the database, made once, never made again."""

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from clinic.lib.secrets import secret_from_file

KEY_BYTES = 32


class KeyMissing(RuntimeError):
    """The key of the chain is not where it was, or is another one: nothing is written, nothing can be verified."""


@dataclass(frozen=True)
class Ring:
    """The keys, and how much of the record is older than they are."""

    installation: str
    made_at: str
    key_id: str
    key: bytes
    evidence_seed: bytes
    acts_before: int
    accesses_before: int

    def mac(self, text: str) -> bytes:
        """HMAC-SHA-256 of `text`."""
        return hmac.digest(self.key, text.encode(), "sha256")

    def mark(self, secret: str) -> str:
        """A sign by which `secret` is known again, that nobody without the key can make or guess from."""
        return self.mac(f"mark:{secret}").hex()


def key_file() -> Path:
    return Path(settings.KEY_DIR) / "audit_key.json"


@cache
def ring() -> Ring:
    """The keys of this installation, read once. Raises `KeyMissing`; it never makes any."""
    path = key_file()
    try:
        kept = json.loads(path.read_text(encoding="ascii"))
        key, seed = _bytes(kept["key"]), _bytes(kept["evidence_seed"])
        return Ring(
            installation=kept["installation"],
            made_at=kept["made_at"],
            key_id=_name_of(key),
            key=key,
            evidence_seed=seed,
            acts_before=int(kept["acts_before"]),
            accesses_before=int(kept["accesses_before"]),
        )
    except FileNotFoundError as error:
        raise KeyMissing(f"The key of the audit history is not in {path}. Put it back from its copy.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeyMissing(f"The key of the audit history in {path} cannot be read ({type(error).__name__}).") from error


def make_keys(*, acts_before: int = 0, accesses_before: int = 0) -> Ring:
    """The keys of a new installation; those that are there stay. `…_before` is what was written before there were keys."""

    def made() -> str:
        kept = {
            "installation": str(uuid4()),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "key": secrets.token_hex(KEY_BYTES),
            "evidence_seed": secrets.token_hex(KEY_BYTES),
            "acts_before": acts_before,
            "accesses_before": accesses_before,
        }
        return json.dumps(kept, indent=1)

    secret_from_file(key_file(), made)
    ring.cache_clear()
    return ring()


def _bytes(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != KEY_BYTES:
        raise ValueError(text)
    return found


def _name_of(key: bytes) -> str:
    """What entries call the key by, so that another key is told from an altered entry."""
    return sha256(b"logbook-key:" + key).hexdigest()[:8]
