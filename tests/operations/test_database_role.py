"""PostgreSQL with two users: the one that works with the tables can write the record, and undo nothing of it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.operations.running import manage
from tests.operations.test_serve import free_port

pytestmark = [pytest.mark.slow, pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no users")]

# A physician logs, signs and amends a session, strikes a result, changes an account; a log-in is recorded, all is verified.
TRIP = """
from clinic.operations.server import prepare
prepare()
from datetime import date
from clinic.audit.access import record_event
from clinic.audit.verify import verify
from clinic.accounts.actions import change_account
from sessions.actions.result import mark_result_in_error
from sessions.actions.signature import amend_session
from sessions.models import Result
from tests.conftest import person
from tests.factories import an_entry, at, ready, a_signed_session
from tests.reports.signed import a_session_of_every_kind
ada = person(username="ada", full_name="Ada", role="administrator")
physician = person(username="morel", full_name="Dr Morel", role="physician", by=ada)
signed = a_session_of_every_kind(physician)
mark_result_in_error(by=physician, result=Result.objects.get(), reason="of another sample")
course, device = signed.course, signed.device
other = a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, 19)))
amend_session(by=physician, session=other, entry=an_entry(by=physician, device=device, started=at(date(2026, 1, 19)),
              notes="put right"), version=other.version, reason="a slip")
