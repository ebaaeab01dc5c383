"""What the verifier says, and the checks that other apps bring."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written: its kind, the record it is about, and a sentence.

    A remark (`alters` is False) is worth reading and no alteration: a clock that was set back, an invented time.
    """

    kind: str
    record: str
    words: str
    alters: bool = True


# Yields kind, record and words of each alteration.
Check = Callable[[], Iterator[tuple[str, str, str]]]
_added: list[Check] = []


def add_check(check: Check) -> None:
    """Let an app check what it alone understands, such as signatures."""
    if check not in _added:
        _added.append(check)


def added_checks() -> Iterator[Finding]:
    """What the checks of other apps find."""
    for check in _added:
        yield from (Finding(*said) for said in check())
