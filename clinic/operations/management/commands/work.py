"""`manage.py work`: make the large files that people asked for."""

import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clinic.operations.making import work

NICENESS = 10


class Command(BaseCommand):
    help = (
        "Make the large files that people asked for, until Ctrl-C. `serve` does it by itself; run this where files shall "
        "be made apart from it, with the same database and data folder."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="make what waits now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        if hasattr(os, "nice"):
            os.nice(NICENESS)  # the pages come first
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        work(stopping, once=options["once"])
