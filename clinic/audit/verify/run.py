"""One verification from end to end."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit.chain import code_of, moment_text
from clinic.audit.keys import KeyMissing, Ring, ring
from clinic.audit.models import Access, Link
from clinic.audit.verify.accesses import check_accesses, check_new_accesses
from clinic.audit.verify.beside import begin
from clinic.audit.verify.chain import Place, check_chain, check_new_entries
from clinic.audit.verify.findings import Finding, added_checks, readable
from clinic.audit.verify.outside import check_anchors, check_file, check_guards, check_tables
from clinic.audit.verify.result import (
    ALTERED,
    INTACT,
    MOST_KEPT,
    UNKNOWN,
    Result,
    keep,
    last_result,
    progress_file,
    read_sealed,
    write_sealed,
)
from clinic.audit.verify.rows import check_new_rows, check_rows

logger = logging.getLogger(__name__)
# Progress is written down as often as this, for a run that is interrupted and for the page that shows it.
SECONDS_BETWEEN = 2.0
Progress = Callable[[int], None]
Read = tuple[Place, list[Finding], str]


def verify(*, anchor: str = "", resume: bool = False, progress: Progress | None = None) -> tuple[Result, list[Finding]]:
    """Read everything. The result is kept; the findings are all there are, remarks among them."""
    began = time.monotonic()

    def read(place: Place, found: list[Finding]) -> Read:
        return _read(place, found, _findings(place, anchor, found, progress))

    try:
        place, found, state = read(*(_where_left() if resume else (Place(), [])))
    except BrokenText:
        with broken_text_as_it_is():
            place, found, state = read(Place(), [])
    result = _result(state, place, found, time.monotonic() - began)
    _keep(result)
    return result, found


def verify_new() -> tuple[Result, list[Finding]]:
    """Read what was written since the last full reading, where that found nothing; else everything.

    It takes a moment, and is kept nowhere: of what is older, and of signatures, the full reading alone knows.
    """
    began, before = time.monotonic(), last_result()
    last = Link.objects.filter(number=before.entries).first() if before and before.state == INTACT else None
    if before is None or last is None:
        return verify()

    def read() -> Read:
        place = Place(last.number, bytes(last.mac), moment_text(last.at))
        return _read(place, [], _new_findings(place, before))

    try:
        place, found, state = read()
    except BrokenText:
        with broken_text_as_it_is():
            place, found, state = read()
    return _result(state, place, found, time.monotonic() - began), found


def _read(place: Place, found: list[Finding], batches: Iterator[list[Finding]]) -> Read:
    """How far was read, what was found, and the state: what could not be read hides no alteration."""
    try:
        for batch in batches:
            found += map(readable, batch)
    except KeyMissing as error:
        found.append(readable(_unread(str(error))))
        return place, found, UNKNOWN
    if any(finding.alters for finding in found):
        return place, found, ALTERED
    return place, found, UNKNOWN if any(finding.kind == "cannot verify" for finding in found) else INTACT


class BrokenText(RuntimeError):
    """SQLite holds text that is not UTF-8: the driver refuses to read it."""


@contextmanager
def broken_text_as_it_is() -> Iterator[None]:
    """Read text that is not UTF-8 with a stand-in for each broken byte, so that it differs and can be named."""
    connection.ensure_connection()
    driver = connection.connection
    before = driver.text_factory
    driver.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before


def _unread(why: str) -> Finding:
    return Finding("cannot verify", "", _("Not everything could be read: %(why)s") % {"why": why}, alters=False)


def _each(check: Iterator[Any], said: Callable[[Finding], Any]) -> Iterator[Any]:
    """What a check finds; where it stumbles over what somebody put into the database the others go on."""
    try:
        yield from check
    except KeyMissing:
        raise
    except Exception as error:  # whatever hostile rows lead to: it is told, never passed over
        if "UTF-8" in str(error) and connection.vendor == "sqlite" and connection.connection.text_factory is str:
            raise BrokenText from error
        logger.error("A check of the audit history stumbled: %s", type(error).__name__)  # noqa: TRY400 -- its words may hold a name
        yield said(_unread(type(error).__name__))


def _findings(place: Place, anchor: str, found: list[Finding], progress: Progress | None) -> Iterator[list[Finding]]:
    keys = ring()
    others = begin(lambda: _others(keys, anchor))
    written = time.monotonic()
    for batch in _each(check_chain(keys, place), lambda finding: [finding]):
        yield batch
        if progress:
            progress(place.number)
        if time.monotonic() - written > SECONDS_BETWEEN:
            _leave(place, found)
            written = time.monotonic()
    yield from ([finding] for finding in _one_by_one([check_file(), check_guards(), check_tables()]))
    yield from ([finding] for finding in others())


def _new_findings(place: Place, before: Result) -> Iterator[list[Finding]]:
    keys = ring()
    yield from _each(check_new_entries(keys, place), lambda finding: [finding])
    accesses = check_new_accesses(keys, before.access_number, before.access_code)
    checks = [check_guards(), check_tables(), check_new_rows(before.entries), accesses, check_anchors()]
    yield from ([finding] for finding in _one_by_one(checks))


def _others(keys: Ring, anchor: str) -> Iterator[Finding]:
    """What takes about as long as the chain and the file of the database together."""
    return _one_by_one([check_rows(keys), check_accesses(keys), check_anchors(anchor), *added_checks()])


def _one_by_one(checks: Iterable[Iterator[Finding]]) -> Iterator[Finding]:
    for check in checks:
        yield from _each(check, lambda finding: finding)


def _result(state: str, place: Place, found: list[Finding], seconds: float) -> Result:
    try:
        accesses = Access.objects.count()
        last = Access.objects.filter(number__isnull=False).order_by("-number").values_list("number", "mac").first()
        access_number, access_code = (int(last[0] or 0), bytes(last[1] or b"").hex()) if last else (0, "")
    except (DatabaseError, TypeError, ValueError):  # ValueError: a number that is none
        accesses = access_number = 0
        access_code = ""
    return Result(
        state=state,
        at=timezone.now().isoformat(timespec="seconds"),
        entries=int(place.number),
        code=code_of(place.mac) if place.number else "",
        accesses=accesses,
        access_number=access_number,
        access_code=access_code,
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
    if not Link.objects.filter(number=place.number, mac=place.mac).exists():
        return Place(), []  # another copy of the database than the one that was being read
    return place, [Finding(**finding) for finding in left["found"]]
