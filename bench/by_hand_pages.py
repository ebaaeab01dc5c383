"""The best SQL by hand for pages: the list of sessions, in any order and from any place; one patient; one person's acts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from clinic.audit.stored import history_of, recorded_models
from sessions.reports.session_order import binary, order_of

Statement = tuple[str, Any]
PAGE, COUNTED, ACTS, LATEST = 50, 1000, 50, 20
CELLS = (
    "s.uid AS key, s.started_at, p.family_name, p.given_names, p.record_number, f.indication, s.number, s.status, "
    "s.late_record, s.record_status, u.full_name, d.maker, d.model, d.serial_number, "
)
SITES = {
    "sqlite": "(SELECT group_concat(site) FROM (SELECT site FROM logbook_application WHERE session_id = s.id ORDER BY number, id)) AS sites",
    "postgresql": "(SELECT string_agg(site, ',' ORDER BY number, id) FROM logbook_application WHERE session_id = s.id) AS sites",
}
STANDING = "s.record_status <> 'entered-in-error'"
# By column: the tables as they are gone through, and the keys along which they are read.
ALONG = {
    "patient": ("logbook_searchtext t CROSS JOIN logbook_session s", ("t.name", "t.patient_id", "s.id"), "s.patient_id = t.patient_id"),
    "record_number": ("logbook_patient p CROSS JOIN logbook_session s", ("p.record_number", "s.id"), "s.patient_id = p.id"),
    "number": ("logbook_session s", ("s.number", "s.id"), "1 = 1"),
    "started_at": ("logbook_session s", ("s.started_at", "s.id"), "s.started_at IS NOT NULL"),
}  # fmt: skip
WORDS = {
    "indication": "indication", "sites": "site", "status": "status", "record_status": "record_status",
    "physician": "physician_id", "device": "device_id",
}  # fmt: skip


def list_page(sort: str, after: UUID | None = None) -> list[Statement]:
    """One page with its sites, and how many there are as far as that is counted; before it, where the session `after` stands."""
    column, down = sort.removeprefix("-"), sort.startswith("-")
    place, values = _place(column, after) if after else ([], ())
    parts = _words(column, down, values) if column in WORDS else _along(column, down, values)
    keys = " UNION ALL ".join(f"SELECT * FROM ({part}) part{number}" for number, (part, _said) in enumerate(parts))
    counted = f"SELECT COUNT(*) FROM (SELECT 1 FROM logbook_sessionfigures s WHERE {STANDING} LIMIT {COUNTED + 1}) x"
    page = f"""SELECT {CELLS}{SITES[connection.vendor]}, ({counted}) AS counted
        FROM (SELECT ROW_NUMBER() OVER () AS place, id FROM (SELECT * FROM ({keys}) keys LIMIT {PAGE + 1}) keys) k
        JOIN logbook_session s ON s.id = k.id JOIN logbook_sessionfigures f ON f.session_id = s.id JOIN logbook_patient p ON p.id = s.patient_id
        JOIN accounts_user u ON u.id = s.physician_id LEFT JOIN logbook_device d ON d.id = s.device_id
        ORDER BY k.place"""
    return [*place, (page, [value for _part, said in parts for value in said])]


def _place(column: str, after: UUID) -> tuple[list[Statement], tuple[Any, ...]]:
    """The statement that finds it, and what it finds."""
    wanted = (f"f.{WORDS[column]}", "s.id") if column in WORDS else ALONG[column][1]
    joined = "JOIN logbook_sessionfigures f ON f.session_id = s.id JOIN logbook_searchtext t ON t.patient_id = s.patient_id JOIN logbook_patient p ON p.id = s.patient_id"
    tables = " ".join(
        f"JOIN {table}"
        for table in joined.split("JOIN ")[1:]
        if any(key.startswith(table.split()[1] + ".") for key in wanted)
    )
    statement = (f"SELECT {', '.join(wanted)} FROM logbook_session s {tables} WHERE s.uid = %s", [_stored(after)])
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        found = cursor.fetchone()
    text = connection.vendor == "sqlite"
    return [statement], tuple(str(value) if text and isinstance(value, datetime) else value for value in found)


def _along(column: str, down: bool, start: tuple[Any, ...]) -> list[Statement]:
    """Along one index, from a place on; who never started stands last, whichever the direction."""
    tables, keys, joined = ALONG[column]
    keys = (binary(keys[0]) if column in ("patient", "record_number") else keys[0], *keys[1:])
    sign, way = ("<", "DESC") if down else (">", "ASC")
    since, values = "", list(start)
    if start:
        marks = ", ".join(["%s"] * len(keys))
        since = f" AND ({', '.join(keys)}) {sign} ({marks})"
        if "CROSS" in tables:  # said once more of the first table alone: both engines begin there
            own = keys[:-1]
            since += f" AND ({', '.join(own)}) {sign}= ({', '.join(['%s'] * len(own))})"
            values += start[: len(own)]
    ordered = ", ".join(f"{key} {way}" for key in keys)
    parts = [
        (f"SELECT s.id FROM {tables} WHERE {STANDING} AND {joined}{since} ORDER BY {ordered} LIMIT {PAGE + 1}", values)
    ]
    if column == "started_at":
        undated = (
            f"SELECT s.id FROM {tables} WHERE {STANDING} AND s.started_at IS NULL ORDER BY s.id {way} LIMIT {PAGE + 1}"
        )
        parts.append((undated, []))
    return parts


def _words(column: str, down: bool, start: tuple[Any, ...]) -> list[Statement]:
    """Word after word as a person reads them, within one the newest key first."""
    words, name = order_of("-" * down + column).words, WORDS[column]
    first = words.index(start[0]) if start else 0
    if connection.vendor == "postgresql":
        return _words_at_once(name, words[first:], start)
    index = f" INDEXED BY session_by_{name.removesuffix('_id')}" if connection.vendor == "sqlite" else ""
    parts: list[Statement] = []
    for number, word in enumerate(words[first:]):
        same = f"s.{name} IS NULL" if word is None else f"s.{name} = %s"
        since = " AND s.session_id < %s" if start and not number else ""
        parts.append((
            f"SELECT s.session_id AS id FROM logbook_sessionfigures s{index} WHERE s.session_id > 0 AND {same}{since} AND {STANDING} ORDER BY s.session_id DESC LIMIT {PAGE + 1}",
            [*([] if word is None else [word]), *(start[1:] if since else ())],
        ))  # fmt: skip
    return parts


def _words_at_once(name: str, words: Sequence[Any], start: tuple[Any, ...]) -> list[Statement]:
    """The same on PostgreSQL: one plan for all words, which are read as far as the page reaches; blank apart."""
    said = [word for word in words if word is not None]
    edges = [start[1] if start and not number else 2**63 - 1 for number in range(len(said))]
    kind = "bigint" if name.endswith("_id") else "text"
    parts: list[Statement] = []
    if said:
        parts.append((
            f"""SELECT x.id FROM unnest(%s::{kind}[], %s::bigint[]) WITH ORDINALITY w(word, edge, turn) CROSS JOIN LATERAL
            (SELECT s.session_id AS id FROM logbook_sessionfigures s WHERE s.session_id > 0 AND (s.{name}, s.session_id) < (w.word, w.edge)
            AND s.{name} >= w.word AND {STANDING} ORDER BY s.{name} DESC, s.session_id DESC LIMIT {PAGE + 1}) x ORDER BY w.turn, x.id DESC LIMIT {PAGE + 1}""",
            [said, edges],
        ))  # fmt: skip
    if len(said) < len(words):
        since, values = (" AND s.session_id < %s", [start[1]]) if start and not said else ("", [])
        parts.append((
            f"SELECT s.session_id AS id FROM logbook_sessionfigures s WHERE s.session_id > 0 AND s.{name} IS NULL{since} AND {STANDING} ORDER BY s.session_id DESC LIMIT {PAGE + 1}",
            values,
        ))  # fmt: skip
    return parts


def patient_page(patient: Any, session_key: str, user: int) -> list[Statement]:
    """Who asks; the patient; courses, consultations and sessions with what went wrong; answers that tell something; settings."""
    of = "s.patient_id = %(patient)s"
    texts = [
        "SELECT * FROM django_session JOIN accounts_user u ON u.id = %(user)s WHERE session_key = %(session)s",
        "SELECT * FROM logbook_patient WHERE uid = %(uid)s",
        f"""SELECT s.id, s.uid, s.number, s.course_id, c.indication, s.status, s.record_status, s.outcome_reason, s.outcome_note, s.started_at, s.late_record,
            u.full_name, d.maker, d.model, e.term, e.term_note, e.severity, e.serious, CASE WHEN s.record_status = 'entered-in-error' THEN
            (SELECT h.history_change_reason FROM logbook_historicalsession h WHERE h.id = s.id ORDER BY h.history_id DESC LIMIT 1) END
            FROM logbook_session s JOIN logbook_course c ON c.id = s.course_id JOIN accounts_user u ON u.id = s.physician_id
            LEFT JOIN logbook_device d ON d.id = s.device_id LEFT JOIN logbook_adverseevent e ON e.session_id = s.id WHERE {of} ORDER BY s.id, e.number""",
        """SELECT c.id, c.uid, c.indication, c.status, c.opened_date, c.ended_date, c.end_reason, c.planned_sessions, c.consultation_id, u.full_name, t.site
            FROM logbook_course c JOIN accounts_user u ON u.id = c.physician_id LEFT JOIN logbook_coursesite t ON t.course_id = c.id
            WHERE c.patient_id = %(patient)s ORDER BY c.opened_date DESC, c.id DESC, t.id""",
        """SELECT c.uid, c.held_date, c.complaint, c.findings, u.full_name FROM logbook_consultation c
            JOIN accounts_user u ON u.id = c.physician_id WHERE c.patient_id = %(patient)s ORDER BY c.held_date DESC, c.id DESC""",
        f"""SELECT x.*, d.word, d.decided_date FROM (
            SELECT a.id, a.item, a.reply, a.detail, s.answered_at, s.session_id, s.consultation_id,
                LAG(a.reply) OVER turns AS before, LEAD(a.id) OVER turns AS following
            FROM logbook_screening s JOIN logbook_answer a ON a.screening_id = s.id LEFT JOIN logbook_session e ON e.id = s.session_id
            WHERE {of} AND s.answered_at IS NOT NULL AND a.reply <> '' AND (e.record_status IS NULL OR e.record_status <> 'entered-in-error')
            WINDOW turns AS (PARTITION BY a.item ORDER BY s.answered_at, a.id)) x LEFT JOIN logbook_decision d ON d.answer_id = x.id
            WHERE x.before IS NULL OR x.before <> x.reply OR x.following IS NULL OR x.consultation_id IS NOT NULL OR d.id IS NOT NULL
            ORDER BY x.answered_at, x.id, d.decided_date, d.id""",
        f"""SELECT a.id, a.text, s.uid, s.number, g.signer_name, g.signed_at FROM logbook_session s JOIN logbook_addendum a ON a.session_id = s.id
            LEFT JOIN logbook_signature g ON g.addendum_id = a.id WHERE {of}""",
        f"""SELECT a.session_id, a.id, a.site, a.side, a.medium, a.substance, a.concentration, a.concentration_unit, h.*
            FROM (SELECT s.id FROM logbook_session s WHERE {of} ORDER BY s.started_at DESC LIMIT {LATEST}) s
            JOIN logbook_application a ON a.session_id = s.id LEFT JOIN logbook_phase h ON h.application_id = a.id
            ORDER BY a.session_id, a.number, a.id, h.number, h.id""",
    ]  # fmt: skip
    values = {"patient": patient.pk, "uid": _stored(patient.uid), "session": session_key, "user": user}
    return [(text, values) for text in texts]


def acts_of(person: int, since: datetime) -> list[Statement]:
    """The newest acts of one person with their entries and patients; of each table what they wrote, and what stood there before."""
    statement = (
        f"""SELECT a.id, a.at, a.kind, a.by_name, a.reason, a.subject, l.number, p.uid, p.family_name, p.given_names
        FROM (SELECT * FROM audit_act WHERE by_id = %s AND at >= %s ORDER BY at DESC, id DESC LIMIT {ACTS + 1}) a
        LEFT JOIN audit_link l ON l.act_id = a.id LEFT JOIN logbook_patient p ON p.id = a.patient_id ORDER BY a.at DESC, a.id DESC""",
        [person, connection.ops.adapt_datetimefield_value(since)],
    )
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        acts = [row[0] for row in cursor.fetchall()][:ACTS] or [0]
    tables = [history_of(model)._meta.db_table for model in recorded_models()]
    those = f"act_id IN ({', '.join(map(str, acts))})"
    return [
        statement,
        *(
            ((f"SELECT * FROM {table} WHERE {those} UNION ALL SELECT * FROM {table} WHERE history_id IN (SELECT (SELECT MAX(b.history_id) "
            f"FROM {table} b WHERE b.id = h.id AND b.history_id < h.history_id) FROM {table} h WHERE h.{those})"), None)
            for table in tables
        ),
    ]  # fmt: skip


def _stored(uid: UUID) -> Any:
    return uid.hex if connection.vendor == "sqlite" else uid
