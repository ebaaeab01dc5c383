"""A PostgreSQL database as a whole: copied while others write, and replaced by a copy in one step.

The copy is brought into a schema of its own first, compared there, and then exchanged with the present tables in one
short transaction. The owner of the tables needs no right to make databases for it (docs/adr/0012).
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import environ
from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from clinic.operations import database_role
from clinic.operations.backup_file import NotDone

INCOMING = "logbook_incoming"
SECONDS_TO_CLOSE = 3.0
WORDS_KEPT = 300
Ask = Callable[[str], list[tuple[Any, ...]]]
# Tables (with what belongs to them) and functions from one schema to another; what an extension brought stays.
MOVE = """
DO $move$ DECLARE one record; BEGIN
FOR one IN SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relnamespace = '{old}'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LOOP
  EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', '{old}', one.relname, '{new}');
END LOOP;
FOR one IN SELECT p.oid::regprocedure AS said FROM pg_catalog.pg_proc p WHERE p.pronamespace = '{old}'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
  EXECUTE format('ALTER FUNCTION %s SET SCHEMA %I', one.said, '{new}');
END LOOP;
END $move$;
"""


# --- Its own programs ----------------------------------------------------------------------------


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotDone(
            _("The program %(name)s of PostgreSQL is missing on this machine. Install the client of PostgreSQL.")
            % {"name": name}
        )
    return found


def _call(name: str, place: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """How a program of PostgreSQL reaches the database: the password in its environment, never among its words."""
    words, more = connection.client.settings_to_cmd_args_env(place, [])
    return [_program(name), *words[1:-1], "-w", f"--dbname={words[-1]}"], os.environ | (more or {}) | {
        "LC_MESSAGES": "C"
    }


def _failed(name: str, said: bytes) -> NotDone:
    words = " ".join(said.decode(errors="replace").split())[-WORDS_KEPT:]
    return NotDone(_("The program %(name)s of PostgreSQL says: %(words)s") % {"name": name, "words": words})


def _owner() -> dict[str, Any]:
    """Where whoever owns the tables reaches the database."""
    place = connection.settings_dict
    return place | (dict(environ.Env.db_url_config(settings.DATABASE_OWNER_URL)) if settings.DATABASE_OWNER_URL else {})


@contextmanager
def _connected(place: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """A connection beside that of the program, closed at the end."""
    other = type(connections["default"])(place, "another")
    try:
        yield other
    finally:
        other.close()


def _run(other: BaseDatabaseWrapper, *statements: str) -> list[tuple[Any, ...]]:
    with other.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def _schema() -> str:
    """Where the tables stand."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def is_there() -> bool:
    """Whether there is a logbook already."""
    return "audit_link" in connection.introspection.table_names()


# --- Taking a copy -------------------------------------------------------------------------------


