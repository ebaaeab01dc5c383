"""Reports also ask how many courses and outcomes of a year, and of all time, are alike."""

# ruff: noqa: S608 -- the statements are put together from the words of this file alone
from django.db import migrations, models

import clinic.lib.fields

YEAR = {"postgresql": "CAST(date_part('year', {}) AS integer)", "sqlite": "CAST(substr({}, 1, 4) AS integer)"}
PERFORMED = "f.record_status IN ('final', 'amended') AND f.status IN ('completed', 'stopped')"


def fill(apps, schema_editor):
    """The statements as they were when this migration was written, whatever the program counts later."""
    year = YEAR[schema_editor.connection.vendor].format
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(of_courses(year))
        cursor.execute(of_outcomes(year))


def of_courses(year):
    phase = "c.status || '|' || COALESCE(g.last_phase, '') || '|' || CASE WHEN c.previous_id IS NULL THEN 'first' ELSE '' END"
    of_open = f"'open' AS counted_by, c.physician_id AS physician, c.indication, {phase} AS which"
    years = f"SELECT DISTINCT f.course_id, {year('f.day')} AS year FROM logbook_sessionfigures f WHERE {PERFORMED} AND f.day IS NOT NULL"
    with_figures = "FROM logbook_course c LEFT JOIN logbook_coursefigures g ON g.course_id = c.id"
    is_open = "WHERE c.status IN ('active', 'on-hold')"
    dropped = (
        "c.planned_sessions > 0 AND c.planned_sessions > COALESCE(g.performed, 0) AND c.end_reason <> 'goal-reached'"
    )
    reason = (
        "c.end_reason || '|' || CASE WHEN c.planned_sessions > 0 THEN 'planned' ELSE '' END || '|' || "
        f"CASE WHEN {dropped} THEN 'dropped' ELSE '' END"
    )
    ended = f"'ended', c.physician_id, c.indication, {reason} {with_figures} WHERE c.ended_date IS NOT NULL AND c.status <> 'entered-in-error'"
    seen = "'seen', 0, g.indication, '' FROM logbook_coursefigures g WHERE g.last_day IS NOT NULL"
    parts = [
        f"SELECT 0 AS year, {of_open} {with_figures} {is_open}",
        f"SELECT y.year, {of_open} {with_figures} JOIN ({years}) y ON y.course_id = c.id {is_open}",
        f"SELECT 0, {ended}",
        f"SELECT {year('c.ended_date')}, {ended}",
        f"SELECT 0, {seen}",
        f"SELECT {year('g.last_day')}, {seen}",
    ]
    for by, names, which in (
        ("measure", "measure", "measure"), ("measure-unit", "measure, unit", "measure || '|' || unit"),
    ):  # fmt: skip
        measured = f"(SELECT DISTINCT course_id, day, indication, {names} FROM logbook_outcome WHERE day IS NOT NULL) o"
        parts += [f"SELECT {of}, '{by}', 0, indication, {which} FROM {measured}" for of in ("0", year("day"))]
    key = "year, counted_by, physician, indication, which"
    return f"INSERT INTO logbook_coursetally ({key}, number) SELECT {key}, COUNT(*) FROM ({' UNION ALL '.join(parts)}) counted GROUP BY {key}"


def of_outcomes(year):
    outcomes = (
        f"SELECT {year('day')} AS year, measure, unit, scale, site || '|' || side AS place, "
        "CAST(physician_id AS text) AS physician, CAST(COALESCE(device_id, 0) AS text) AS device, first_value, "
        "COALESCE(last_value, 0) AS last_value, last_value IS NOT NULL AS has_last, CASE WHEN last_value IS NULL THEN 'missing' "
        "WHEN last_value < first_value THEN 'fell' WHEN last_value > first_value THEN 'rose' ELSE 'same' END AS direction "
        "FROM logbook_outcome WHERE day IS NOT NULL"
    )
    years = [
        f"SELECT year, '{by}' AS counted_by, measure, unit, scale, {by} AS which, first_value, last_value, has_last, "
        f"COUNT(*) AS number FROM o GROUP BY year, measure, unit, scale, {by}, first_value, last_value, has_last"
        for by in ("place", "physician", "device")
    ]
    years.append(
        "SELECT year, 'direction', measure, unit, scale, direction, 0, 0, TRUE, COUNT(*) FROM o "
        "GROUP BY year, measure, unit, scale, direction"
    )
    rest = "counted_by, measure, unit, scale, which, first_value, last_value, has_last"
    return (
        f"INSERT INTO logbook_outcometally (year, {rest}, number) "
        f"WITH o AS ({outcomes}), years AS ({' UNION ALL '.join(years)}) SELECT year, {rest}, number FROM years "
        f"UNION ALL SELECT 0, {rest}, SUM(number) FROM years GROUP BY {rest}"
    )


class Migration(migrations.Migration):
    dependencies = [("logbook", "0015_tallies_of_years")]

    operations = [
        migrations.CreateModel(
            name="CourseTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField()),
                ("counted_by", clinic.lib.fields.Code(max_length=40)),
                ("physician", models.BigIntegerField()),
                ("indication", clinic.lib.fields.Code(max_length=40)),
                ("which", models.CharField(max_length=120)),
                ("number", models.IntegerField()),
            ],
            options={
                "verbose_name": "tally of courses",
                "verbose_name_plural": "tallies of courses",
                "default_permissions": (),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("year", "counted_by", "physician", "indication", "which"), name="course_tally_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutcomeTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField()),
                ("counted_by", clinic.lib.fields.Code(max_length=40)),
                ("measure", clinic.lib.fields.Code(max_length=40)),
                ("unit", clinic.lib.fields.Code(max_length=40)),
                ("scale", models.CharField(max_length=200)),
                ("which", models.CharField(max_length=120)),
                ("first_value", models.DecimalField(decimal_places=4, max_digits=10)),
                ("last_value", models.DecimalField(decimal_places=4, max_digits=10)),
                ("has_last", models.BooleanField()),
                ("number", models.IntegerField()),
            ],
            options={
                "verbose_name": "tally of outcomes",
                "verbose_name_plural": "tallies of outcomes",
                "default_permissions": (),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "year", "counted_by", "measure", "unit", "scale", "which", "first_value", "last_value", "has_last",
                        ),
                        name="outcome_tally_once",
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="coursefigures", name="course_figures_day"),
        migrations.AddIndex(
            model_name="coursefigures",
            index=models.Index(fields=["last_day", "first_day", "course", "indication"], name="course_figures_days"),
        ),
        migrations.RemoveIndex(model_name="sessionfigures", name="session_figures_drafts"),
        migrations.AddIndex(
            model_name="sessionfigures",
            index=models.Index(
                fields=[
                    "day", "session", "month", "physician", "indication", "device", "status", "record_status",
                    "late_record", "sites",
                ],
                condition=models.Q(("record_status", "preliminary")),
                name="session_figures_unsigned",
            ),
        ),
    ]  # fmt: skip
