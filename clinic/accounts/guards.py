"""What the database itself refuses of the accounts: to delete one."""

from collections.abc import Iterator

from clinic.accounts.models import User
from clinic.audit.guard import Rule, never_deleted


def rules() -> Iterator[Rule]:
    """Every rule of the accounts."""
    yield from never_deleted(User)
