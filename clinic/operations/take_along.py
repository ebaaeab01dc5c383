"""Move a whole logbook from a SQLite file into an empty PostgreSQL: every row as it is, history and chain included.

A file in between (dumpdata, loaddata) would cut moments to thousandths of a second, and no entry of the chain would fit.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, connections, models, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from clinic.audit import guard
from clinic.audit.access import record_event
from clinic.audit.keys import ring
from clinic.audit.models import Access, Act, Link, Shape
from clinic.audit.verify import verify
from clinic.operations.database_role import owns_tables, why_not_set_up

FROM = "taken_along"
AT_ONCE = 500
# Made by set-up in each database by itself, or no part of the record: who is logged in logs in again, and who waits for
# a large file asks for it again.
LEFT = {"contenttypes", "auth", "sessions", "operations"}


def open_source(path: Path) -> None:
    """Make the file known as a second database, for reading."""
    taken = connection.settings_dict
    there = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"file:{path.resolve()}?mode=ro", "OPTIONS": {"uri": True}}
    empty = {"USER": "", "PASSWORD": "", "HOST": "", "PORT": "", "CONN_MAX_AGE": 0}
    connections[FROM] = DatabaseWrapper({**taken, **there, **empty}, alias=FROM)


def why_not() -> str:
    """One sentence where this file cannot be moved into this database, else nothing."""
    if connection.vendor != "postgresql":
        return "Set CLINIC_DATABASE_URL to the PostgreSQL that takes the logbook over."
    if problem := why_not_set_up():
        return problem
    if not owns_tables():
        return (
            "Only the owner of the tables may do this: set CLINIC_DATABASE_URL to the owner's address, for this once."
        )
    if Act.objects.exists() or Access.objects.exists():
        return "This PostgreSQL holds a logbook already. Nothing was moved."
    steps = [set(MigrationRecorder(connections[alias]).applied_migrations()) for alias in ("default", FROM)]
    if steps[0] != steps[1]:
        return (
            "The two databases are of different versions. Start this version of the logbook once with the SQLite file."
        )
    last = Link.objects.using(FROM).order_by("-number").values_list("key_id", flat=True).first()
    if last not in (None, ring().key_id):
        return "The key here is not the one of that logbook: set CLINIC_KEY_DIR to the folder of its keys."
    return ""


def move() -> int:
    """Copy everything, or nothing; how many rows. Raises `ValueError` where the copy does not verify."""
    with transaction.atomic():
        guard.remove()
        with connection.cursor() as cursor:  # rows come table by table, whichever points to which
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        models.QuerySet(Shape).delete()
        rows = sum(_copy(model) for model in _tables())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement in connection.ops.sequence_reset_sql(no_style(), list(_tables())):
                cursor.execute(statement)
        guard.install()
        _result, found = verify()
        if altering := [finding.words for finding in found if finding.alters]:
            raise ValueError(str(altering[0]))
        record_event("taken_along", detail=f"{rows} rows")
    return rows


def _tables() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in LEFT:
            yield model


def _copy(model: type[models.Model]) -> int:
    rows = 0
    source: models.QuerySet[Any] = models.QuerySet(model, using=FROM)
    target: models.QuerySet[Any] = models.QuerySet(model, using="default")
    for batch in batched(source.order_by("pk").iterator(chunk_size=AT_ONCE), AT_ONCE):
        rows += len(target.bulk_create(batch))
    return rows


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """`rows` in lists of `size` at most."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch
