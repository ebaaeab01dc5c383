"""What must hold before the logbook starts, asked by Django's own system checks."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 -- Django's own name
from django.db import connection, models

from clinic.audit import guard
from clinic.audit.history import Recorded
from clinic.operations.database_role import owns_tables

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


# Fields whose values change without an act, and why.
UNRECORDABLE: tuple[tuple[type[models.Field], str], ...] = (
    (models.ManyToManyField, "rows of a table between are no record: give the relation a recorded table of its own"),
    (models.GeneratedField, "the database computes it anew: keep what was written, and compute what is shown"),
    (models.FileField, "history would keep the name of the file alone: keep the file's SHA-256 in a recorded table"),
)


@register(Tags.models)
def recorded_tables_can_be_recorded(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every column of a recorded table is one that an act writes and its history keeps."""
    return [error for model in apps.get_models() if issubclass(model, Recorded) for error in why_not_recorded(model)]


def why_not_recorded(model: type[models.Model]) -> list[CheckMessage]:
    """What stands in this table that its history could not keep."""
    columns: list[Any] = list(model._meta.local_fields)
    loose: list[Any] = list(model._meta.private_fields)
    fields: list[Any] = [*columns, *model._meta.local_many_to_many, *loose]
    said = [f"{field.name}: {why}" for field in fields for kind, why in UNRECORDABLE if isinstance(field, kind)]
    said += [f"{field.name}: it points to rows that no key holds" for field in loose]
    pointers = [field for field in columns if field.is_relation]
    said += [
        f"{field.name}: its row would go, or be emptied, with another one"
        for field in pointers
        if field.remote_field.on_delete is not models.PROTECT
    ]
    if model._meta.parents:
        said.append("it shares its rows with another table")
    if not hasattr(model, "history"):
        said.append("it has no history")
    return [Error(f"{model.__name__} cannot be recorded: {words}.", obj=model, id="clinic.E004") for words in said]


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


@register(Tags.database)
def guards_cannot_be_switched_off(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """On PostgreSQL who owns a table can switch its guards off; who works with it needs not own it."""
    if "default" not in (databases or ()) or connection.vendor != "postgresql" or not owns_tables():
        return []
    return [
        Warning(
            "The logbook works with the database as the owner of its tables, who can switch their guards off.",
            hint="Let another user work with them: see CLINIC_DATABASE_OWNER_URL in the README.",
            id="clinic.W004",
        )
    ]


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
