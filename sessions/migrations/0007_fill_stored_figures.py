"""Fill the stored figures of a logbook that is older than they are: the database counts, nothing is read row by row.

The statements stand here once more, as they were when this migration was written, whatever the program counts later.
"""

# ruff: noqa: S608 -- the statements are put together from the words of this file alone
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import migrations

SIGNED = "s.record_status IN ('final', 'amended')"
PERFORMED = "CASE WHEN s.status IN ('completed', 'stopped') THEN 1 ELSE 0 END"
TABLES = ("logbook_sessionfigures", "logbook_tally", "logbook_coursefigures", "logbook_outcome")
DIALECT = {
    "postgresql": {
        "day": "CAST((s.started_at AT TIME ZONE 'UTC') + z.seconds * interval '1 second' AS date)",
        "month": "CAST(date_trunc('month', s.day) AS date)",
        "years": "CAST(date_part('year', age(s.day, p.birth_date)) AS integer)",
        "figure": "COALESCE(CAST(trim_scale({}) AS text), '')",
    },
    "sqlite": {
        "day": "date(substr(s.started_at, 1, 19), z.seconds || ' seconds')",
        "month": "date(s.day, 'start of month')",
        "years": "strftime('%%Y', s.day) - strftime('%%Y', p.birth_date)"
        " - (strftime('%%m-%%d', s.day) < strftime('%%m-%%d', p.birth_date))",
        "figure": "COALESCE(CAST({} AS text), '')",
    },
}


