"""`manage.py verify_audit`: is the audit history as it was written?"""

import json
import os
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from clinic.audit.verify import Finding, Result, verify, verify_new
from clinic.audit.verify.background import verify_alone
from clinic.audit.verify.outside import why_not_read
from clinic.audit.verify.result import ALTERED, INTACT

EXITS = {INTACT: 0, ALTERED: 1}
NICENESS = 10


class Command(BaseCommand):
    help = "Read the whole audit history. Exit 0: intact, 1: altered, 2: cannot verify."
    requires_system_checks = ()  # it names by itself what a check would stop at

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="write the result as JSON")
        parser.add_argument("--anchor", default="", help='an anchor from a printed foot: "1234 3F2A-91BC-07DE"')
        parser.add_argument(
            "--new", action="store_true", help="read what was written since the last full reading alone; keep no result"
        )
        parser.add_argument("--resume", action="store_true", help="go on where an interrupted run stopped")
        parser.add_argument(
            "--background",
            action="store_true",
            help="as the server does it: slowly, one at a time, telling a finding in the log and in the trail alone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["background"]:
            self._in_background()
        if options["anchor"] and (problem := why_not_read(options["anchor"])):
            self.stderr.write(problem)
            sys.exit(2)
        if options["new"]:
            if options["anchor"] or options["resume"]:
                raise CommandError("--new goes with neither --anchor nor --resume.")
            result, found = verify_new()
        else:
            result, found = verify(anchor=options["anchor"], resume=options["resume"])
        if options["json"]:
            said = asdict(result) | {"said": [asdict(finding) for finding in found]}
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))
        else:
            self._say(result, found)
        sys.exit(EXITS.get(result.state, 2))

    def _in_background(self) -> None:
        if hasattr(os, "nice"):
            os.nice(NICENESS)
        result = verify_alone()
        if result is None:
            self.stderr.write(_("A verification runs already."))
            sys.exit(2)
        sys.exit(EXITS.get(result.state, 2))

    def _say(self, result: Result, found: list[Finding]) -> None:
        for finding in found:
            self.stdout.write(f"[{finding.kind}] {finding.record}: {finding.words}")
        numbers = {
            "entries": result.entries,
            "accesses": result.accesses,
            "code": result.code,
            "findings": result.findings,
            "seconds": result.seconds,
        }
        sentence = {
            INTACT: _("Intact: %(entries)s entries (last code %(code)s) and %(accesses)s accesses, %(seconds)s s."),
            ALTERED: _(
                "ALTERED in %(entries)s entries and %(accesses)s accesses, findings: %(findings)s; %(seconds)s s."
            ),
        }.get(result.state, _("Cannot verify: read up to entry %(entries)s."))
        self.stdout.write(sentence % numbers)
