"""What the verifier says, and the checks that other apps bring."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

LONGEST = 500


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written: its kind, the record it is about, and a sentence.

    A remark (`alters` is False) is worth reading and no alteration: a clock that was set back, an invented time.
    """

    kind: str
    record: str
    words: str
    alters: bool = True


def readable(finding: Finding) -> Finding:
    """As it may stand on a terminal and a page: what somebody wrote into the database speaks no control characters."""
    record, words = (_plainly(text) for text in (finding.record, finding.words))
    return replace(finding, record=record, words=words)


def _plainly(text: str) -> str:
    said = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text[:LONGEST])
    return f"{said} …" if len(text) > LONGEST else said


# Yields kind, record and words of each alteration.
Check = Callable[[], Iterator[tuple[str, str, str]]]
_added: list[Check] = []


def add_check(check: Check) -> None:
    """Let an app check what it alone understands, such as signatures."""
    if check not in _added:
        _added.append(check)


def added_checks() -> list[Iterator[Finding]]:
    """The checks of other apps."""
    return [(Finding(*said) for said in check()) for check in _added]
