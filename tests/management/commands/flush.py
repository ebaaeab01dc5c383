"""Empty tables between tests that commit. The logbook itself refuses the command; only the tests' settings know this one."""

from typing import Any

from django.core.management.commands.flush import Command as Flush

from clinic.audit import guard


class Command(Flush):
    def handle(self, **options: Any) -> None:
        guard.remove(options["database"])
        super().handle(**options)
