"""`manage.py serve`: the logbook on this machine, ready for a browser."""

from typing import Any

from django.core.management.base import BaseCommand

from clinic.accounts.first import first_account_token
from clinic.accounts.models import User
from clinic.operations import server


class Command(BaseCommand):
    help = "Prepare the database and serve the logbook until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        server.listen_or_refuse()
        server.prepare()
        self.stdout.write(f"The logbook is at {server.address()} (stop it with Ctrl-C)")
        if not User.objects.exists():
            self.stdout.write("There is no account yet. Open the address and enter this one-time token:")
            self.stdout.write(f"    {first_account_token()}")
        self.stdout.flush()
        server.serve()
        self.stdout.write("The logbook has stopped.")
