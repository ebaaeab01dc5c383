"""The audit's tables take what is added at the end, and nothing else, whoever writes."""

from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, migrations, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit import guard
from clinic.audit.access import record_event
from clinic.audit.models import Access, Act, Link, Seal, Shape
from clinic.audit.stored import history_of, recorded_models
from clinic.lib.fields import Line
from sessions.models import Device
from tests.audit.raw import SQLITE, as_a_stranger, as_ours, columns, copied, refusal, run, upsert
from tests.factories import a_device
from tests.reports.signed import a_session_of_every_kind, insert

pytestmark = pytest.mark.django_db
only_sqlite = pytest.mark.skipif(not SQLITE, reason="a question to SQLite")
only_postgresql = pytest.mark.skipif(SQLITE, reason="a question to PostgreSQL")

HISTORIES = [history_of(model) for model in recorded_models()]
TABLES = [Act, Link, Shape, Seal, Access, *HISTORIES]


@pytest.fixture
def filled(physician: User) -> Iterator[None]:
    """A row in every table of the audit."""
    a_session_of_every_kind(physician)
    record_event("log_in", by=physician)
    code = bytes(32)
    insert(Seal(month="2026-01", first=1, last=2, before=code, after=code, at=timezone.now(), key_id="a", mac=code))
    for history in HISTORIES:
        if not history._base_manager.exists():
            insert(a_line_of(history))
    as_a_stranger()
    yield
    as_ours()


def a_line_of(history: type[models.Model]) -> models.Model:
    """A line in the history of a table that the session of every kind does not touch, of an act that is sealed after it."""
    act = insert(Act(at=timezone.now(), kind="x", by=User.objects.first(), by_name="x"))
    kinds = {
        models.DateTimeField: timezone.now(),
        models.DateField: timezone.localdate(),
        models.BooleanField: False,
        models.BinaryField: b"",
        models.JSONField: {},
    }
    line = history(act=act)
    for field in history._meta.local_concrete_fields:
        if not field.null and field.attname not in {"act_id", "history_id"} and not field.has_default():
            known = [value for kind, value in kinds.items() if isinstance(field, kind)]
            text = isinstance(field, models.CharField | models.TextField)
            setattr(line, field.attname, known[0] if known else "+" if text else 1)
    return line


def said_of(sql: Callable[[type[models.Model]], str], tables: list[type[models.Model]] = TABLES) -> dict[str, str]:
    """What the database says to the same statement on each table."""
    return {model._meta.db_table: refusal(sql(model)) for model in tables}


def test_no_table_of_these_tests_is_empty(filled: None) -> None:
    """A guard speaks where there is a row: an empty table would let every statement pass."""
    assert [model.__name__ for model in TABLES if not model._base_manager.exists()] == []


def test_no_column_is_ever_changed(filled: None) -> None:
    for model in TABLES:
        table = model._meta.db_table
        said = {refusal(f'UPDATE "{table}" SET {column} = {column}') for column in columns(model)}
        assert said == {"An access is never changed." if model is Access else f"{table} is never changed."}


def test_no_row_is_ever_deleted(filled: None) -> None:
    expected = {model._meta.db_table: f"{model._meta.db_table} is never deleted from." for model in TABLES}
    expected["audit_access"] = "An access is deleted with its sealed month only, by a purge."
    assert said_of(lambda model: f'DELETE FROM "{model._meta.db_table}"') == expected


# Which of a table's rules speaks first is the engine's own.
AT_ONCE = (
    "The act of this history is sealed already.",
    "The entries of the audit history follow each other without a gap.",
    "UNIQUE constraint failed: ",
)


@only_sqlite
@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE"])
def test_no_row_is_ever_replaced(verb: str, filled: None) -> None:
    said = said_of(lambda model: copied(model, verb=verb))
    assert {table: words for table, words in said.items() if not words.startswith(AT_ONCE)} == {}


@only_sqlite
@pytest.mark.parametrize(
    ("model", "changed", "column"),
    [
        (Act, {"id": "id + 1000", "by_name": "'x'"}, "key"),
        (Access, {"id": "id + 1000", "by_name": "'x'"}, "number"),
        (Link, {"number": "(SELECT MAX(number) + 1 FROM audit_link)"}, "act_id"),
    ],
    ids=["an act", "an access", "an entry"],
)
def test_row_is_not_pushed_out_by_one_with_its_key(
    model: type[models.Model], changed: dict[str, str], column: str, filled: None
) -> None:
    said = refusal(f'{copied(model, verb="REPLACE", **changed)} AND "{column}" IS NOT NULL')
    assert said == f"UNIQUE constraint failed: {model._meta.db_table}.{column}"


