"""Reports also ask how many sessions, patients and adverse events a year had, and all time."""

# ruff: noqa: S608 -- the statements are put together from the words of this file alone
from django.db import migrations, models

import clinic.lib.fields

PART = {
    "postgresql": "CAST(date_part('{}', f.day) AS integer)",
    "sqlite": "CAST(substr(f.day, {}) AS integer)",
}
PLACES = {"year": "1, 4", "month": "6, 2"}
SEVERITIES = ("mild", "moderate", "severe")
OF_AN_EVENT = {
    "event": "''", "event-term": "e.term", "event-severity": "e.severity", "event-serious": "e.serious",
    "event-site": "e.site", "event-device": "CAST(o.device AS text)", "event-electrode": "e.under_electrode",
}  # fmt: skip


def fill(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    parts = {name: PART[vendor].format(name if vendor == "postgresql" else PLACES[name]) for name in PLACES}
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(statement(parts["year"], parts["month"]))


def statement(year, month):
    """The statement as it was when this migration was written, whatever the program counts later."""
    names = ", ".join(("events", *SEVERITIES))
    one = (
        f"SELECT f.session_id, f.patient_id, {year} AS year, {month} AS month, COALESCE(f.device_id, 0) AS device "
        "FROM logbook_sessionfigures f WHERE f.record_status IN ('final', 'amended') "
        "AND f.status IN ('completed', 'stopped') AND f.day IS NOT NULL"
    )
    of_it = "o.session_id, o.patient_id, o.year, o.month"
    severities = ", ".join(f"SUM(CASE WHEN e.severity = '{word}' THEN 1 ELSE 0 END)" for word in SEVERITIES)
    seen = " UNION ALL ".join(
        [
            f"SELECT {of_it}, 'performed' AS counted_by, '' AS which, 0 AS events, 0 AS mild, 0 AS moderate, 0 AS severe FROM one o",
            f"SELECT {of_it}, 'device', CAST(o.device AS text), 0, 0, 0, 0 FROM one o",
            f"SELECT {of_it}, 'site', a.site, 0, 0, 0, 0 FROM one o "
            "JOIN (SELECT DISTINCT session_id, site FROM logbook_application) a ON a.session_id = o.session_id",
            *(
                f"SELECT {of_it}, '{by}', {value}, COUNT(*), {severities} FROM one o "
                f"JOIN logbook_adverseevent e ON e.session_id = o.session_id GROUP BY 1, 2, 3, 4, 6"
                for by, value in OF_AN_EVENT.items()
            ),
        ]
    )
    whole = f"session_id, patient_id, counted_by, which, {names}"
    periods = (
        f"SELECT year, 0 AS month, {whole} FROM seen UNION ALL SELECT 0, 0, {whole} FROM seen "
        f"UNION ALL SELECT year, month, {whole} FROM seen WHERE counted_by = 'event-severity'"
    )
    sums = ", ".join(f"SUM({name})" for name in ("events", *SEVERITIES))
    return (
        f"INSERT INTO logbook_periodtally (year, month, counted_by, which, sessions, patients, {names}) "
        f"WITH one AS ({one}), seen AS ({seen}), periods AS ({periods}) "
        f"SELECT year, month, counted_by, which, COUNT(*), COUNT(DISTINCT patient_id), {sums} "
        "FROM periods GROUP BY year, month, counted_by, which"
    )


class Migration(migrations.Migration):
    dependencies = [("logbook", "0014_what_reports_ask_of_years")]

    operations = [
        migrations.CreateModel(
            name="PeriodTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField()),
                ("month", models.SmallIntegerField()),
                ("counted_by", clinic.lib.fields.Code(max_length=40)),
                ("which", clinic.lib.fields.Code(max_length=40)),
                ("sessions", models.IntegerField()),
                ("patients", models.IntegerField()),
                ("events", models.IntegerField()),
                ("mild", models.IntegerField()),
                ("moderate", models.IntegerField()),
                ("severe", models.IntegerField()),
            ],
            options={
                "verbose_name": "tally of a year",
                "verbose_name_plural": "tallies of years",
                "default_permissions": (),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("year", "month", "counted_by", "which"), name="period_tally_once")
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="course", name="course_status"),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(fields=["status", "physician", "indication", "previous"], name="course_alike"),
        ),
        migrations.AddIndex(
            model_name="sessionfigures",
            index=models.Index(
                fields=["day", "session"], condition=models.Q(("serious__gt", 0)), name="session_figures_serious"
            ),
        ),
        migrations.AddIndex(
            model_name="coursefigures",
            index=models.Index(fields=["course", "performed", "last_phase", "last_day"], name="course_figures_whole"),
        ),
    ]
