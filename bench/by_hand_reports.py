"""The best SQL by hand for the reports that are asked for now and then: their numbers, and the rows that a page shows.

Of what the report counts one by one, the stored figures are taken wherever they say the same. Text by which much is
grouped is put together into one column first: both engines sort by one quicker than by ten.
"""

from django.db import connection

from bench.by_hand import COUNTED, DAYS, MONTHS

SHOWN = 200  # rows on a page
MEASURE = "HDSS"  # the first one, which the report shows unless another is chosen
PERSON = "p.uid, p.family_name, p.given_names, p.record_number"
NEWEST = "f.day DESC, f.started_at DESC, f.session_id DESC"


def active_courses(days: str, within: str) -> list[str]:
    """Alike ones with their number, and the page of them, whose last session is the newest."""
    open_ = "c.status IN ('active', 'on-hold')"
    # Where the first or the last session lies in the period, no other one need be looked at.
    treated = (
        f" AND g.first_day <= %(last)s AND g.last_day >= %(first)s AND (g.first_day >= %(first)s OR g.last_day <= %(last)s "
        f"OR EXISTS (SELECT 1 FROM logbook_session s JOIN logbook_sessionfigures f ON f.session_id = s.id WHERE s.course_id = g.course_id AND {COUNTED} AND {days}))"
    )
    # Along the days of the last sessions, the newest first: the page is full before many are read. Those without any come last.
    walk = (
        f"SELECT g.course_id AS id, g.last_day, g.last_phase, g.performed FROM logbook_coursefigures g WHERE g.last_day IS NOT NULL{treated if within else ''} "
        f"AND EXISTS (SELECT 1 FROM logbook_course c WHERE c.id = g.course_id AND {open_}) ORDER BY g.last_day DESC, g.course_id DESC LIMIT {SHOWN}"
    )
    rest = (
        "SELECT c.id, g.last_day, g.last_phase, g.performed FROM logbook_course c LEFT JOIN logbook_coursefigures g ON g.course_id = c.id "
        f"WHERE (SELECT COUNT(*) FROM walk) < {SHOWN} AND g.last_day IS NULL AND {open_} ORDER BY c.id DESC LIMIT {SHOWN}"
    )
    page = f"WITH walk AS MATERIALIZED ({walk}) SELECT * FROM walk"
    if not within:
        page += f" UNION ALL SELECT * FROM ({rest}) rest ORDER BY 2 DESC NULLS LAST, 1 DESC LIMIT {SHOWN}"
    year = "%(year)s" if within else "0"
    return [
        f"SELECT physician, indication, which, number FROM logbook_coursetally WHERE year = {year} AND counted_by = 'open'",
        (
            f"SELECT c.uid AS key, {PERSON}, c.indication, x.last_phase, c.opened_date, x.last_day, x.performed, c.planned_sessions, u.full_name, t.site "
            f"FROM ({page}) x JOIN logbook_course c ON c.id = x.id JOIN logbook_patient p ON p.id = c.patient_id "
            "JOIN accounts_user u ON u.id = c.physician_id LEFT JOIN logbook_coursesite t ON t.course_id = c.id "
            "ORDER BY x.last_day DESC NULLS LAST, c.id DESC, t.id"
        ),
    ]


def of_the_page(shown: str, days: str) -> str:
    """What is shown, from the day of the last one on a page on: those before it are not sorted.

    With a day at the other end as well SQLite takes the index.
    """
    last = f"SELECT f.day FROM logbook_sessionfigures f WHERE f.day IS NOT NULL AND {shown} AND {days} ORDER BY f.day DESC LIMIT 1 OFFSET {SHOWN - 1}"
    return f"{shown} AND {days} AND f.day >= COALESCE(({last}), '0001-01-01') AND f.day <= (SELECT MAX(day) FROM logbook_sessionfigures)"


