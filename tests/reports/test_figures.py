"""The check of the stored figures finds each fault, names the record, and a rebuild mends it."""

import io
import json
from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import override_settings
from django.utils import timezone, translation

from clinic.audit.models import Access
from clinic.audit.verify import verify
from sessions.actions.figures import rebuild_figures
from sessions.models import (
    CourseFigures,
    CourseTally,
    Outcome,
    OutcomeTally,
    PeriodTally,
    Session,
    SessionFigures,
    Tally,
)
from sessions.reports import figures
from sessions.reports.figures import counted, differences
from tests.actions.chance import Chance
from tests.factories import a_draft, a_signed_session, an_application, an_observation, at, ready

DAY = date(2026, 1, 12)
TABLES = {
    model.__name__: model._meta.db_table
    for model in (SessionFigures, Tally, PeriodTally, CourseFigures, Outcome, CourseTally, OutcomeTally)
}


@pytest.fixture
def logbook(physician):
    """Two signed sessions of one course, with two sites and two values, and a draft."""
    _patient, course, device = ready(by=physician)
    sites = (an_application(site="palm"), an_application(site="sole", index=1))
    signed = [
        a_signed_session(
            by=physician,
            course=course,
            device=device,
            started=at(date(2026, 1, day)),
            applications=sites,
            observations=(an_observation(value=value),),
        )
        for day, value in ((12, "4"), (19, "2"))
    ]
    a_draft(by=physician, course=course, device=device, started=at(date(2026, 1, 26)))
    assert list(differences()) == []
    return signed


def sql(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount


def found() -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.model.__name__, one.fault, one.columns) for one in differences()]


def checked(*options: str) -> tuple[int, str]:
    """The exit and what was written."""
    written = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_figures", *options, stdout=written, stderr=written)
    return int(ended.value.code or 0), written.getvalue()


# --- Each fault ----------------------------------------------------------------------------------

WRONG = [
    ("SessionFigures", "started_at", "'2026-01-12 14:05:01+00:00'"),
    ("SessionFigures", "day", "'2026-01-13'"),
    ("SessionFigures", "day", "NULL"),
    ("SessionFigures", "month", "'2026-02-01'"),
    ("SessionFigures", "patient_id", "patient_id + 1"),
    ("SessionFigures", "course_id", "course_id + 1"),
    ("SessionFigures", "physician_id", "physician_id + 1"),
    ("SessionFigures", "operator_id", "NULL"),
    ("SessionFigures", "device_id", "NULL"),
    ("SessionFigures", "indication", "'cellulite'"),
    ("SessionFigures", "status", "'stopped'"),
    ("SessionFigures", "record_status", "'preliminary'"),
    ("SessionFigures", "late_record", "TRUE"),
    ("SessionFigures", "sex", "'male'"),
    ("SessionFigures", "age", "41"),
    ("SessionFigures", "events", "1"),
    ("SessionFigures", "serious", "1"),
    ("SessionFigures", "site", "'sole'"),
    ("SessionFigures", "sites", "'palm'"),
    ("SessionFigures", "absent", "TRUE"),
    ("SessionFigures", "gaps", "gaps + 64"),
    ("Tally", "number", "number + 1"),
    ("PeriodTally", "sessions", "sessions + 1"),
    ("PeriodTally", "patients", "0"),
    ("PeriodTally", "events", "events + 1"),
    ("PeriodTally", "mild", "1"),
    ("PeriodTally", "moderate", "1"),
    ("PeriodTally", "severe", "1"),
    ("CourseFigures", "performed", "1"),
    ("CourseFigures", "not_done", "1"),
    ("CourseFigures", "absent", "1"),
    ("CourseFigures", "first_day", "'2026-01-11'"),
    ("CourseFigures", "last_day", "NULL"),
    ("CourseFigures", "last_phase", "''"),
    ("CourseFigures", "indication", "'cellulite'"),
    ("CourseFigures", "far_apart", "TRUE"),
    ("Outcome", "patient_id", "patient_id + 1"),
    ("Outcome", "indication", "'cellulite'"),
    ("Outcome", "number", "3"),
    ("Outcome", "first_value", "3"),
    ("Outcome", "first_day", "'2026-01-11'"),
    ("Outcome", "first_session_id", "last_session_id"),
    ("Outcome", "last_value", "NULL"),
    ("Outcome", "last_day", "NULL"),
    ("Outcome", "last_session_id", "NULL"),
    ("Outcome", "physician_id", "physician_id + 1"),
    ("Outcome", "device_id", "NULL"),
    ("Outcome", "day", "'2026-01-12'"),
    ("CourseTally", "number", "number + 1"),
    ("OutcomeTally", "number", "number + 1"),
]
WHICH = {
    "SessionFigures": "session_id = (SELECT MIN(session_id) FROM logbook_sessionfigures)",
    "Tally": "site = 'palm'",
    "PeriodTally": "year = 0 AND which = 'palm'",
    "CourseFigures": "TRUE",
    "Outcome": "TRUE",
    "CourseTally": "year = 0 AND counted_by = 'open'",
    "OutcomeTally": "year = 0 AND counted_by = 'place'",
}
KEYS = {
    "SessionFigures": 1,
    "Tally": 7,
    "PeriodTally": 4,
    "CourseFigures": 1,
    "Outcome": 6,
    "CourseTally": 5,
    "OutcomeTally": 9,
}


