"""The verifier against somebody who knows how it reads: nothing slips between its questions, nothing makes it stumble."""

import re

import pytest
from django.db import connection

from clinic.audit import guard, tables
from clinic.audit.models import Link
from clinic.audit.verify import verify
from tests.audit.raw import SQLITE, alterations, sql

pytestmark = pytest.mark.usefixtures("broken_on_purpose", "places")
sqlite = pytest.mark.skipif(not SQLITE, reason="how SQLite keeps values")
postgresql = pytest.mark.skipif(SQLITE, reason="how PostgreSQL keeps values")

ACT = "(SELECT MAX(id) FROM audit_act)"
FORGED_ACT = (
    "INSERT INTO audit_act (at, kind, by_id, by_name, reason, subject) "
    "SELECT at, kind, by_id, by_name, 'forged', subject FROM audit_act WHERE kind = 'sign_session'"
)


def forged_link(number: str) -> str:
    return (
        "INSERT INTO audit_link (number, act_id, at, shape_id, digest, key_id, mac) "
        f"SELECT {number}, {ACT}, at, shape_id, digest, key_id, mac FROM audit_link WHERE number = 3"
    )


def forged_access(number: str) -> str:
    return (
        "INSERT INTO audit_access (number, at, by_name, kind, route, detail, mac) "
        f"SELECT {number}, at, 'x', 'log_in', '', '', mac FROM audit_access WHERE number = 1"
    )


def loosened(table: str, *changes: tuple[str, str]) -> None:
    """The table without its keys, NOT NULL and CHECKs, by the engine's own back door."""
    with connection.cursor() as cursor:
        if not SQLITE:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype <> 'n'", [table]
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}" CASCADE')
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
        text = cursor.fetchone()[0]
        inner = re.sub(r"NOT NULL|PRIMARY KEY|AUTOINCREMENT|UNIQUE|, CONSTRAINT .*(?=\)$)", "", text)
        inner = re.sub(r"REFERENCES \"\w+\" \(\"\w+\"\)( DEFERRABLE INITIALLY DEFERRED)?", "", inner)
        for before, after in changes:
            assert before in inner, inner
            inner = inner.replace(before, after)
        names = ", ".join(f'"{column}"' for column in columns_of(table))
        cursor.execute("PRAGMA legacy_alter_table = ON")
        cursor.execute(inner.replace(f'"{table}"', '"loosened"', 1))
        cursor.execute(f'INSERT INTO "loosened" ({names}) SELECT {names} FROM "{table}"')
        cursor.execute(f'DROP TABLE "{table}"')
        cursor.execute(f'ALTER TABLE "loosened" RENAME TO "{table}"')
        cursor.execute("PRAGMA legacy_alter_table = OFF")


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


def named() -> list[str]:
    guard.install()
    return [f"{kind} {record}" for kind, record in alterations()]