def screening(days: str, within: str) -> list[str]:
    """The answers with their decisions and the page of positives from one reading; the late records from the tally."""
    answered = "s.answered_at >= %(since)s AND s.answered_at < %(until)s" if within else "s.answered_at IS NOT NULL"
    signed = "f.record_status IN ('final', 'amended')"
    late = f"SELECT SUM(number) FROM logbook_tally WHERE site = '' AND late_record{' AND ' + within if within else ''}"
    return [
        f"""WITH wrong AS MATERIALIZED (
            SELECT session_id FROM logbook_sessionfigures WHERE session_id > 0 AND record_status = 'entered-in-error'
        ), found AS MATERIALIZED (
            SELECT a.id, a.item, a.reply, s.patient_id, s.answered_at
            FROM logbook_answer a JOIN logbook_screening s ON s.id = a.screening_id LEFT JOIN wrong ON wrong.session_id = s.session_id
            WHERE NOT (a.reply = 'no') AND NOT (a.reply = 'not-applicable') AND NOT (a.reply = '') AND {answered} AND wrong.session_id IS NULL
        ), people AS MATERIALIZED (
            SELECT item, reply, patient_id, COUNT(*) AS number FROM found GROUP BY 1, 2, 3
        ), decided AS MATERIALIZED (
            SELECT found.id, found.item, d.word, d.reason, d.physician_id FROM logbook_decision d JOIN found ON found.id = d.answer_id
            WHERE found.reply = 'yes' AND NOT EXISTS (SELECT 1 FROM logbook_decision z
                WHERE z.answer_id = d.answer_id AND (z.decided_date, z.id) > (d.decided_date, d.id))
        ), page AS (SELECT * FROM found WHERE reply = 'yes' ORDER BY answered_at DESC, id DESC LIMIT {SHOWN})
        SELECT 'row' AS what, page.item, page.answered_at, page.id AS number, p.id AS patients, p.uid AS key, p.family_name, p.given_names,
            p.record_number, a.detail, decided.word, decided.reason, u.full_name
        FROM page JOIN logbook_answer a ON a.id = page.id JOIN logbook_patient p ON p.id = page.patient_id LEFT JOIN decided ON decided.id = page.id
            LEFT JOIN accounts_user u ON u.id = decided.physician_id
        UNION ALL SELECT reply, item, NULL, SUM(number), COUNT(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM people GROUP BY 1, 2
        UNION ALL SELECT 'people', '', NULL, 0, COUNT(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
            FROM (SELECT DISTINCT patient_id FROM people WHERE reply = 'yes') those
        UNION ALL SELECT 'decision', item, NULL, COUNT(*), 0, NULL, NULL, NULL, NULL, NULL, word, NULL, NULL FROM decided GROUP BY item, word
        ORDER BY 1, 3 DESC, 4 DESC""",
        (f"SELECT ({late}) AS late, s.uid AS key, s.started_at, {PERSON}, x.indication, s.number, s.late_reason, s.incident_note, u.full_name "
        f"FROM (SELECT * FROM logbook_sessionfigures f WHERE {of_the_page('f.late_record AND ' + signed, days)} ORDER BY {NEWEST} LIMIT {SHOWN}) x "
        "JOIN logbook_session s ON s.id = x.session_id JOIN logbook_patient p ON p.id = x.patient_id "
        "JOIN accounts_user u ON u.id = x.physician_id ORDER BY x.day DESC, x.started_at DESC, x.session_id DESC"),
    ]  # fmt: skip


def substances(days: str, within: str) -> list[str]:
    """Each batch once for each session, then for each patient, so that nothing is counted by sorting; and the newest."""
    given = "(a.substance <> '' OR a.substance_batch <> '')"
    batch = "a.substance || ';' || a.product || ';' || a.substance_batch || ';' || COALESCE(CAST(a.substance_expiry_date AS text), '')"
    begin, figures = (
        "",
        f"(SELECT f.session_id, f.patient_id, f.day FROM logbook_sessionfigures f WHERE {COUNTED} AND {days})",
    )
    if (
        within and connection.vendor == "sqlite"
    ):  # the applications lie on the disk by their sessions, not by their days
        begin, figures = f"WITH chosen AS MATERIALIZED (SELECT * FROM {figures} ORDER BY session_id) ", "chosen"
    sessions = (
        f"SELECT {batch} AS batch, f.session_id, f.patient_id, f.day, COUNT(*) AS number FROM {figures} f "
        f"JOIN logbook_application a ON a.session_id = f.session_id WHERE {given} GROUP BY 1, 2, 3, 4"
    )
    people = f"SELECT batch, patient_id, SUM(number) AS number, COUNT(*) AS sessions, MIN(day) AS first, MAX(day) AS last FROM ({sessions}) x GROUP BY 1, 2"
    beside = "logbook_sessionfigures f JOIN logbook_application a ON a.session_id = f.session_id"
    last = f"SELECT f.day FROM {beside} WHERE {given} AND {COUNTED} AND {days} ORDER BY f.day DESC LIMIT 1 OFFSET {SHOWN - 1}"
    page = (
        f"SELECT a.id, f.session_id, f.patient_id, f.physician_id, f.day, f.started_at FROM {beside} WHERE {given} AND {COUNTED} AND {days} "
        f"AND f.day >= COALESCE(({last}), '0001-01-01') AND f.day <= (SELECT MAX(day) FROM logbook_sessionfigures) ORDER BY {NEWEST}, a.number, a.id LIMIT {SHOWN}"
    )
    return [
        f"{begin}SELECT batch, SUM(number) AS applications, SUM(sessions) AS sessions, COUNT(*) AS patients, MIN(first) AS first, MAX(last) AS last FROM ({people}) x GROUP BY 1",
        (
            f"SELECT s.uid AS key, s.started_at, {PERSON}, a.substance, a.substance_batch, a.substance_expiry_date, a.site, a.side, u.full_name "
            f"FROM ({page}) x JOIN logbook_application a ON a.id = x.id JOIN logbook_session s ON s.id = x.session_id "
            "JOIN logbook_patient p ON p.id = x.patient_id JOIN accounts_user u ON u.id = x.physician_id "
            "ORDER BY x.day DESC, x.started_at DESC, x.session_id DESC, a.number, a.id"
        ),
    ]