def test_no_row_is_ever_written_over(filled: None) -> None:
    said = said_of(upsert)
    refused = (*AT_ONCE, "An access is never changed.")
    assert {
        t: words for t, words in said.items() if not words.startswith(refused) and words != f"{t} is never changed."
    } == {}


@only_postgresql
@pytest.mark.parametrize("more", ["CASCADE", "RESTART IDENTITY CASCADE"])
def test_no_table_is_ever_emptied(more: str, filled: None) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    said = said_of(lambda model: f'TRUNCATE "{model._meta.db_table}" {more}')
    assert {table: words for table, words in said.items() if not words.endswith("is never emptied.")} == {}


@only_postgresql
def test_session_that_says_it_is_a_replica_is_refused_too(filled: None) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET LOCAL session_replication_role = replica")
    for statement in ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"):
        said = said_of(lambda model, sql=statement: sql.format(table=model._meta.db_table, column=columns(model)[0]))
        assert [table for table, words in said.items() if not words] == []


def test_sealed_act_takes_no_more_history(filled: None) -> None:
    sealed = "AND act_id IN (SELECT act_id FROM audit_link)"
    tables = [history for history in HISTORIES if history._base_manager.filter(act__link__isnull=False).exists()]
    said = said_of(lambda model: f"{copied(model, history_id='history_id + 1000')} {sealed}", tables)
    assert set(said.values()) == {"The act of this history is sealed already."}


@pytest.mark.parametrize("number", ["number + 2", "number - 1", "-1", "0", "number + 1000"])
def test_entries_follow_without_a_gap(number: str, filled: None) -> None:
    last = "number = (SELECT MAX(number) FROM audit_link)"
    run("INSERT INTO audit_act (at, kind, by_id, by_name, reason, subject) SELECT at, kind, by_id, by_name, '', 'x' "
        "FROM audit_act WHERE id = (SELECT MIN(id) FROM audit_act)")  # fmt: skip
    unsealed = "(SELECT id FROM audit_act WHERE subject = 'x')"
    said = refusal(f"{copied(Link, number=number, act_id=unsealed)} AND {last}")
    assert said in {
        "The entries of the audit history follow each other without a gap.",
        "UNIQUE constraint failed: audit_link.number",
    }


@only_postgresql
def test_temporary_table_does_not_stand_in_for_ours(filled: None) -> None:
    run("CREATE TEMPORARY TABLE audit_link (act_id bigint, number bigint)")
    history = history_of(Device)
    assert refusal(copied(history, history_id="history_id + 1000")) == "The act of this history is sealed already."


# --- What is missing, what is strange ------------------------------------------------------------

ONE = "guard_audit_act_update_kept"


def on(table: str) -> str:
    return "" if SQLITE else f" ON {table}"


def test_nothing_is_missing_and_nothing_is_strange_after_set_up() -> None:
    assert (guard.missing(), guard.strangers()) == ([], [])


def test_dropped_guard_is_missing_until_it_is_put_back() -> None:
    run(f"DROP TRIGGER {ONE}{on('audit_act')}")
    assert guard.missing() == [ONE]
    assert guard.install() == [ONE]
    assert guard.missing() == []


@only_sqlite
def test_guard_that_asks_something_else_is_missing() -> None:
    run(f"DROP TRIGGER {ONE}")
    run(f"CREATE TRIGGER {ONE} BEFORE UPDATE ON audit_act WHEN 1 = 0 BEGIN SELECT RAISE(ABORT, 'x'); END")
    assert guard.missing() == [ONE]


@only_sqlite
def test_guard_on_another_table_is_missing() -> None:
    run(f"DROP TRIGGER {ONE}")
    run(f"CREATE TRIGGER {ONE} BEFORE UPDATE ON audit_shape BEGIN SELECT RAISE(ABORT, 'x'); END")
    assert guard.missing() == [ONE]