HOSTILE: dict[str, tuple[list[str], str]] = {
    "an act with an entry numbered nought": ([FORGED_ACT, forged_link("0")], "entry added entry:0"),
    "an act with an entry below nought": ([FORGED_ACT, forged_link("-7")], "entry added entry:-7"),
    "an access numbered nought": ([forged_access("0")], "access added access:0"),
    "an access below nought": ([forged_access("-3")], "access added access:-3"),
    "the name of the key in one entry": (["UPDATE audit_link SET key_id = 'x' WHERE number = 2"], "entry altered entry:2"),
    "the name of the key in the last entry": (
        ["UPDATE audit_link SET key_id = 'x' WHERE number = (SELECT MAX(number) FROM audit_link)"], "entry altered entry:",
    ),
    "words that would clear a terminal": (
        ["UPDATE audit_act SET subject = 'patient:' || 'x\x1b[2JIntact' WHERE kind = 'change_patient'"],
        "history altered patient:x\\x1b[2JIntact",
    ),
    "an empty code": (["UPDATE audit_link SET mac = NULL WHERE number = 3"], "entry altered entry:3"),
    "an empty digest": (["UPDATE audit_link SET digest = NULL WHERE number = 3"], "entry altered entry:3"),
    "an empty time": (["UPDATE audit_link SET at = NULL WHERE number = 3"], "entry altered entry:3"),
    "an entry without an act": (["UPDATE audit_link SET act_id = NULL WHERE number = 3"], "act missing entry:3"),
    "an entry without a number": (["UPDATE audit_link SET number = NULL WHERE number = 3"], "entry added entry:None"),
    "an act without a kind": (["UPDATE audit_act SET kind = NULL, subject = NULL, at = NULL"], "history altered entry:1"),
    "a history row of no act": (
        ["UPDATE logbook_historicalpatient SET act_id = NULL"], "history added logbook_historicalpatient:",
    ),
    "an access without a code": (["UPDATE audit_access SET mac = NULL WHERE number = 1"], "access altered access:1"),
    "an act twice": (["INSERT INTO audit_act SELECT * FROM audit_act WHERE kind = 'sign_session'"], "row doubled act:"),
    "a live row twice": (["INSERT INTO logbook_phase SELECT * FROM logbook_phase"], "row doubled phase:"),
    "an entry twice": (["INSERT INTO audit_link SELECT * FROM audit_link WHERE number = 3"], "row doubled link:3"),
    "an access twice": (["INSERT INTO audit_access SELECT * FROM audit_access WHERE number = 1"], "access"),
    "a uid that is none": (
        ["UPDATE logbook_historicalpatient SET uid = NULL", "UPDATE logbook_patient SET phone = '1'"], "row altered patient:",
    ),
    "a seal without anything": (
        ["INSERT INTO audit_seal (month, first, last) VALUES ('2020-01', 0, 0)"], "seal altered month:2020-01",
    ),
}  # fmt: skip
LOOSE = ("audit_act", "audit_link", "audit_access", "audit_seal", "logbook_historicalpatient", "logbook_phase")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_row_is_named(name, logbook, unguarded, unchecked):
    statements, expected = HOSTILE[name]
    unchecked()
    if SQLITE and "INTO audit_act" in statements[0]:
        # Without its key no other table may point to it while foreign keys are on, which a transaction cannot change.
        if name == "an act twice":
            pytest.skip("needs a connection without foreign keys")
    else:
        for table in LOOSE:
            loosened(table)
    if not SQLITE:
        nullable()
    sql(*statements)
    found = named()
    assert [said for said in found if expected in said], found


def nullable() -> None:
    for table in LOOSE:
        for column in columns_of(table):
            sql(
                f'ALTER TABLE "{table}" ALTER COLUMN "{column}" DROP IDENTITY IF EXISTS',
                f'ALTER TABLE "{table}" ALTER COLUMN "{column}" DROP NOT NULL',
            )