@contextmanager
def copied_out(target: Path) -> Iterator[Ask]:
    """Write the database as it stands at one moment to `target`, and answer questions about that very moment."""
    place = connection.settings_dict
    with _connected(place) as other:
        _run(other, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        moment = _run(other, "SELECT pg_export_snapshot()")[0][0]
        words, environment = _call("pg_dump", place)
        which = [
            f"--snapshot={moment}",
            f"--schema={_schema()}",
            "--no-owner",
            "--no-privileges",
            "-Fc",
            f"--file={target}",
        ]
        done = subprocess.run([*words, *which], env=environment, capture_output=True, check=False)  # noqa: S603 -- their own program
        if done.returncode:
            raise _failed("pg_dump", done.stderr)
        yield lambda question: _run(other, question)


def extensions(ask: Ask) -> list[str]:
    """What was added to PostgreSQL by name; tables may hold indexes of it."""
    return [
        str(name) for (name,) in ask("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname")
    ]


def check_copy(copy: Path) -> None:
    """Raises `NotDone` where PostgreSQL itself cannot read the copy."""
    done = subprocess.run([_program("pg_restore"), "--list", copy], capture_output=True, check=False)  # noqa: S603 -- as above
    if done.returncode:
        raise _failed("pg_restore", done.stderr)


# --- Putting one in place ------------------------------------------------------------------------


def _pass_on(told: "subprocess.Popen[bytes]", asked: "subprocess.Popen[bytes]", before: str, after: str) -> None:
    """Give what the one tells to the other. What comes after is given only when all was told: it holds the COMMIT."""
    assert told.stdout is not None  # noqa: S101 -- both are pipes
    assert asked.stdin is not None  # noqa: S101
    try:
        asked.stdin.write(before.encode())
        shutil.copyfileobj(told.stdout, asked.stdin)
        if told.wait() == 0:
            asked.stdin.write(after.encode())
        asked.stdin.close()
    except BrokenPipeError:  # it has given up, and says why
        told.kill()
        with suppress(BrokenPipeError):
            asked.stdin.close()


class Exchange:
    """The present tables and the copy that takes their place."""

    def __init__(self, copy: Path, stamp: str, needs: list[str]) -> None:
        self._copy, self._needs, self._placed = copy, needs, False
        self.aside = f"before_restore_{stamp.replace('-', '_')}"
        self._users: list[str] = []

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else is connected. Raises `NotDone` where this user may not exchange the tables."""
        self._was_there = is_there()
        if self._was_there and not settings.DATABASE_OWNER_URL and not database_role.owns_tables():
            raise NotDone(
                _(
                    "Only the owner of the tables may do this: set CLINIC_DATABASE_URL to the owner's address, for this once."
                )
            )
        self._present = _schema()
        connections.close_all()
        with _connected(_owner()) as self._owner:
            yield self._others_are_gone()

    def is_there(self) -> bool:
        """Whether there is something to compare with."""
        return self._was_there

    def _others_are_gone(self) -> bool:
        others = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
        )
        latest = time.monotonic() + SECONDS_TO_CLOSE  # who has just said good-bye is seen for a moment longer
        while _run(self._owner, others)[0][0]:
            if time.monotonic() > latest:
                return False
            time.sleep(0.2)
        return True

    def ask_present(self, question: str) -> list[tuple[Any, ...]]:
        """Answers of the present tables. Raises `DatabaseError` where there are none."""
        return _run(self._owner, f'SET search_path TO "{self._present}"', question)

    def ask_copy(self, question: str) -> list[tuple[Any, ...]]:
        """Answers of the tables that were brought in."""
        return _run(self._owner, f'SET search_path TO "{INCOMING}"', question)

    def bring_in(self) -> None:
        """The copy into a schema of its own, all of it or nothing; the present tables stay what they are.

        The copy names its tables by the present schema: they make room for it and come back, in one transaction.
        """
        self.forget()
        for name in self._needs:
            _run(self._owner, f"CREATE EXTENSION IF NOT EXISTS {connection.ops.quote_name(name)}")
        out, back = self._moves("logbook_room")
        before = f"SET lock_timeout = '{int(SECONDS_TO_CLOSE)}s';\nBEGIN;\nCREATE SCHEMA logbook_room;\n{out}"
        after = f"""SET search_path TO DEFAULT;
            CREATE SCHEMA {INCOMING};\n{MOVE.format(old=self._present, new=INCOMING)}
            {back}\nDROP SCHEMA logbook_room;\nCOMMIT;\n"""
        statements: list[str] = [
            _program("pg_restore"), "--no-owner", "--no-privileges", f"--schema={self._present}", "-f", "-", str(self._copy)
        ]  # fmt: skip
        words, environment = _call("psql", _owner())
        given = [*words, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        # To a file, because a pipe that nobody empties stops who writes to it.
        with (
            self._copy.with_suffix(".said").open("w+b") as said,
            subprocess.Popen(statements, stdout=subprocess.PIPE, stderr=said) as told,  # noqa: S603 -- their own program
            subprocess.Popen(given, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said) as asked,  # noqa: S603
        ):
            _pass_on(told, asked, before, after)
            failed = [name for name, program in (("psql", asked), ("pg_restore", told)) if program.wait()]
            said.seek(0)
            if failed:
                raise _failed(failed[0], said.read())
        if not _run(self._owner, f"SELECT to_regclass('{INCOMING}.audit_link')")[0][0]:
            raise NotDone(_("The backup holds no tables of a logbook."))

    def _moves(self, room: str) -> tuple[str, str]:
        return MOVE.format(old=self._present, new=room), MOVE.format(old=room, new=self._present)

    def forget(self) -> None:
        """Take away what was brought in."""
        _run(self._owner, "SET client_min_messages TO warning", f"DROP SCHEMA IF EXISTS {INCOMING} CASCADE")

    def put_in_place(self) -> str:
        """The copy at once in the place of the present tables, which stay in a schema of their own: its name."""
        self._users = [str(user) for (user,) in self.ask_present(
            "SELECT DISTINCT grantee FROM information_schema.role_table_grants "
            "WHERE table_schema = current_schema() AND table_name = 'audit_link' "
            "AND grantee NOT IN (current_user, 'PUBLIC')"
        )]  # fmt: skip
        self._at_once(
            f"CREATE SCHEMA {self.aside}",
            MOVE.format(old=self._present, new=self.aside),
            MOVE.format(old=INCOMING, new=self._present),
            f"DROP SCHEMA {INCOMING}",
            *self._first_grant(),
        )
        self._placed = True
        return f"schema {self.aside}" if self._was_there else ""

    def _first_grant(self) -> list[str]:
        """Who works with the tables and owns none may read them until set-up grants him what he needs."""
        if not settings.DATABASE_OWNER_URL:
            return []
        user = connection.ops.quote_name(connection.settings_dict["USER"])
        return [f'GRANT SELECT ON ALL TABLES IN SCHEMA "{self._present}" TO {user}']

    def put_back(self) -> None:
        """The former tables in their place again."""
        if self._placed:
            connections.close_all()
            self._at_once(
                f"CREATE SCHEMA {INCOMING}",
                MOVE.format(old=self._present, new=INCOMING),
                MOVE.format(old=self.aside, new=self._present),
                f"DROP SCHEMA {self.aside}",
            )
        self.forget()

    def _at_once(self, *statements: str) -> None:
        _run(self._owner, "SET search_path TO DEFAULT", "BEGIN")
        try:
            _run(self._owner, *statements, "COMMIT")
        except BaseException:
            _run(self._owner, "ROLLBACK")
            raise

    def after_set_up(self) -> None:
        """Who worked with the former tables works with these."""
        if not settings.DATABASE_OWNER_URL:  # else set-up has granted it
            for user in self._users:
                database_role.grant(user)
