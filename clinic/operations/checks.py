"""What must hold before the logbook starts, asked by Django's own system checks."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 -- Django's own name

from clinic.audit import guard

NAMED = 5


@register(Tags.models)
def history_is_on(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """No switch may silence the history of the record."""
    if getattr(settings, "SIMPLE_HISTORY_ENABLED", True):
        return []
    return [
        Error(
            "SIMPLE_HISTORY_ENABLED is off: changes would leave no history.",
            hint="Take the setting away. The logbook does not run without history.",
            id="clinic.E001",
        )
    ]


@register(Tags.database)
def sqlite_is_repaired(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A SQLite with the WAL-reset fault is used without WAL, and the operator is told (docs/adr/0002)."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") or settings.SQLITE_FIXED:
        return []
    if "journal_mode=WAL" in settings.DATABASES["default"]["OPTIONS"]["init_command"]:
        return [
            Error(
                f"SQLite {sqlite3.sqlite_version} can damage a database in WAL mode.",
                hint="Use journal_mode=DELETE with it, or a repaired SQLite (3.51.3 or later).",
                id="clinic.E002",
            )
        ]
    return [
        Warning(
            f"SQLite {sqlite3.sqlite_version} has a fault in WAL mode, so the slower journal is used.",
            hint="Nothing is lost. For more speed use a machine for which pysqlite3 is offered, or PostgreSQL.",
            id="clinic.W001",
        )
    ]


@register(Tags.database)
def guards_are_in_place(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The database refuses by itself to change what is written, and nobody has put a trigger of his own there."""
    found: list[CheckMessage] = []
    for using in databases or ():
        if missing := guard.missing(using):
            found.append(
                Error(
                    f"{len(missing)} guards of the database are missing or were changed: {_some(missing)}.",
                    hint="Start the logbook: it puts them back and writes down that they were missing. Then verify the history.",
                    id="clinic.E003",
                )
            )
        if strange := guard.strangers(using):
            found.append(
                Warning(
                    f"{len(strange)} triggers of the database are none of the logbook's: {_some(strange)}.",
                    hint="A trigger can change what is written. Find out who made it, and take it away.",
                    id="clinic.W003",
                )
            )
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")


@register(Tags.security)
def folders_are_closed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Data and keys lie in folders that only their owner may open."""
    if os.name != "posix":
        return []
    found: list[CheckMessage] = []
    for name in ("DATA_DIR", "KEY_DIR"):
        folder = Path(getattr(settings, name))
        if folder.is_dir() and folder.stat().st_mode & 0o077:
            found.append(
                Warning(
                    f"Other users of this machine may open the folder {folder}.",
                    hint=f"Close it: chmod 700 {folder}",
                    id="clinic.W002",
                )
            )
    return found
