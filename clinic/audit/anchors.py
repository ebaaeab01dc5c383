"""Anchors: where the chain stood, written where an editor of the database cannot reach.

An entry's number and code stand at the foot of every file that leaves the logbook, and in a file of their own. With
them an older copy of the database that was put back is told from the one that was there.
"""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from clinic.audit.chain import Head, code_of, head
from clinic.audit.keys import ring
from clinic.audit.models import Access

logger = logging.getLogger(__name__)

# When an anchor was written.
WHYS: dict[str, Promise] = {
    "start": pgettext_lazy("anchor", "start"),
    "hour": pgettext_lazy("anchor", "hour"),
    "stop": pgettext_lazy("anchor", "stop"),
    "export": pgettext_lazy("anchor", "export"),
    "evidence": pgettext_lazy("anchor", "evidence"),
    "purge": pgettext_lazy("anchor", "purge"),
    "backup": pgettext_lazy("anchor", "backup"),
    "set aside": pgettext_lazy("anchor", "set aside for a backup"),
    "restore": pgettext_lazy("anchor", "backup put back"),
}
# The line of a restore names the last entry that the record before it and the one after it share (docs/adr/0012).
RESTORE = "restore"
TOO_LARGE = 2**63  # for a number of either engine


@dataclass(frozen=True)
class Anchor:
    """One line of the file: an entry of the record's chain and one of the accesses', as they stood at `at`."""

    installation: str
    at: str
    why: str
    number: int
    mac: str
    access_number: int
    access_mac: str

    @property
    def code(self) -> str:
        return code_of(bytes.fromhex(self.mac))

    @property
    def whence(self) -> str:
        """When it was written and why, for a finding."""
        return f"{self.at}, {WHYS.get(self.why, self.why)}"

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def is_sound(self) -> bool:
        """Whether it can be held against the chains and other anchors. Raises ValueError or TypeError where it cannot be read."""
        numbers = (self.number, self.access_number)
        counts = all(type(number) is int and 0 <= number < TOO_LARGE for number in numbers)
        return counts and isinstance(self.why, str) and bool(self.code) and self.when.tzinfo is not None


def anchor_file() -> Path:
    return Path(settings.ANCHOR_DIR) / "anchors.jsonl"


def write(why: str) -> bool:
    """Append where the chains stand; whether the place took it. A place that is gone stops nobody's work."""
    record = head()
    last = Access.objects.filter(number__isnull=False).order_by("-number").values_list("number", "mac").first()
    number, mac = (last[0] or 0, bytes(last[1] or b"")) if last else (0, b"")
    anchor = Anchor(
        installation=ring().installation,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        why=why,
        number=record.number,
        mac=record.mac.hex(),
        access_number=number,
        access_mac=mac.hex(),
    )
    return append(anchor)


def append(anchor: Anchor) -> bool:
    """Write this line at the end of the file; whether the place took it."""
    line = json.dumps(anchor.__dict__, separators=(",", ":")) + "\n"
    try:
        descriptor = os.open(anchor_file(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        logger.exception("The anchor could not be written.")
        return False
    return True


def kept() -> Iterator[Anchor]:
    """Every anchor of this installation in the file, oldest first. Raises ValueError where a line is not one."""
    try:
        lines = anchor_file().read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return
    own = ring().installation
    for number, line in enumerate(lines, start=1):
        try:
            anchor = Anchor(**json.loads(line))
            is_sound = anchor.is_sound
        except (ValueError, TypeError) as error:
            raise ValueError(f"line {number}") from error
        if not is_sound:
            raise ValueError(f"line {number}")
        if anchor.installation == own:
            yield anchor


def footer(at: Head | None = None) -> str:
    """What stands at the foot of every file that leaves: the number and the code of the last entry."""
    at = at or head()
    return _("Audit history: entry %(number)s, code %(code)s") % {"number": at.number, "code": at.code}
