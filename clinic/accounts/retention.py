"""How long accesses are kept is the clinic's decision: older months, once sealed, are deleted whole, each by an act.

What the acts wrote, the history of the record, is never deleted. The chain of the accesses goes on over a month that is
gone by its seal, so that the verifier still finds anything else that is missing.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may, why_not_purge
from clinic.audit.access import month_of
from clinic.audit.act import act
from clinic.audit.models import Access, Act, Seal
from clinic.audit.queue import one_writer
from clinic.lib.problems import refuse

PURGE = "purge_accesses"


@dataclass(frozen=True)
class Month:
    """A sealed month, and how many of its accesses are still there."""

    name: str
    first: int
    last: int
    accesses: int


def oldest_kept(now: datetime, months: int | None) -> str:
    """The first month, as "2026-05", that stays where so many whole months are kept; empty where all stay."""
    if not months:
        return ""
    year, month = map(int, month_of(now).split("-"))
    before = year * 12 + month - 1 - months
    return f"{before // 12:04d}-{before % 12 + 1:02d}"


def months_to_purge(now: datetime, months: int | None) -> list[Month]:
    """The sealed months that are older than the clinic keeps and of which something is still there, oldest first."""
    found = []
    for seal in Seal.objects.filter(month__lt=oldest_kept(now, months)).order_by("first"):
        accesses = Access.objects.filter(number__range=(seal.first, seal.last)).count()
        if accesses:
            found.append(Month(seal.month, seal.first, seal.last, accesses))
    return found


def purge_accesses(*, by: User, month: Month, reason: str, now: datetime, months: int | None) -> int:
    """Delete the accesses of a sealed month; how many they were. What was broken off is finished by the next call."""
    refuse(why_not_may(by, Permission.MANAGE_ACCOUNTS))
    refuse(why_not_purge(month.name, oldest_kept(now, months), reason))
    subject = f"month:{month.name}"
    if not Act.objects.filter(kind=PURGE, subject=subject).exists():
        # Committed by itself: the database lets go of an access only when this act stands.
        with act(PURGE, by=by, reason=reason) as writing:
            writing.about(subject, None)
    with one_writer(), transaction.atomic():
        return Access.objects.filter(number__range=(month.first, month.last))._raw_delete(connection.alias)
