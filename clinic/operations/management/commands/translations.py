"""`manage.py translations`: refresh the French catalogue from the program's words, then compile it."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from clinic.operations.catalogue import PLACE


class Command(BaseCommand):
    help = "For developers: refresh clinic/locale from the words in the code (needs gettext) and compile it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--compile-only", action="store_true", help="compile what stands in the .po; needs no gettext"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            import polib
        except ImportError:
            raise CommandError("polib is missing: install requirements-dev.txt first.", returncode=2) from None
        place = Path(settings.BASE_DIR) / PLACE
        if not options["compile_only"]:
            place.parent.mkdir(parents=True, exist_ok=True)
            os.chdir(settings.BASE_DIR)  # makemessages reads what lies below the working folder
            call_command(
                "makemessages",
                locale=["fr"],
                no_location=True,
                no_obsolete=True,
                no_wrap=True,
                ignore_patterns=[".venv/*", "tests/*", "bench/*", "docs/*", "var/*"],
                extensions=["html", "txt", "py"],
                verbosity=0,
            )
        catalogue = polib.pofile(str(place), wrapwidth=110)
        # The dates change at every run and tell nothing that the history of the file does not.
        for name in ("POT-Creation-Date", "PO-Revision-Date", "Report-Msgid-Bugs-To", "Last-Translator"):
            catalogue.metadata.pop(name, None)
        catalogue.metadata.update(
            {
                "Project-Id-Version": "iontophoresis-logbook",
                "Language-Team": "French",
                "Language": "fr",
                "Plural-Forms": "nplurals=2; plural=(n > 1);",
            }
        )
        catalogue.header = "French words of the session logbook."
        catalogue.metadata_is_fuzzy = []
        catalogue.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
        catalogue.save(str(place))
        catalogue.save_as_mofile(str(place.with_suffix(".mo")))
        missing = len(catalogue.untranslated_entries()) + len(catalogue.fuzzy_entries())
        self.stdout.write(f"{len(catalogue)} sentences, {missing} still to be translated.")
