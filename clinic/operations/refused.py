"""Commands of the framework and its libraries that would erase the history or write around it: refused, with the reason.

Django takes a command from the app that stands first in INSTALLED_APPS; `clinic.operations` does.
Not in this list, because they change nothing that is recorded: `sqlflush` prints, `remove_stale_contenttypes` and
`clearsessions` know tables of the framework alone. `migrate` goes forward only (`clinic.audit.setup`).
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

EXIT = 2
REASONS = {
    "clean_old_history": "The history is kept as long as the record.",
    "clean_duplicate_history": "Every line of the history is sealed as it was written; none is taken out.",
    "populate_history": "A line of history is written by the act that it tells of, and by nothing else.",
    "flush": "It would delete every record and its history. For an empty logbook choose another CLINIC_DATA_DIR.",
    "loaddata": "It would write records without saying who, when and why. To move from SQLite to PostgreSQL: manage.py take_along.",
    "testserver": "It would write records without saying who, when and why. To try the logbook: manage.py demo.",
    "createsuperuser": "Accounts are opened by an administrator on the page of accounts; the first one with the token that serve prints.",
    "changepassword": "A password is changed by its owner, or by an administrator on the page of accounts.",
}


class Refusing(BaseCommand):
    """Says why, and does nothing."""

    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    reason = ""

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(self.reason, returncode=EXIT)


def refusing(stock: type[BaseCommand]) -> type[BaseCommand]:
    """A command with the arguments of `stock` that refuses."""
    reason = REASONS[stock.__module__.rpartition(".")[2]]
    return type("Command", (Refusing, stock), {"reason": reason, "help": f"Refused. {reason}"})
