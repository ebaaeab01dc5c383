"""`manage.py backup PATH`: the whole logbook in one file, while it runs."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from clinic.operations.backup import take
from clinic.operations.backup_file import Manifest, NotDone

EXIT = 2


class Command(BaseCommand):
    help = "Write the whole logbook to one new file, while it runs, and read it again. The keys are not in it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the file to write; its folder must be there, the file must not")
        parser.add_argument("--recipient", default="", metavar="age1…", help="encrypt it for this public key of age")
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"].expanduser().absolute()
        try:
            manifest, anchored = take(path, recipient=options["recipient"])
        except NotDone as error:
            words = _("No backup was written.")
            raise CommandError(f"{error} {words}", returncode=EXIT) from error
        except OSError as error:
            words = _("No backup was written: %(why)s.") % {"why": error.strerror or error}
            raise CommandError(words, returncode=EXIT) from error
        if not anchored:
            self.stderr.write(
                _("The anchor could not be written: see CLINIC_ANCHOR_DIR. The backup holds it all the same.")
            )
        if options["json"]:
            self.stdout.write(json.dumps(_said(path, manifest), ensure_ascii=False, indent=1))
        else:
            self._say(path, manifest, is_encrypted=bool(options["recipient"]))

    def _say(self, path: Path, manifest: Manifest, *, is_encrypted: bool) -> None:
        numbers = {
            "path": path,
            "size": f"{path.stat().st_size:,}".replace(",", "\N{NO-BREAK SPACE}"),
            "number": manifest.number,
            "code": manifest.code,
            "accesses": manifest.access_number,
        }
        self.stdout.write(
            _(
                "%(path)s holds the logbook up to entry %(number)s, code %(code)s, and access %(accesses)s (%(size)s bytes)."
            )
            % numbers
        )
        self.stdout.write(_("It was read again and is whole."))
        if not is_encrypted:
            self.stdout.write(
                _("Whoever has this file can read every record: lock it away, or encrypt it with --recipient.")
            )
        self.stdout.write(
            _(
                "The keys are not in it. Keep a copy of audit_key.json in another place: without it a backup cannot be used."
            )
        )


def _said(path: Path, manifest: Manifest) -> dict[str, Any]:
    return {
        "path": str(path),
        "entries": manifest.number,
        "code": manifest.code,
        "accesses": manifest.access_number,
        "taken_at": manifest.taken_at,
        "sha256": manifest.sha256,
        "size": manifest.size,
    }
