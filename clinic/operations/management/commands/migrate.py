"""`manage.py migrate`, which puts back the guards that are missing and so does not begin by complaining of them."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate


class Command(Migrate):
    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """All checks but those of the database, which is about to be set up; `serve` asks them afterwards."""
        return super().get_check_kwargs(options) | {"databases": []}
