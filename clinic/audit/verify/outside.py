"""What lies outside the rows: the guards of the database, the anchors, the file of the database itself."""

import re
from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from clinic.audit import anchors, guard, tables
from clinic.audit.chain import CODE_DIGITS
from clinic.audit.models import Access, Act, Link, Seal
from clinic.audit.verify.accesses import PURGE
from clinic.audit.verify.findings import Finding
from clinic.audit.verify.result import last_result

# What the database says of its file, at most so many lines of it.
MOST_SAID = 5
# The number and the code, alone or in the whole line of the foot in any language.
TYPED = re.compile(r"\D{0,80}?(\d{1,18})\s*(?:[ :,/-]|\W+[A-Za-z]+)\s*([0-9A-Fa-f][0-9A-Fa-f -]{3,})\s*")


def check_guards() -> Iterator[Finding]:
    """Every guard is in place, and no trigger stands there that is none of ours."""
    for name in guard.missing(whole=True):
        words = _("The guard %(name)s of the database is missing or was changed.") % {"name": name}
        yield Finding("guard missing", f"trigger:{name}", words)
    for name in guard.strangers():
        words = _("The trigger %(name)s of the database is none of the program's.") % {"name": name}
        yield Finding("trigger added", f"trigger:{name}", words)


def check_tables() -> Iterator[Finding]:
    """Every table of the record is as the last migration left it, and so are columns that are younger than its rows."""
    for name in tables.altered():
        words = _("The table %(name)s is not as the last migration left it.") % {"name": name}
        yield Finding("table altered", f"table:{name}", words)
    for name in tables.written_later():
        words = _("The column %(name)s was written in rows that are older than it.") % {"name": name}
        yield Finding("history altered", f"table:{name}", words)


def check_file() -> Iterator[Finding]:
    """What SQLite itself says of its file: an index that says otherwise than its table, too."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        said = [str(row[0]) for row in cursor.fetchall()]
    # The index of the search complains of itself while somebody registers a patient, and is whole a moment later. It is
    # no record; `check_figures` compares it with the patients.
    said = [text for text in said if text != "ok" and not text.startswith("fts5:")]
    if said:
        yield Finding("file damaged", "database", "; ".join(said[:MOST_SAID]))


def check_anchors(typed: str = "") -> Iterator[Finding]:
    """Every anchor of the file, and the one that somebody read from a printed foot."""
    try:
        known = list(anchors.kept())
    except ValueError as error:
        words = _("The file of the anchors cannot be read (%(where)s).") % {"where": error}
        yield Finding("anchor altered", "anchors", words)
        known = []
    unfit = [(place, finding) for place, anchor in enumerate(known) for finding in _fits(anchor)]
    if before := last_result():
        place = sum(anchor.when < before.when for anchor in known)
        whence = f"{before.at}, verify_audit"
        found = [
            *_entry(before.entries, before.code.replace("-", "").lower(), whence),
            *_access(before.access_number, before.access_code, whence),
        ]
        unfit += [(place, finding) for finding in found]
    yield from _put_back(known, unfit)
    if typed:
        yield from check_typed(typed)


def _fits(anchor: anchors.Anchor) -> Iterator[Finding]:
    yield from _entry(anchor.number, anchor.mac, anchor.whence)
    yield from _access(anchor.access_number, anchor.access_mac, anchor.whence)


def _put_back(known: list[anchors.Anchor], unfit: list[tuple[int, Finding]]) -> Iterator[Finding]:
    """What does not fit, each; but what a restore that follows in the file took away is told once for it.

    A line of the file never makes a finding go: it can only gather some under another name (docs/adr/0012).
    """
    restores = [place for place, anchor in enumerate(known) if anchor.why == anchors.RESTORE]
    gone: dict[tuple[int, str], int] = {}
    for place, finding in unfit:
        what, _colon, number = finding.record.partition(":")
        took = (at for at in restores if at >= place and int(number) > _kept(known[at], what))
        restore = next(took, None)
        if restore is None:
            yield finding
        else:
            gone[restore, what] = max(int(number), gone.get((restore, what), 0))
    for (restore, what), last in gone.items():
        yield _gone(known[restore], what, last)


def _kept(anchor: anchors.Anchor, what: str) -> int:
    return anchor.number if what == "entry" else anchor.access_number


def _gone(restore: anchors.Anchor, what: str, last: int) -> Finding:
    kept = _kept(restore, what)
    words = {
        "entry": _(
            "The file of the anchors says that a backup was put back (%(at)s): entries %(first)s to %(last)s, which "
            "stood in the chain before, are gone."
        ),
        "access": _(
            "The file of the anchors says that a backup was put back (%(at)s): accesses %(first)s to %(last)s, which "
            "were written before, are gone."
        ),
    }[what]
    numbers = {"at": restore.at, "first": kept + 1, "last": last}
    return Finding("copy put back", f"{what}:{kept}", words % numbers)


def why_not_read(typed: str) -> str:
    """One sentence where what was typed is no anchor, else nothing."""
    if TYPED.fullmatch(typed) and len(_digits(typed)) <= 2 * CODE_DIGITS:
        return ""
    return _("Write the number of the entry and its code, as they stand at the foot: 1234 3F2A-91BC-07DE.")


def _digits(typed: str) -> str:
    match = TYPED.fullmatch(typed)
    return re.sub(r"[ -]", "", match[2]).lower() if match else ""


def check_typed(typed: str) -> Iterator[Finding]:
    """The one entry that somebody read from a printed foot."""
    match = TYPED.fullmatch(typed)
    if match:
        yield from _entry(int(match[1]), _digits(typed), _("typed in"))


def _entry(number: int, mac: str, whence: str) -> Iterator[Finding]:
    if not number:
        return
    stored = Link.objects.filter(pk=number).values_list("mac", flat=True).first()
    if stored is None:
        words = _(
            "The anchor (%(whence)s) knows entry %(number)s, which is not there: an older copy was put back, or the "
            "end was cut off."
        )
    elif not bytes(stored).hex().startswith(mac):
        words = _("Entry %(number)s is another one than the anchor (%(whence)s) knows.")
    else:
        return
    yield Finding("anchor differs", f"entry:{number}", words % {"number": number, "whence": whence})


def _access(number: int, mac: str, whence: str) -> Iterator[Finding]:
    if not number:
        return
    stored = Access.objects.filter(number=number).values_list("mac", flat=True).first()
    if stored is not None and bytes(stored).hex() == mac:
        return
    if stored is None and _purged(number):
        return
    words = _("Access %(number)s is gone or is another one than the anchor (%(whence)s) knows.")
    yield Finding("anchor differs", f"access:{number}", words % {"number": number, "whence": whence})


def _purged(number: int) -> bool:
    month = Seal.objects.filter(first__lte=number, last__gte=number).values_list("month", flat=True).first()
    return month is not None and Act.objects.filter(kind=PURGE, subject=f"month:{month}").exists()