def course_curves(days: str, within: str) -> list[str]:
    """Each value with how often it is there, by place and by the number of the session in its course."""
    words = "o.scale_version || ';' || o.scale_name || ';' || COALESCE(CAST(o.scale_maximum AS text), '') || ';' || o.unit || ';' || COALESCE(CAST(o.collection_minutes AS text), '')"
    place = f"{words} || ';' || o.moment || ';' || o.site || ';' || o.side || ';' || s.number"
    # A period is found among the figures; of all time the session itself says enough.
    counted = (
        f"WHERE s.id IN (SELECT f.session_id FROM logbook_sessionfigures f WHERE {COUNTED} AND {days})"
        if within
        else f"WHERE {COUNTED.replace('f.', 's.')}"
    )
    return [
        (
            f"SELECT {place} AS place, o.value, COUNT(*) AS number FROM logbook_observation o JOIN logbook_session s ON s.id = o.session_id "
            f"{counted} AND o.measure = '{MEASURE}' GROUP BY 1, 2"
        )
    ]


def devices(days: str, within: str) -> list[str]:
    """The use of each; each with its log; the incidents, which are few, from their own side."""
    until = "%(last)s" if within else "CURRENT_DATE"
    people = f"SELECT f.device_id, f.patient_id, COUNT(*) AS number, MAX(f.day) AS last FROM logbook_sessionfigures f WHERE {COUNTED} AND {days} GROUP BY 1, 2"
    used = f"SELECT device_id, SUM(number) AS sessions, COUNT(*) AS patients, MAX(last) AS last FROM ({people}) x GROUP BY 1"
    if connection.vendor == "sqlite":  # counts different ones as it goes; PostgreSQL would sort all of them
        used = f"SELECT f.device_id, COUNT(*) AS sessions, COUNT(DISTINCT f.patient_id) AS patients, MAX(f.day) AS last FROM logbook_sessionfigures f WHERE {COUNTED} AND {days} GROUP BY 1"
    return [
        used,
        (
            f"SELECT s.uid AS key, s.started_at, {PERSON}, f.device_id, e.term, e.term_note, e.severity, e.incident_report "
            "FROM logbook_adverseevent e JOIN logbook_sessionfigures f ON f.session_id = e.session_id JOIN logbook_session s ON s.id = e.session_id "
            f"JOIN logbook_patient p ON p.id = s.patient_id WHERE e.device_incident = 'yes' AND {COUNTED} AND {days} ORDER BY s.started_at DESC, e.id DESC"
        ),
        (
            "SELECT d.id, d.maker, d.model, d.serial_number, d.in_service_date, d.out_of_service_date, e.* FROM logbook_device d "
            f"LEFT JOIN logbook_deviceentry e ON e.device_id = d.id AND NOT e.in_error AND e.happened_date <= {until} "
            "ORDER BY d.maker, d.model, d.serial_number, d.id, e.happened_date, e.id"
        ),
    ]


def diagnostic(days: str, within: str) -> list[str]:
    """Each sample with its results, the last of which stands, and the moment of the first test alike; the page of the oldest."""
    tested = "logbook_sessionfigures f JOIN logbook_sample m ON m.session_id = f.session_id"
    extraction = f"{COUNTED} AND f.indication = 'extraction'"
    # A repeat is one of any earlier test: those of the same people are read beyond the period.
    same = f" AND s.patient_id IN (SELECT f.patient_id FROM {tested} WHERE {extraction} AND {days})" if within else ""
    results = "LEFT JOIN logbook_result r ON r.sample_id = m.id AND NOT r.in_error"
    return [
        ("SELECT m.*, r.sufficiency AS said, r.reported_at FROM (SELECT m.id, f.day, f.patient_id, f.started_at, s.extraction_mode, s.analyte, "
        "m.laboratory, m.sufficiency, m.collected_from, m.collected_until, "
        "MIN(f.started_at) OVER (PARTITION BY f.patient_id, s.extraction_mode, LOWER(s.analyte)) AS first "
        f"FROM {tested} JOIN logbook_session s ON s.id = f.session_id WHERE {extraction}{same}) m {results} WHERE {days.replace('f.', 'm.')}"),
        (f"SELECT s.uid AS key, m.sample_id, {PERSON}, m.sufficiency, r.sufficiency AS said, r.comparator, r.result_value, r.result_unit, r.reported_at "
        f"FROM (SELECT m.id, f.started_at FROM {tested} WHERE {extraction} AND {days} ORDER BY f.started_at, f.session_id, m.number, m.id LIMIT {SHOWN}) x "
        "JOIN logbook_sample m ON m.id = x.id JOIN logbook_session s ON s.id = m.session_id JOIN logbook_patient p ON p.id = s.patient_id "
        f"{results} ORDER BY x.started_at, m.session_id, m.number, m.id, r.id"),
    ]  # fmt: skip


