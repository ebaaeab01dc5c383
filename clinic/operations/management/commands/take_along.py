"""`manage.py take_along var/logbook.sqlite3`: from SQLite to PostgreSQL."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.operations import take_along

EXIT = 2


class Command(BaseCommand):
    help = "Move the logbook of a SQLite file into the empty PostgreSQL of CLINIC_DATABASE_URL, its history as it is."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path, help="the logbook.sqlite3 of a logbook that is not running")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.", returncode=EXIT)
        take_along.open_source(options["file"])
        if problem := take_along.why_not():
            raise CommandError(problem, returncode=EXIT)
        try:
            rows = take_along.move()
        except ValueError as error:
            raise CommandError(f"Nothing was moved, because it does not verify: {error}", returncode=1) from error
        self.stdout.write(
            f"{rows} rows were moved, and the history verifies as it did. Keep the SQLite file as a copy."
        )