# What SQLite keeps in a column of any kind, and shows as something else.
VALUES: dict[str, tuple[list[str], str]] = {
    "a figure with a tail": (
        ["UPDATE logbook_historicalphase SET current_ma = '15.0x' WHERE current_ma = 15", "UPDATE logbook_phase SET current_ma = '15.0x' WHERE current_ma = 15"],
        "history altered session:",
    ),
    "a figure with more digits": (
        ["UPDATE logbook_historicalphase SET current_ma = 15.04 WHERE current_ma = 15", "UPDATE logbook_phase SET current_ma = 15.04 WHERE current_ma = 15"],
        "history altered session:",
    ),
    "a yes that reads as no": (
        ["UPDATE accounts_historicaluser SET is_active = '1x'", "UPDATE accounts_user SET is_active = '1x'"], "history altered",
    ),
    "a no that is a word": (
        ["UPDATE logbook_historicalsession SET late_record = 'no'", "UPDATE logbook_session SET late_record = 'no'"], "history altered",
    ),
    "a day as bytes": (
        ["UPDATE logbook_historicalpatient SET birth_date = CAST(birth_date AS BLOB)", "UPDATE logbook_patient SET birth_date = CAST(birth_date AS BLOB)"],
        "history altered",
    ),
    "a moment as bytes": (["UPDATE audit_act SET at = CAST(at AS BLOB) WHERE id > 3"], "history altered"),
    "text as bytes": (["UPDATE audit_act SET by_name = CAST(by_name AS BLOB)"], "history altered"),
    "text that is not UTF-8": (["UPDATE logbook_historicalpatient SET family_name = CAST(x'ff41' AS TEXT)"], "history altered patient:"),
    "live text that is not UTF-8": (["UPDATE logbook_session SET notes = CAST(x'c328' AS TEXT)"], "row altered session:"),
    "text with a NUL": (["UPDATE logbook_historicalpatient SET family_name = family_name || char(0) || 'x'"], "history altered patient:"),
    "a code as text": (["UPDATE audit_link SET mac = 'x' WHERE number = 3"], "entry altered entry:3"),
    "an access of bytes": (["UPDATE audit_access SET by_name = x'00ff' WHERE number = 1"], "access altered access:1"),
    "an access of broken text": (["UPDATE audit_access SET detail = CAST(x'ff' AS TEXT) WHERE number = 1"], "access altered access:1"),
    "a deep JSON": (
        ["UPDATE logbook_historicalphase SET as_typed = replace(hex(zeroblob(495)), '0', '[') || replace(hex(zeroblob(495)), '0', ']')"], "history altered session:",
    ),
    "a number that is a word": (["UPDATE audit_link SET number = 'x' WHERE number = 3"], "entry added entry:x"),
    "a number that is no whole one": (["UPDATE audit_link SET number = 3.5 WHERE number = 3"], "entry added entry:3.5"),
    "a number of bytes": (["UPDATE audit_link SET number = x'33' WHERE number = 3"], "entry missing entry:4"),
    "the greatest number": ([FORGED_ACT, forged_link(str(2**63 - 1))], f"entry missing entry:{2**63 - 1}"),
    "an access whose number is a word": ([forged_access("'x'")], "access added access:x"),
    "an access whose number is no whole one": ([forged_access("1.5")], "access added access:1.5"),
    "a time that is a number": (["UPDATE audit_link SET at = 5 WHERE number = 3"], "entry altered entry:3"),
    "a shape of bytes": (["UPDATE audit_shape SET columns = x'00'"], "shape altered shape:"),
    "a shape that is no list": (["UPDATE audit_link SET shape_id = x'00' WHERE number = 3"], "shape altered shape:"),
    "a uid that is a word": (
        ["UPDATE logbook_historicalpatient SET uid = 'x'", "UPDATE logbook_patient SET phone = '1'"], "row altered patient:",
    ),
    "a seal of words": (
        ["INSERT INTO audit_seal (month, first, last, before, after, at, key_id, mac) VALUES ('2020-01', 'a', 'b', 'c', 'd', 'e', 'f', 'g')"],
        "seal altered month:2020-01",
    ),
}  # fmt: skip


@sqlite
@pytest.mark.parametrize("name", VALUES)
def test_value_of_another_kind_is_named(name, logbook, unguarded, unchecked):
    statements, expected = VALUES[name]
    unchecked()
    sql(*statements)
    found = named()
    assert [said for said in found if expected in said], found


@sqlite
def test_difference_that_a_collation_hides_is_named(logbook, unguarded, unchecked):
    unchecked()
    loosened("logbook_patient", ('"family_name" varchar(100)', '"family_name" varchar(100) COLLATE NOCASE'))
    sql("UPDATE logbook_patient SET family_name = lower(family_name)")
    assert [said for said in named() if "row altered patient:" in said]


@postgresql
def test_difference_that_a_collation_hides_is_named_by_postgresql(logbook, unguarded, unchecked):
    unchecked()
    sql(
        "CREATE COLLATION deaf (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
        "ALTER TABLE logbook_patient ALTER COLUMN family_name TYPE varchar(100) COLLATE deaf",
        "UPDATE logbook_patient SET family_name = upper(family_name)",
    )
    assert [said for said in named() if "row altered patient:" in said]


@postgresql
@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("logbook_{}phase", "ALTER COLUMN current_ma TYPE numeric; UPDATE {} SET current_ma = current_ma + 0.04"),
        ("logbook_{}patient", "ALTER COLUMN sex TYPE text; UPDATE {} SET birth_date = '1985-09-07 BC'"),
    ],
)
def test_value_that_reads_as_another_is_named_by_postgresql(logbook, unguarded, unchecked, table, statement):
    unchecked()
    for name in (table.format(""), table.format("historical")):
        sql(*f"ALTER TABLE {name} {statement.format(name)}".split("; "))
    assert [said for said in named() if "history altered" in said]


