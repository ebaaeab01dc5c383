"""`manage.py set_up_database USER`: run as the owner of the tables, by `serve` or by a hospital's own hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from clinic.operations import database_role


class Command(BaseCommand):
    help = "Make or update the tables as their owner, and grant USER what the logbook needs of them (PostgreSQL)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("user", help="the user of CLINIC_DATABASE_URL with which the logbook is served")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(
                "Only PostgreSQL tells owners from users. Set CLINIC_DATABASE_URL to the owner's address."
            )
        database_role.set_up()
        database_role.grant(options["user"])
