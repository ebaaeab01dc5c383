"""The history of one account: who changed its name, role or password, when and why."""

from django.utils.text import capfirst

from clinic.accounts.models import User
from clinic.audit.changes import Entry, Strand, entries, history_of


def history_of_account(account: User) -> list[Entry]:
    """Every act on this account, newest first. Passwords are in no history."""
    strand = Strand(history_of(User, "id", [account.pk]), {account.pk: capfirst(str(User._meta.verbose_name))})
    return entries(f"user:{account.pk}", [strand])
