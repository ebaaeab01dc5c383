"""What a thousand sessions, logged, signed and read, weigh on the disk, table by table."""

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from bench import rows
from clinic.accounts.models import User
from clinic.audit.stored import history_of, recorded_models
from sessions.actions.session import log_session
from sessions.actions.signature import sign_session
from sessions.models import Device, Session

SESSIONS, A_COURSE = 1000, 10
AUDIT = ("audit_act", "audit_link", "audit_access", "audit_shape", "audit_seal")


def measure(by: User, machine: Device) -> bool:
    """Print the bytes; there is no limit, the figure is to be known and explained."""
    before = dict(_sizes())
    _log_and_read(by, machine)
    grown = {table: size - before.get(table, 0) for table, size in _sizes()}
    history = sum(grown[history_of(model)._meta.db_table] for model in recorded_models())
    record = sum(grown[model._meta.db_table] for model in recorded_models())
    parts = ", ".join(f"{name.removeprefix('audit_')} {grown[name] / 1e6:.2f}" for name in AUDIT[:3])
    audit = history + sum(grown[name] for name in AUDIT)
    print(
        f"  {SESSIONS} sessions logged, signed and read (5 pages each): the record {record / 1e6:.2f} MB, the audit "
        f"{audit / 1e6:.2f} MB: history rows {history / 1e6:.2f}, {parts}; {audit / SESSIONS:.0f} bytes of audit a session"
    )
    return True


def _log_and_read(by: User, machine: Device) -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(by)
    for number in range(SESSIONS):
        if number % A_COURSE == 0:
            course = rows.course(by, f"Weighed {number}")
        for address in (
            reverse("logbook:course", args=[course.uid]),
            reverse("logbook:session-new", args=[course.uid]),
        ):
            assert client.get(address).status_code == 200
        entry = rows.entry(by, machine, number % A_COURSE + 1, asked=True)
        session = log_session(by=by, course=course, entry=entry, key=uuid4())
        sign_session(by=by, session=session, version=session.version)
        _read(client, session)


def _read(client: Client, session: Session) -> None:
    for route, uid in (("session", session.uid), ("patient", session.patient.uid), ("session", session.uid)):
        assert client.get(reverse(f"logbook:{route}", args=[uid])).status_code == 200


def _tables() -> list[str]:
    return [model._meta.db_table for model in apps.get_models()]


def _sizes() -> Iterator[tuple[str, int]]:
    """Each table with its indexes, in bytes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in _tables():
                cursor.execute("SELECT pg_total_relation_size(%s)", [table])
                yield table, cursor.fetchone()[0]
        return
    # This SQLite cannot tell the size of one table: a copy tells by how much it shrinks when the table goes.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(copy)])
        database = sqlite3.connect(copy, isolation_level=None)
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        page = database.execute("PRAGMA page_size").fetchone()[0]
        for table in _tables():
            free = database.execute("PRAGMA freelist_count").fetchone()[0]
            database.execute(f'DROP TABLE "{table}"')
            yield table, (database.execute("PRAGMA freelist_count").fetchone()[0] - free) * page
        database.close()