def data_quality(days: str, within: str) -> list[str]:
    """All sessions; of those that show something the ones alike, with their number; figures ten times another one; the page of the newest."""
    shows = "(f.record_status <> 'final' OR f.late_record OR f.status IN ('completed', 'stopped') AND (f.gaps > 0 OR f.device_id IS NULL OR f.operator_id IS NULL))"
    marks = ("f.late_record", "f.device_id IS NULL", "f.operator_id IS NULL")
    alike = " || ';' || ".join(
        ["f.record_status", "f.status", *(f"CASE WHEN {mark} THEN '1' ELSE '' END" for mark in marks), "f.gaps"]
    )
    compared = ("current_ma", "voltage_v", "duration_min")
    bounds = ", ".join(f"MIN(CASE WHEN h.{name} > 0 THEN h.{name} END) AS {name}" for name in compared)
    larger = " OR ".join(f"h.{name} >= 10 * low.{name}" for name in compared)
    phases = f"logbook_application a ON a.session_id = f.session_id JOIN logbook_phase h ON h.application_id = a.id WHERE {COUNTED}"
    of_course = "logbook_coursefigures g JOIN logbook_session s ON s.course_id = g.course_id JOIN logbook_sessionfigures f ON f.session_id = s.id"
    dated = f"SELECT f.session_id, f.day, f.started_at FROM logbook_sessionfigures f WHERE {of_the_page(shows, days)} ORDER BY {NEWEST} LIMIT {SHOWN}"
    undated = f"SELECT f.session_id, f.day, f.started_at FROM logbook_sessionfigures f WHERE f.day IS NULL AND {shows} ORDER BY f.session_id DESC LIMIT {SHOWN}"
    page = dated if within else f"SELECT * FROM ({dated}) x UNION ALL SELECT * FROM ({undated}) y LIMIT {SHOWN}"
    return [
        (f"SELECT {alike} AS alike, COUNT(*) AS number FROM logbook_sessionfigures f WHERE {shows} AND {days} GROUP BY 1 "
        f"UNION ALL SELECT '', COUNT(*) FROM logbook_sessionfigures f WHERE {days}"),
        (f"SELECT f.session_id, h.current_ma >= 10 * low.current_ma, h.voltage_v >= 10 * low.voltage_v, h.duration_min >= 10 * low.duration_min "
        f"FROM (SELECT g.course_id, {bounds} FROM {of_course} JOIN {phases} AND g.far_apart GROUP BY 1) low "
        f"JOIN logbook_session s ON s.course_id = low.course_id JOIN logbook_sessionfigures f ON f.session_id = s.id JOIN {phases} AND {days} AND ({larger})"),
        (f"SELECT s.uid AS key, s.started_at, {PERSON}, c.indication, s.number, u.full_name FROM ({page}) x JOIN logbook_session s ON s.id = x.session_id "
        "JOIN logbook_patient p ON p.id = s.patient_id JOIN logbook_course c ON c.id = s.course_id JOIN accounts_user u ON u.id = s.physician_id "
        "ORDER BY x.day DESC NULLS LAST, x.started_at DESC, x.session_id DESC"),
    ]  # fmt: skip


def unsigned(days: str, within: str) -> list[str]:
    """Every draft, the one that waits longest first."""
    return [
        (
            f"SELECT s.uid AS key, s.started_at, {PERSON}, f.indication, s.number, u.full_name FROM logbook_sessionfigures f "
            "JOIN logbook_session s ON s.id = f.session_id JOIN logbook_patient p ON p.id = f.patient_id JOIN accounts_user u ON u.id = f.physician_id "
            f"WHERE f.record_status = 'preliminary' AND {days} ORDER BY f.started_at NULLS FIRST, f.session_id"
        )
    ]


REPORTS = {
    "active-courses": active_courses,
    "screening": screening,
    "substances": substances,
    "course-curves": course_curves,
    "devices": devices,
    "diagnostic": diagnostic,
    "data-quality": data_quality,
    "unsigned": unsigned,
}
# By whether it is one year.
STATEMENTS = {code: {True: written(DAYS, MONTHS), False: written("1 = 1", "")} for code, written in REPORTS.items()}