@only_postgresql
@pytest.mark.parametrize(
    "change",
    [
        f"ALTER TABLE audit_act DISABLE TRIGGER {ONE}",
        f"ALTER TABLE audit_act ENABLE TRIGGER {ONE}",
        f"ALTER TABLE audit_act ENABLE REPLICA TRIGGER {ONE}",
        f"CREATE OR REPLACE FUNCTION {ONE}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        f"CREATE OR REPLACE TRIGGER {ONE} AFTER UPDATE ON audit_act FOR EACH ROW EXECUTE FUNCTION {ONE}()",
        f"CREATE OR REPLACE TRIGGER {ONE} BEFORE UPDATE OF kind ON audit_act FOR EACH ROW EXECUTE FUNCTION {ONE}()",
        f"CREATE OR REPLACE TRIGGER {ONE} BEFORE UPDATE ON audit_act FOR EACH ROW WHEN (false) EXECUTE FUNCTION {ONE}()",
        f"CREATE OR REPLACE TRIGGER {ONE} BEFORE INSERT ON audit_act FOR EACH ROW EXECUTE FUNCTION {ONE}()",
    ],
)
def test_guard_that_is_changed_or_switched_off_is_missing(change: str) -> None:
    run(change)
    assert guard.missing() == [ONE]
    if change.startswith("CREATE"):
        run(f"ALTER TABLE audit_act ENABLE ALWAYS TRIGGER {ONE}")  # as ours is, so that nothing else gives it away
        assert guard.missing() == [ONE]
    guard.install()
    assert guard.missing() == []


@only_postgresql
def test_all_guards_of_a_table_switched_off_are_missing() -> None:
    run("ALTER TABLE audit_link DISABLE TRIGGER ALL")
    assert guard.missing() == [
        rule.trigger for rule in guard.rules() if rule.table == "audit_link" and "postgresql" in rule.engines
    ]


def test_trigger_of_somebody_else_is_strange() -> None:
    if SQLITE:
        run("CREATE TRIGGER mine AFTER INSERT ON audit_act BEGIN SELECT 1; END")
    else:
        run(
            "CREATE TRIGGER mine AFTER INSERT ON audit_act FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        )
    assert (guard.missing(), guard.strangers()) == ([], ["mine"])


@only_postgresql
def test_rule_of_somebody_else_is_strange() -> None:
    run("CREATE RULE mine AS ON INSERT TO audit_access DO INSTEAD NOTHING")
    assert guard.strangers() == ["mine"]


def test_every_guard_has_a_name_of_its_own_that_the_engine_keeps_whole() -> None:
    names = [rule.trigger for rule in guard.rules() if SQLITE or "postgresql" in rule.engines]
    assert len(names) == len(set(names))
    assert [one for one in names if not SQLITE and len(one.encode()) > 63] == []


# --- Migrations ----------------------------------------------------------------------------------


def migrated(*, backwards: bool = False) -> None:
    """AlterField on a history table as `migrate` does it: SQLite makes the table anew, and its triggers are gone."""
    migration = Migration("0099_widen", "logbook")
    migration.operations = [migrations.AlterField("historicaldevice", "maker", Line("maker", max_length=150))]
    plan = [(migration, False)]  # a step back is refused, and this one only tidies up after the test
    state = MigrationLoader(connection).project_state()
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default", apps=apps, plan=plan)
    with connection.schema_editor(atomic=True) as editor:
        (migration.unapply if backwards else migration.apply)(state, editor)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default", apps=apps, plan=plan)


@pytest.mark.django_db(transaction=True)
def test_table_that_a_migration_makes_anew_gets_its_guards_back(physician: User) -> None:
    a_device(by=physician)
    try:
        migrated()
        assert guard.missing() == []
        assert refusal("UPDATE logbook_historicaldevice SET maker = ''") == "logbook_historicaldevice is never changed."
    finally:
        migrated(backwards=True)
    assert guard.missing() == []


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_table_made_anew_without_set_up_is_noticed() -> None:
    history = history_of(Device)
    lost = [rule.trigger for rule in guard.rules() if rule.table == history._meta.db_table and "sqlite" in rule.engines]
    try:
        with connection.schema_editor() as editor:
            editor._remake_table(history)
        assert guard.missing() == lost
    finally:
        guard.install()
    assert guard.missing() == []