def fill(apps, schema_editor):
    database = schema_editor.connection
    with database.cursor() as cursor:
        cursor.execute("SELECT MIN(started_at), MAX(started_at) FROM logbook_session")
        shifts = [value for row in shifts_between(*map(moment, cursor.fetchone())) for value in row]
        adapted = [
            database.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value for value in shifts
        ]
        for statement in statements(DIALECT[database.vendor], len(shifts) // 3):
            cursor.execute(statement, adapted)


def empty(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")


def moment(stored):
    """As the driver gives it: text on SQLite."""
    found = datetime.fromisoformat(stored) if isinstance(stored, str) else stored or datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def shifts_between(first, last):
    """By how many seconds the clinic's clock is ahead of UTC, from when and until when, to the hour's quarter."""
    zone, step = ZoneInfo(settings.TIME_ZONE), timedelta(minutes=15)
    begin = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begins, ahead = datetime(1, 1, 2, tzinfo=UTC), seconds(zone, begin)
    while begin <= last:
        following = begin + timedelta(days=1)
        if seconds(zone, following) != ahead:
            while seconds(zone, begin) == ahead:
                begin += step
            yield begins, begin, ahead
            begins, ahead = begin, seconds(zone, begin)
        begin = following
    yield begins, datetime(9999, 12, 30, tzinfo=UTC), ahead


def seconds(zone, when):
    return int(when.astimezone(zone).utcoffset().total_seconds())


def statements(dialect, shifts):
    dated = (
        f"WITH shifts (begins, ends, seconds) AS (VALUES {', '.join(['(%s, %s, %s)'] * shifts)}), "
        f"dated AS (SELECT s.*, {dialect['day']} AS day FROM logbook_session s "
        "LEFT JOIN shifts z ON s.started_at >= z.begins AND s.started_at < z.ends)"
    )
    yield f"""
        INSERT INTO logbook_sessionfigures (session_id, started_at, day, month, patient_id, course_id, physician_id,
            operator_id, device_id, indication, status, record_status, late_record, sex, age, events, serious)
        {dated}
        SELECT s.id, s.started_at, s.day, {dialect["month"]}, s.patient_id, s.course_id, s.physician_id, s.operator_id,
            s.device_id, c.indication, s.status, s.record_status, s.late_record, p.sex,
            CASE WHEN s.day >= p.birth_date THEN {dialect["years"]} END, COALESCE(e.events, 0), COALESCE(e.serious, 0)
        FROM dated s JOIN logbook_course c ON c.id = s.course_id JOIN logbook_patient p ON p.id = s.patient_id
        LEFT JOIN (SELECT session_id, COUNT(*) AS events, SUM(CASE WHEN serious = 'yes' THEN 1 ELSE 0 END) AS serious
            FROM logbook_adverseevent GROUP BY session_id) e ON e.session_id = s.id
    """
    key = f"{dialect['month']}, s.physician_id, c.indication, COALESCE(s.device_id, 0), s.status, s.late_record"
    yield f"""
        INSERT INTO logbook_tally (site, month, physician_id, indication, device, status, late_record, number)
        {dated}
        SELECT '', {key}, COUNT(*) FROM dated s JOIN logbook_course c ON c.id = s.course_id WHERE {SIGNED} GROUP BY {key}
        UNION ALL
        SELECT a.site, {key}, COUNT(*) FROM dated s JOIN logbook_course c ON c.id = s.course_id
        JOIN (SELECT DISTINCT session_id, site FROM logbook_application) a ON a.session_id = s.id
        WHERE {SIGNED} GROUP BY a.site, {key}
    """
    absent = "s.status = 'not-done' AND s.outcome_reason = 'absent'"
    yield f"""
        INSERT INTO logbook_coursefigures (course_id, performed, not_done, absent, first_day, last_day, last_phase)
        {dated}
        SELECT course_id, SUM(performed), SUM(not_done), SUM(absent), MIN(CASE WHEN performed = 1 THEN day END),
            MAX(CASE WHEN performed = 1 THEN day END),
            COALESCE(MAX(CASE WHEN performed = 1 AND place = 1 THEN course_phase END), '')
        FROM (
            SELECT s.course_id, s.day, s.course_phase, {PERFORMED} AS performed,
                CASE WHEN s.status = 'not-done' THEN 1 ELSE 0 END AS not_done,
                CASE WHEN {absent} THEN 1 ELSE 0 END AS absent,
                ROW_NUMBER() OVER (PARTITION BY s.course_id, {PERFORMED} ORDER BY s.started_at DESC, s.id DESC) AS place
            FROM dated s WHERE {SIGNED}
        ) each_one GROUP BY course_id
    """
    figures = [dialect["figure"].format(f"o.{name}") for name in ("scale_maximum", "collection_minutes")]
    scale = " || '|' || ".join(["o.scale_version", "o.scale_name", *figures])
    same = "course_id, measure, scale, unit, site, side"
    moments = "CASE o.moment WHEN 'before' THEN 0 WHEN 'during' THEN 1 ELSE 2 END"
    yield f"""
        INSERT INTO logbook_outcome ({same}, patient_id, indication, number, first_value, first_day, first_session_id,
            last_value, last_day, last_session_id)
        {dated}
        SELECT {same}, patient_id, indication, COUNT(*), MAX(CASE WHEN up = 1 THEN value END),
            MAX(CASE WHEN up = 1 THEN day END), MAX(CASE WHEN up = 1 THEN session_id END),
            MAX(CASE WHEN down = 1 AND up > 1 THEN value END), MAX(CASE WHEN down = 1 AND up > 1 THEN day END),
            MAX(CASE WHEN down = 1 AND up > 1 THEN session_id END)
        FROM (
            SELECT each_one.*,
                ROW_NUMBER() OVER (PARTITION BY {same} ORDER BY started_at, session_id, moment, number) AS up,
                ROW_NUMBER() OVER (PARTITION BY {same}
                    ORDER BY started_at DESC, session_id DESC, moment DESC, number DESC) AS down
            FROM (
                SELECT s.course_id, s.patient_id, c.indication, s.id AS session_id, s.started_at, s.day, o.measure,
                    o.unit, o.site, o.side, o.value, o.number, {moments} AS moment, {scale} AS scale
                FROM dated s JOIN logbook_course c ON c.id = s.course_id
                JOIN logbook_observation o ON o.session_id = s.id WHERE {SIGNED}
            ) each_one
        ) placed GROUP BY {same}, patient_id, indication
    """


class Migration(migrations.Migration):
    dependencies = [("logbook", "0006_search_text")]

    operations = [migrations.RunPython(fill, empty)]
