"""One verification from end to end."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit.chain import code_of
from clinic.audit.keys import KeyMissing, Ring, ring
from clinic.audit.models import Access
from clinic.audit.verify.accesses import check_accesses
from clinic.audit.verify.chain import Place, check_chain
from clinic.audit.verify.findings import Finding, added_checks
from clinic.audit.verify.outside import check_anchors, check_file, check_guards
from clinic.audit.verify.result import (
    ALTERED,
    INTACT,
    MOST_KEPT,
    UNKNOWN,
    Result,
    keep,
    progress_file,
    read_sealed,
    write_sealed,
)
from clinic.audit.verify.rows import check_rows

# Progress is written down as often as this, for a run that is interrupted and for the page that shows it.
SECONDS_BETWEEN = 2.0
Progress = Callable[[int], None]


def verify(*, anchor: str = "", resume: bool = False, progress: Progress | None = None) -> tuple[Result, list[Finding]]:
    """Read everything. The result is kept; the findings are all there are, remarks among them."""
    began = time.monotonic()
    place, found = Place(), list[Finding]()
    try:
        keys = ring()
        if resume:
            place, found = _where_left()
        for batch in _findings(keys, place, anchor, found, progress):
            found += batch
        state = ALTERED if any(finding.alters for finding in found) else INTACT
    except (KeyMissing, DatabaseError) as error:
        state = UNKNOWN
        found.append(Finding("cannot verify", "", _("Not everything could be read: %(why)s") % {"why": error}))
    result = _result(state, place, found, time.monotonic() - began)
    _keep(result)
    return result, found


def _findings(
    keys: Ring, place: Place, anchor: str, found: list[Finding], progress: Progress | None
) -> Iterator[list[Finding]]:
    written = time.monotonic()
    for batch in check_chain(keys, place):
        yield batch
        if progress:
            progress(place.number)
        if time.monotonic() - written > SECONDS_BETWEEN:
            _leave(place, found)
            written = time.monotonic()
    checks = [
        check_file(),
        check_guards(),
        check_rows(keys),
        check_accesses(keys),
        check_anchors(anchor),
        added_checks(),
    ]
    for finding in chain(*checks):
        yield [finding]


def _result(state: str, place: Place, found: list[Finding], seconds: float) -> Result:
    try:
        accesses = Access.objects.count()
    except DatabaseError:
        accesses = 0
    return Result(
        state=state,
        at=timezone.now().isoformat(timespec="seconds"),
        entries=place.number,
        code=code_of(place.mac) if place.number else "",
        accesses=accesses,
        seconds=round(seconds, 2),
        findings=sum(finding.alters for finding in found),
        remarks=sum(not finding.alters for finding in found),
        said=[asdict(finding) for finding in _of_each_kind(found)],
    )


def _of_each_kind(found: list[Finding]) -> list[Finding]:
    """As many as are kept, of each kind some: hundreds of one kind do not hide the one of another."""
    counted: Counter[str] = Counter()
    ranked = []
    for place, finding in enumerate(found):
        counted[finding.kind] += 1
        ranked.append((counted[finding.kind], place))
    return [found[place] for _rank, place in sorted(sorted(ranked)[:MOST_KEPT], key=lambda pair: pair[1])]


def _keep(result: Result) -> None:
    try:
        keep(result)
        progress_file().unlink(missing_ok=True)
    except (KeyMissing, OSError):  # without the key nothing can be kept; the caller still says what it found
        return


def _leave(place: Place, found: list[Finding]) -> None:
    left: dict[str, Any] = {
        "number": place.number,
        "mac": place.mac.hex(),
        "at": place.at,
        "times": place.invented_times,
    }
    write_sealed(progress_file(), left | {"found": [asdict(finding) for finding in found]})


def _where_left() -> tuple[Place, list[Finding]]:
    left = read_sealed(progress_file())
    if left is None:
        return Place(), []
    place = Place(left["number"], bytes.fromhex(left["mac"]), left["at"], left["times"])
    return place, [Finding(**finding) for finding in left["found"]]