@pytest.mark.django_db
def test_faults_are_tried_in_every_column_that_is_no_key(logbook):
    for part in counted():
        name = part.model.__name__
        assert part.keys == KEYS[name]
        assert set(part.columns[part.keys :]) == {column for model, column, _value in WRONG if model == name}
        every = {field.column for field in part.model._meta.local_concrete_fields} - {"id"}
        assert set(part.columns) == every


@pytest.mark.parametrize(("table", "column", "value"), WRONG)
@pytest.mark.django_db
def test_wrong_column_is_named_and_nothing_else(logbook, table, column, value):
    assert sql(f"UPDATE {TABLES[table]} SET {column} = {value} WHERE {WHICH[table]}") == 1
    assert found() == [(table, "differs", (column,))]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.django_db
def test_missing_row_is_found(logbook, table):
    assert sql(f"DELETE FROM {TABLES[table]} WHERE {WHICH[table]}") == 1
    assert found() == [(table, "missing", ())]


ADDED = {
    "SessionFigures": ("session_id", "session_id + 1000000000000"),
    "Tally": ("device", "7"),
    "PeriodTally": ("year", "1"),
    "CourseFigures": ("course_id", "-5"),
    "Outcome": ("scale", "'2|||'"),
    "CourseTally": ("year", "1"),
    "OutcomeTally": ("year", "1"),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.django_db
def test_row_of_nothing_is_found(logbook, table):
    name = TABLES[table]
    with connection.cursor() as cursor:
        columns = [one.name for one in connection.introspection.get_table_description(cursor, name) if one.name != "id"]
    column, value = ADDED[table]
    taken = ", ".join(value if one == column else one for one in columns)
    sql(f"INSERT INTO {name} ({', '.join(columns)}) SELECT {taken} FROM {name} WHERE {WHICH[table]}")
    assert found() == [(table, "added", ())]


@pytest.mark.django_db
def test_source_changed_past_the_acts_is_found(logbook, unguarded):
    sql("UPDATE logbook_observation SET value = 1 WHERE value = 2")
    assert found() == [("Outcome", "differs", ("last_value",))]


@pytest.mark.django_db
def test_check_goes_on_over_every_part(logbook, monkeypatch):
    monkeypatch.setattr(figures, "SESSIONS_AT_ONCE", 1)
    monkeypatch.setattr(figures, "COURSES_AT_ONCE", 1)
    assert found() == []
    sql("DELETE FROM logbook_sessionfigures")
    assert found() == [("SessionFigures", "missing", ())] * 3


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/St_Johns", "America/Asuncion", "Africa/Cairo"])
@pytest.mark.django_db
def test_other_time_zone_shows_and_is_mended(logbook, zone, physician):
    _patient, course, device = ready(by=physician)
    for day in (date(2026, 3, 22), date(2026, 3, 8), date(2026, 4, 24), date(2026, 10, 4), date(2026, 10, 30)):
        for hour in (0, 3, 4, 5, 6, 22, 23):
            a_draft(by=physician, course=course, device=device, started=at(day, hour, 30))
    with override_settings(TIME_ZONE=zone):
        assert {table for table, _fault, _columns in found()} >= {"SessionFigures"}
        rebuild_figures(counted())
        assert found() == []
        wrong = [one.pk for one in Session.objects.all() if one.figures.day != day_of(one)]
        assert wrong == []


def day_of(session: Session) -> date:
    return timezone.localdate(session.started_at, timezone.get_default_timezone())


# --- The command and the verifier ----------------------------------------------------------------


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.django_db
def test_command_says_that_all_is_equal(logbook):
    code, said = checked()
    assert code == 0
    assert said.startswith("Every stored figure is what the record says")


@pytest.mark.django_db
def test_command_names_what_differs_and_a_rebuild_mends_it(logbook):
    sql("UPDATE logbook_sessionfigures SET age = 7")
    sql("UPDATE logbook_tally SET number = 9 WHERE site = ''")
    code, said = checked()
    first = logbook[0]
    assert code == 1
    assert f"session:{first.uid}: The stored figure differs from what the record says (SessionFigures: age)." in said
    assert "month:2026-01: The stored figure differs from what the record says (Tally: number)." in said
    assert said.splitlines()[-1] == "Stored figures that differ: 4. Write them anew with --rebuild."
    code, said = checked("--rebuild", "--json")
    assert (code, json.loads(said)["equal"], json.loads(said)["rebuilt"]) == (0, True, 32)
    assert found() == []
    assert Access.objects.filter(kind="figures_rebuilt").values_list("detail", flat=True).get() == "32 rows"


@pytest.mark.django_db
def test_command_as_json_says_which(logbook):
    sql("UPDATE logbook_coursefigures SET absent = 2")
    code, said = checked("--json")
    result = json.loads(said)
    course = logbook[0].course
    assert (code, result["equal"], result["differing"]) == (1, False, {"CourseFigures": 1})
    assert result["said"] == [
        {
            "table": "CourseFigures",
            "record": f"course:{course.uid}",
            "key": [str(course.pk)],
            "fault": "differs",
            "columns": ["absent"],
        }
    ]


@pytest.mark.django_db
def test_command_that_cannot_read_says_so(logbook):
    sql("ALTER TABLE logbook_tally RENAME TO elsewhere")
    code, said = checked()
    assert code == 2
    assert said.startswith("The figures could not be read")


@pytest.mark.django_db
def test_verification_names_a_figure_that_differs(logbook):
    sql("UPDATE logbook_tally SET number = 9 WHERE site = ''")
    result, findings = verify()
    assert result.state == "altered"
    of_figures = [(finding.kind, finding.record) for finding in findings if finding.kind == "figure"]
    assert of_figures == [("figure", "month:2026-01")]


@pytest.mark.django_db
def test_verification_counts_what_it_does_not_name(logbook, monkeypatch):
    monkeypatch.setattr(figures, "MOST_NAMED", 1)
    sql("DELETE FROM logbook_sessionfigures")
    said = [(kind, record) for kind, record, _words in figures.check_figures()]
    assert said == [("figure", f"session:{logbook[0].uid}"), ("figure", "database")]


# --- A logbook that is older than its figures ----------------------------------------------------


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_migration_fills_the_figures_of_an_older_logbook(logbook, physician):
    Chance(3, [physician]).go(25)
    executor = MigrationExecutor(connection)
    latest = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] == "logbook"]
    executor.migrate([("logbook", "0006_search_text")])
    assert sql("DELETE FROM logbook_tally") == 0
    MigrationExecutor(connection).migrate(latest)
    assert SessionFigures.objects.count() == Session.objects.count() > 3
    assert found() == []
