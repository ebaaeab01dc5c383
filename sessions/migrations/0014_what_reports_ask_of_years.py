"""Reports over years also ask where a session treated, what its record leaves out, and when a course had its last session."""

# ruff: noqa: S608 -- the statements are put together from the words of this file alone
from django.conf import settings
from django.db import migrations, models

import clinic.lib.fields

SIGNED = "s.record_status IN ('final', 'amended')"
PERFORMED = "s.status IN ('completed', 'stopped')"
FIGURES = ("current_ma", "voltage_v", "duration_min")
JOINED = {
    "postgresql": (
        "SELECT string_agg(a.site, ',' ORDER BY a.site COLLATE \"C\") FROM "
        "(SELECT DISTINCT site FROM logbook_application WHERE session_id = s.id) a"
    ),
    "sqlite": (
        "SELECT group_concat(a.site, ',') FROM "
        "(SELECT DISTINCT site FROM logbook_application WHERE session_id = s.id ORDER BY site) a"
    ),
}


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in statements(JOINED[schema_editor.connection.vendor]):
            cursor.execute(statement)


def statements(joined):
    """The statements as they were when this migration was written, whatever the program counts later."""
    phases = "logbook_phase h JOIN logbook_application a ON a.id = h.application_id WHERE a.session_id = s.id"
    results = "logbook_result r JOIN logbook_sample m ON m.id = r.sample_id WHERE m.session_id = s.id"
    gaps = {
        1: "s.ended_at IS NULL",
        2: "NOT EXISTS (SELECT 1 FROM logbook_application a WHERE a.session_id = s.id)",
        4: f"EXISTS (SELECT 1 FROM {phases} AND h.duration_min IS NULL)",
        8: "EXISTS (SELECT 1 FROM logbook_observation o WHERE o.session_id = s.id AND o.side = '' AND o.site <> '')",
        16: "EXISTS (SELECT 1 FROM logbook_adverseevent e WHERE e.session_id = s.id AND e.site = '')",
        32: f"EXISTS (SELECT 1 FROM {phases} AND h.retyped <> '[]')"
        " OR EXISTS (SELECT 1 FROM logbook_observation o WHERE o.session_id = s.id AND o.retyped <> '[]')"
        f" OR EXISTS (SELECT 1 FROM {results} AND r.retyped <> '[]')",
    }
    number = " + ".join(f"CASE WHEN {SIGNED} AND ({holds}) THEN {bit} ELSE 0 END" for bit, holds in gaps.items())
    yield f"""
        UPDATE logbook_sessionfigures SET (sites, absent, gaps) = (
            SELECT COALESCE(({joined}), ''), s.status = 'not-done' AND s.outcome_reason = 'absent', {number}
            FROM logbook_session s WHERE s.id = logbook_sessionfigures.session_id)
    """
    far = " UNION ".join(
        f"SELECT s.course_id FROM logbook_phase h JOIN logbook_application a ON a.id = h.application_id "
        f"JOIN logbook_session s ON s.id = a.session_id WHERE {SIGNED} AND {PERFORMED} AND h.{name} > 0 "
        f"GROUP BY s.course_id HAVING MAX(h.{name}) >= MIN(h.{name}) * 10"
        for name in FIGURES
    )
    yield f"""
        UPDATE logbook_coursefigures SET far_apart = course_id IN ({far}),
            indication = (SELECT c.indication FROM logbook_course c WHERE c.id = logbook_coursefigures.course_id)
    """
    yield """
        UPDATE logbook_outcome SET (physician_id, device_id) = (
            SELECT s.physician_id, s.device_id FROM logbook_session s
            WHERE s.id = COALESCE(logbook_outcome.last_session_id, logbook_outcome.first_session_id)
        ), day = (SELECT c.last_day FROM logbook_coursefigures c WHERE c.course_id = logbook_outcome.course_id)
    """


class Migration(migrations.Migration):
    dependencies = [
        ("logbook", "0013_what_a_receipt_says_of_its_reader"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="outcome", name="outcome_measure"),
        migrations.RemoveIndex(model_name="sessionfigures", name="session_figures_day"),
        migrations.AddField(
            model_name="coursefigures",
            name="far_apart",
            field=models.BooleanField(default=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="coursefigures",
            name="indication",
            field=clinic.lib.fields.Code(default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(model_name="outcome", name="day", field=models.DateField(null=True)),
        migrations.AddField(
            model_name="outcome",
            name="device",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="logbook.device"
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="physician",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                default=0,
                on_delete=models.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="sessionfigures",
            name="absent",
            field=models.BooleanField(default=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="sessionfigures",
            name="gaps",
            field=models.SmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="sessionfigures", name="sites", field=models.TextField(default=""), preserve_default=False
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(
                fields=["reply", "item", "screening"],
                condition=~models.Q(reply="no") & ~models.Q(reply="not-applicable") & ~models.Q(reply=""),
                name="answer_not_no",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                fields=["ended_date", "physician", "indication", "end_reason", "planned_sessions", "status"],
                condition=models.Q(("ended_date__isnull", False)),
                name="course_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="coursefigures", index=models.Index(fields=["last_day", "indication", "course"], name="course_figures_day")
        ),
        migrations.AddIndex(
            model_name="coursefigures",
            index=models.Index(
                condition=models.Q(("far_apart", True)), fields=["course"], name="course_figures_far_apart"
            ),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(
                fields=[
                    "day", "measure", "scale", "unit", "site", "side", "physician", "device", "first_value",
                    "last_value", "course", "indication",
                ],
                name="outcome_day",
            ),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(
                fields=[
                    "measure", "scale", "unit", "site", "side", "physician", "device", "first_value", "last_value",
                    "course", "indication", "day",
                ],
                name="outcome_measure_first",
            ),
        ),
        migrations.AddIndex(
            model_name="sessionfigures",
            index=models.Index(
                fields=[
                    "day", "session", "patient", "course", "physician", "operator", "device", "indication", "status",
                    "record_status", "late_record", "sex", "age", "events", "serious", "month", "sites", "gaps",
                ],
                name="session_figures_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="sessionfigures",
            index=models.Index(
                condition=models.Q(("absent", True)),
                fields=["day", "month", "physician", "indication", "record_status", "absent"],
                name="session_figures_absent",
            ),
        ),
    ]  # fmt: skip
