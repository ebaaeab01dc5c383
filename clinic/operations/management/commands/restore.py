"""`manage.py restore PATH`: put a backup in the place of the present database, and verify it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from clinic.audit.verify.result import ALTERED, INTACT
from clinic.operations.backup_file import NotDone
from clinic.operations.restore import Done, put_back

EXIT = 2
EXITS = {INTACT: 0, ALTERED: 1}


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the present database, which is kept aside, and verify it. The logbook must not "
        "run. Exit 0: intact, 1: put back, and the verification says something, 2: nothing was put back."
    )
    requires_system_checks = ()  # the database may be what is wrong

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the file that manage.py backup wrote")
        parser.add_argument("--identity", type=Path, metavar="FILE", help="the file of the age key that opens it")
        parser.add_argument("--yes", action="store_true", help="put it back although newer entries are lost")
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        tell = self.stderr.write if options["json"] else self.stdout.write
        try:
            done = put_back(
                options["path"].expanduser(), identity=options["identity"], is_confirmed=options["yes"], tell=tell
            )
        except NotDone as error:
            words = _("Nothing was put back.")
            raise CommandError(f"{error} {words}", returncode=EXIT) from error
        except OSError as error:
            words = _("Nothing was put back: %(why)s.") % {"why": error.strerror or error}
            raise CommandError(words, returncode=EXIT) from error
        if options["json"]:
            self.stdout.write(json.dumps(_said(done), ensure_ascii=False, indent=1))
        else:
            self._say(done)
        sys.exit(EXITS.get(done.result.state, EXIT))

    def _say(self, done: Done) -> None:
        said = {"number": done.manifest.number, "code": done.manifest.code, "aside": done.aside}
        self.stdout.write(_("The backup is in place."))
        if done.aside:
            self.stdout.write(_("The database that was there is kept: %(aside)s") % said)
        self.stdout.write(_("Accounts, roles and passwords are those of the backup. Everybody logs in again."))
        for finding in done.found:
            self.stdout.write(f"[{finding.kind}] {finding.record}: {finding.words}")
        self.stdout.write(
            {
                INTACT: _("Verified: intact up to entry %(number)s, code %(code)s."),
                ALTERED: _("Verified: see above. Each verification will say so from now on."),
            }.get(done.result.state, _("It could not be verified."))
            % said
        )


def _said(done: Done) -> dict[str, Any]:
    record, accesses = done.compared.record, done.compared.accesses
    return {
        "entries": done.manifest.number,
        "code": done.manifest.code,
        "accesses": done.manifest.access_number,
        "entries_lost": record.lost if record else None,
        "accesses_lost": accesses.lost if accesses else None,
        "kept_aside": done.aside,
        "state": done.result.state,
        "said": [asdict(finding) for finding in done.found],
    }
