"""`manage.py demo`: a throw-away logbook with invented patients, and one printed account per role."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone, translation

from clinic.accounts.actions import create_account
from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.lib.secrets import secret_from_file
from clinic.operations import server
from sessions.management.story import Story

PEOPLE = {
    "admin": ("Ada Démonstration", Role.ADMINISTRATOR),
    "physician": ("Dr Jeanne Démonstration", Role.PHYSICIAN),
    "staff": ("Lou Démonstration", Role.STAFF),
    "auditor": ("Alix Démonstration", Role.AUDITOR),
}
SHOWN = ("physician", "staff", "auditor", "admin")


class Command(BaseCommand):
    help = "Serve a throw-away logbook with invented patients. Running it again keeps what is there."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--no-serve", action="store_true", help="invent the data, print the accounts, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            self._start_apart()
        if not options["no_serve"]:
            server.listen_or_refuse()
        upgraded = server.prepare()
        place = Path(settings.KEY_DIR) / "demo_passwords"
        if User.objects.exists() and not place.exists():
            self.stderr.write("This folder holds a logbook that is no demo. Nothing was changed.")
            sys.exit(2)
        passwords = json.loads(secret_from_file(place, made=_passwords))
        if not User.objects.exists():
            self._invent(passwords)
        self.stdout.write("Demo data: every patient is invented.")
        for name in SHOWN:
            self.stdout.write(f"    {name:<10} {passwords[name]}")
        if not options["no_serve"]:
            self.stdout.write(f"The demo is at {server.address()} (stop it with Ctrl-C)")
            self.stdout.flush()
            server.serve(upgraded=upgraded)
            self.stdout.write("The demo has stopped; the next start finds it as it is.")

    def _invent(self, passwords: dict[str, str]) -> None:
        self.stdout.write("Inventing patients and two years of sessions (once) …")
        self.stdout.flush()
        # All or nothing: a start that was broken off leaves no half of a clinic.
        with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
            people = _accounts(passwords)
            Story(
                physicians=[people["physician"], people["second"]],
                staff=people["staff"],
                administrator=people["admin"],
                today=timezone.localdate(),
            ).tell()

    def _start_apart(self) -> None:
        """Run again with a data folder, keys and a database of its own: the clinic's are not even opened."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"CLINIC_KEY_DIR", "CLINIC_DATABASE_URL", "CLINIC_DATABASE_OWNER_URL"}
        }
        environment = kept | {"CLINIC_DATA_DIR": str(Path(settings.DATA_DIR) / "demo"), "CLINIC_DEMO": "1"}
        command = [sys.executable, *sys.argv]
        if os.name == "posix":
            os.execve(sys.executable, command, environment)  # noqa: S606 -- ourselves, with another folder
        sys.exit(subprocess.call(command, env=environment))  # noqa: S603 -- ourselves


def _passwords() -> str:
    return json.dumps({name: secrets.token_urlsafe(12) for name in PEOPLE})


def _accounts(passwords: dict[str, str]) -> dict[str, User]:
    people: dict[str, User] = {}
    for name, (full_name, role) in PEOPLE.items():
        people[name] = create_account(
            by=people.get("admin"),
            username=name,
            full_name=full_name,
            role=role,
            password=passwords[name],
            must_change_password=False,
        )
    # A colleague for the reports; nobody logs in as this one.
    people["second"] = create_account(
        by=people["admin"],
        username="physician2",
        full_name="Dr Paul Exemple",
        role=Role.PHYSICIAN,
        password=secrets.token_urlsafe(32),
    )
    return people