@postgresql
def test_trigger_that_borrows_a_guards_name_is_named(logbook):
    name = guard.rules()[0].trigger
    sql(
        "CREATE FUNCTION stranger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        f'CREATE TRIGGER "{name}" BEFORE INSERT ON logbook_phase FOR EACH ROW EXECUTE FUNCTION stranger()',
    )
    assert named() == [f"trigger added trigger:{name}"]


@postgresql
def test_guard_that_looks_elsewhere_is_named(logbook):
    name = guard.rules()[0].trigger
    sql(f'ALTER FUNCTION "{name}"() SET search_path = elsewhere, pg_catalog')
    assert [f"{kind} {record}" for kind, record in alterations()] == [f"guard missing trigger:{name}"]


def test_view_in_place_of_a_table_is_named(logbook, unguarded, unchecked):
    unchecked()
    sql(
        "ALTER TABLE logbook_consultation RENAME TO hidden",
        "CREATE VIEW logbook_consultation AS SELECT * FROM hidden",
    )
    assert [said for said in named() if said.startswith("guard missing trigger:guard_logbook_consultation")]


# What somebody does to a table instead of its rows.
TABLES = {
    "sqlite": {
        "another collation": 'ALTER TABLE logbook_patient ADD COLUMN "x" text COLLATE NOCASE',
        "a key gone": "DROP INDEX session_number_once",
    },
    "postgresql": {
        "hidden rows": "ALTER TABLE logbook_patient ENABLE ROW LEVEL SECURITY",
        "hidden rows of the owner": "ALTER TABLE logbook_patient FORCE ROW LEVEL SECURITY",
        "another collation": 'ALTER TABLE logbook_patient ALTER COLUMN family_name TYPE varchar(100) COLLATE "POSIX"',
        "an heir": "CREATE TABLE heir () INHERITS (logbook_patient)",
        "another type": "ALTER TABLE logbook_patient ALTER COLUMN sex TYPE text",
        "a check gone": "ALTER TABLE logbook_patient DROP CONSTRAINT patient_sex_word",
        "no longer needed": "ALTER TABLE logbook_patient ALTER COLUMN sex DROP NOT NULL",
    },
}[connection.vendor]


@pytest.mark.parametrize("name", TABLES)
def test_altered_table_is_named(name, logbook, unguarded, unchecked):
    unchecked()
    tables.keep("default")
    assert named() == []
    guard.remove()
    sql(TABLES[name])
    assert named() == [f"table altered table:logbook_{'session' if 'key' in name else 'patient'}"]


def test_view_with_the_name_of_a_table_is_named(logbook, unguarded, unchecked):
    unchecked()
    tables.keep("default")
    sql("ALTER TABLE audit_seal RENAME TO hidden", "CREATE VIEW audit_seal AS SELECT * FROM hidden")
    assert "table altered table:audit_seal" in named()


def test_check_that_stumbles_hides_no_other(logbook, unguarded, monkeypatch):
    monkeypatch.setattr("clinic.audit.verify.run.check_guards", lambda: (1 / 0 for _ in "x"))
    result, found = verify()
    assert (result.state, [finding.kind for finding in found]) == ("unknown", ["cannot verify"])
    sql("UPDATE logbook_patient SET phone = '1'")
    result, found = verify()
    assert (result.state, {finding.kind for finding in found}) == ("altered", {"cannot verify", "row altered"})


def test_interrupted_run_of_another_copy_begins_anew(logbook, monkeypatch, unguarded):
    monkeypatch.setattr("clinic.audit.verify.chain.ENTRIES_AT_ONCE", 3)
    monkeypatch.setattr("clinic.audit.verify.run.SECONDS_BETWEEN", 0.0)

    def stop(number: int) -> None:
        if number == Link.objects.count():
            raise InterruptedError

    with pytest.raises(InterruptedError):
        verify(progress=stop)
    sql("DELETE FROM audit_link WHERE number > 4")
    result, _found = verify(resume=True)
    assert (result.state, result.entries) == ("altered", 4)


def test_end_of_the_accesses_cut_off_is_told_by_the_last_verification(logbook, unguarded):
    verify()
    last = "(SELECT MAX(number) FROM audit_access)"
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(number) FROM audit_access")
        (number,) = cursor.fetchone()
    sql(f"DELETE FROM audit_access WHERE number = {last}")
    assert named() == [f"anchor differs access:{number}"]
