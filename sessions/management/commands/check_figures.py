"""`manage.py check_figures`: is every stored figure what the record says?"""

import json
import sys
import time
from collections import Counter
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from clinic.audit.access import record_event
from clinic.audit.queue import one_writer
from sessions.actions import search
from sessions.actions.figures import rebuild_figures
from sessions.models import SearchText
from sessions.reports.figures import Difference, counted, differences

MOST_SAID = 100


class Command(BaseCommand):
    help = "Work every stored figure out anew and compare. Exit 0: equal, 1: some differ, 2: could not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="write the result as JSON")
        parser.add_argument("--rebuild", action="store_true", help="first throw all of them away and write them anew")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            written = _rebuild() if options["rebuild"] else None
            found = differences()
            named = list(islice(found, MOST_SAID))
            by_table = Counter(one.model.__name__ for one in named)
            by_table += Counter(one.model.__name__ for one in found)
            by_table += Counter({SearchText.__name__: len(search.wrong())})
        except DatabaseError as error:
            self.stderr.write(_("The figures could not be read: %(why)s") % {"why": type(error).__name__})
            sys.exit(2)
        seconds = round(time.monotonic() - began, 2)
        if options["json"]:
            said = {
                "equal": not by_table,
                "rebuilt": written,
                "differing": dict(by_table),
                "seconds": seconds,
                "said": [_as_json(one) for one in named],
            }
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))
        else:
            self._say(named, by_table.total(), written, seconds)
        sys.exit(1 if by_table else 0)

    def _say(self, named: list[Difference], number: int, written: int | None, seconds: float) -> None:
        if written is not None:
            self.stdout.write(_("Written anew: %(number)s figures.") % {"number": written})
        for one in named:
            self.stdout.write(f"{one.about}: {one.words}")
        if number > len(named):  # and those whom the search does not find: nobody is named here
            self.stdout.write(_("… and %(number)s more.") % {"number": number - len(named)})
        if number:
            self.stdout.write(
                _("Stored figures that differ: %(number)s. Write them anew with --rebuild.") % {"number": number}
            )
        else:
            self.stdout.write(_("Every stored figure is what the record says (%(seconds)s s).") % {"seconds": seconds})


def _rebuild() -> int:
    with one_writer(), transaction.atomic():
        written = rebuild_figures(counted()) + search.rebuild()
        record_event("figures_rebuilt", detail=f"{written} rows")
    return written


def _as_json(one: Difference) -> dict[str, Any]:
    return {
        "table": one.model.__name__,
        "record": one.about,
        "key": [str(part) for part in one.key],
        "fault": one.fault,
        "columns": list(one.columns),
    }