change_account(by=ada, user=physician, reason="a post more", full_name="Dr Jeanne Morel")
record_event("log_in", by=ada)
print("found", [str(finding.words) for finding in verify()[1]])
"""


@dataclass(frozen=True)
class Two:
    """Two users of one database, and the folder of the logbook that knows them."""

    owner: str
    user: str
    folder: Path

    def manage(self, *words: str) -> Any:
        return manage(self.folder, *words, CLINIC_DATABASE_URL=self.user, CLINIC_DATABASE_OWNER_URL=self.owner)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Two]:
    """Made as the README says, in a database of their own."""
    place = settings.DATABASES["default"]
    name = f"logbook_{secrets.token_hex(4)}"
    owner, user = f"{name}_owner", f"{name}_user"
    word = secrets.token_hex(8)
    with django_db_blocker.unblock():
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {owner} LOGIN PASSWORD '{word}'")
            cursor.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{word}'")
            cursor.execute(f"CREATE DATABASE {name} OWNER {owner}")
    at = f"{place['HOST']}:{place['PORT']}/{name}"
    try:
        made = Two(
            f"postgres://{owner}:{word}@{at}", f"postgres://{user}:{word}@{at}", tmp_path_factory.mktemp("two") / "data"
        )
        done = made.manage("shell", "-v", "0", "-c", TRIP)
        assert (done.stdout, done.stderr, done.returncode) == ("found []\n", "", 0)
        yield made
    finally:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
            cursor.execute(f"DROP ROLE {owner}")
            cursor.execute(f"DROP ROLE {user}")


def said(url: str, sql: str) -> str:
    """What the database says to this user."""
    import psycopg

    try:
        with psycopg.connect(url) as other:
            other.execute(sql)
            other.rollback()
    except psycopg.Error as error:
        return str(error).splitlines()[0]
    return ""


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("UPDATE audit_act SET reason = 'x'", "permission denied for table audit_act"),
        ("UPDATE audit_link SET mac = ''", "permission denied for table audit_link"),
        ("UPDATE logbook_historicalpatient SET sex = 'x'", "permission denied for table logbook_historicalpatient"),
        ("UPDATE logbook_signature SET content = 'x'", "permission denied for table logbook_signature"),
        ("UPDATE audit_access SET by_name = 'x'", "permission denied for table audit_access"),
        ("DELETE FROM audit_act", "permission denied for table audit_act"),
        ("DELETE FROM logbook_historicalsession", "permission denied for table logbook_historicalsession"),
        ("DELETE FROM logbook_session", "permission denied for table logbook_session"),
        ("DELETE FROM accounts_user", "permission denied for table accounts_user"),
        ("DELETE FROM audit_access", "An access is deleted with its sealed month only, by a purge."),
        ("UPDATE logbook_session SET notes = 'x'", "The session is signed: it is amended, not edited."),
        ("TRUNCATE audit_act CASCADE", "permission denied for table audit_act"),
        ("TRUNCATE logbook_phase", "permission denied for table logbook_phase"),
        ("ALTER TABLE audit_act DISABLE TRIGGER ALL", "must be owner of table audit_act"),
        ("ALTER TABLE audit_act DISABLE TRIGGER guard_audit_act_update_kept", "must be owner of table audit_act"),
        ("DROP TRIGGER guard_audit_act_update_kept ON audit_act", "must be owner of relation audit_act"),
        ("DROP FUNCTION guard_audit_act_update_kept CASCADE", "must be owner of function guard_audit_act_update_kept"),
        ("DROP TABLE audit_act CASCADE", "must be owner of table audit_act"),
        ("ALTER TABLE audit_act ADD COLUMN x int", "must be owner of table audit_act"),
        ("CREATE RULE x AS ON INSERT TO audit_act DO INSTEAD NOTHING", "must be owner of table audit_act"),
        ("SET session_replication_role = replica", 'permission denied to set parameter "session_replication_role"'),
        ("CREATE TABLE x (id int)", "permission denied for schema public"),
        ("CREATE SCHEMA x", "permission denied for database {name}"),
        (
            "CREATE TEMPORARY TABLE audit_link (id int)",
            'permission denied to create temporary tables in database "{name}"',
        ),
        ("DELETE FROM django_migrations", "permission denied for table django_migrations"),
    ],
    ids=lambda text: text if " " in text and not text.startswith("permission") else "",
)
def test_working_user_is_refused(sql: str, refusal: str, two: Two) -> None:
    name = two.user.rpartition("/")[2]
    assert said(two.user, sql) == refusal.format(name=name)


def test_owner_is_refused_by_the_guards(two: Two) -> None:
    assert said(two.owner, "UPDATE audit_act SET reason = 'x'") == "audit_act is never changed."
    assert said(two.owner, "TRUNCATE audit_act CASCADE").endswith("is never emptied.")


def test_second_start_changes_nothing_and_says_nothing(two: Two) -> None:
    again = "from clinic.operations.server import prepare; print(prepare())"
    done = two.manage("shell", "-v", "0", "-c", again)
    assert (done.stdout, done.stderr, done.returncode) == ("False\n", "", 0)
    assert two.manage("check", "--database", "default").returncode == 0


def test_guard_that_the_owner_switched_off_is_put_back_by_the_start_and_told(two: Two) -> None:
    import psycopg

    with psycopg.connect(two.owner) as other:
        other.execute("ALTER TABLE audit_act DISABLE TRIGGER guard_audit_act_update_kept")
    assert "(clinic.E003)" in two.manage("check", "--database", "default").stderr
    done = two.manage("shell", "-v", "0", "-c", "from clinic.operations.server import prepare; prepare()")
    assert done.returncode == 0
    assert "are put back: 1: guard_audit_act_update_kept" in done.stderr
    assert two.manage("check", "--database", "default").returncode == 0


def test_user_who_may_not_set_up_is_told_who_does(two: Two) -> None:
    import psycopg

    user = two.user.rpartition("/")[2] + "_user"
    with psycopg.connect(two.owner) as other:
        other.execute("ALTER TABLE audit_act DISABLE TRIGGER guard_audit_act_update_kept")
    done = manage(two.folder, "serve", CLINIC_PORT=str(free_port()), CLINIC_DATABASE_URL=two.user)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"This user may not set up the database. As the owner of its tables, write: manage.py set_up_database {user}\n"
    )
    by_hand = manage(two.folder, "set_up_database", user, CLINIC_DATABASE_URL=two.owner)
    assert by_hand.returncode == 0
    assert two.manage("check", "--database", "default").returncode == 0


def test_owner_that_cannot_connect_stops_the_start_in_one_sentence(two: Two) -> None:
    name = two.owner.rpartition("/")[2]
    wrong = two.owner.replace(f"/{name}", f"/{name}_not_there")
    done = manage(
        two.folder, "serve", CLINIC_PORT=str(free_port()), CLINIC_DATABASE_URL=two.user, CLINIC_DATABASE_OWNER_URL=wrong
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "The database could not be set up as its owner (CLINIC_DATABASE_OWNER_URL)."


def test_owner_and_user_are_two(two: Two) -> None:
    done = manage(two.folder, "check", CLINIC_DATABASE_URL=two.user, CLINIC_DATABASE_OWNER_URL=two.user)
    assert done.returncode == 2
    assert done.stderr == (
        "The logbook cannot start. CLINIC_DATABASE_OWNER_URL: the owner is another user than the one of CLINIC_DATABASE_URL.\n"
    )
