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
        cursor.execute("PRAGMA integrity_check(5)")
        said = [row[0] for row in cursor.fetchall()]
    if said != ["ok"]:
        yield Finding("file damaged", "database", "; ".join(str(text) for text in said))


def check_anchors(typed: str = "") -> Iterator[Finding]:
    """Every anchor of the file, and the one that somebody read from a printed foot."""
    try:
        known = list(anchors.kept())
    except ValueError as error:
        words = _("The file of the anchors cannot be read (%(where)s).") % {"where": error}
        yield Finding("anchor altered", "anchors", words)
        known = []
    for anchor in known:
        yield from _entry(anchor.number, anchor.mac, anchor.whence)
        yield from _access(anchor.access_number, anchor.access_mac, anchor.whence)
    if before := last_result():
        whence = f"{before.at}, verify_audit"
        yield from _entry(before.entries, before.code.replace("-", "").lower(), whence)
        yield from _access(before.access_number, before.access_code, whence)
    if typed:
        yield from check_typed(typed)


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
