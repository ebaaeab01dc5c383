"""`manage.py serve`: the logbook on this machine, ready for a browser."""

from typing import Any

from django.core.management.base import BaseCommand

from clinic.accounts.first import token_for_first_account
from clinic.operations import server


class Command(BaseCommand):
    help = "Prepare the database and serve the logbook until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        server.listen_or_refuse()
        upgraded = server.prepare()
        self.stdout.write(f"The logbook is at {server.address()} (stop it with Ctrl-C)")
        if token := token_for_first_account():
            self.stdout.write("The logbook has no administrator yet. Open the first account with this one-time token:")
            self.stdout.write(f"    {token}")
            self.stdout.write(f"    {server.address()}first-account/")
        self.stdout.flush()
        server.serve(upgraded=upgraded)
        self.stdout.write("The logbook has stopped.")
