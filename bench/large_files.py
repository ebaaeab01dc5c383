"""Large files: the list of very many sessions as CSV beside driver and csv.writer, and as a spreadsheet beside the library."""

import csv
import os
import resource
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter

import xlsxwriter
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from bench import rows
from clinic.accounts.models import User
from clinic.lib.outgoing import Outgoing, Stopped
from clinic.operations.files import write
from sessions.models import Application, Course, Device, Patient, Session
from sessions.reports.session_file import whole_list
from sessions.reports.session_filter import SessionFilter

SESSIONS, PATIENTS, AT_ONCE, TIMES = 200_000, 4_000, 5_000, 5
A_DAY = 120  # every five minutes from eight to six
SPREADSHEET_ROWS = 100_000
LEAST_CSV, GOAL_CSV = 0.8, {"sqlite": 0.8, "postgresql": 2.0}
MOST_GROWTH_MB, MOST_SECONDS_OF_A_SPREADSHEET, FIRST_ROWS_MS = 20, 12, 300
# The same list, by hand: codes as they are stored, moments in UTC, no guard against formulas.
BY_HAND = """
    SELECT s.started_at, p.family_name || ' ' || p.given_names, p.record_number, c.indication, s.number,
        (SELECT {joined}), s.status, s.record_status, u.full_name, d.maker || ' ' || d.model || ' nº ' || d.serial_number
    FROM logbook_session s JOIN logbook_patient p ON p.id = s.patient_id JOIN logbook_course c ON c.id = s.course_id
        JOIN accounts_user u ON u.id = s.physician_id LEFT JOIN logbook_device d ON d.id = s.device_id
    WHERE s.record_status <> 'entered-in-error' ORDER BY s.started_at DESC NULLS LAST, s.id DESC
"""
JOINED = {
    "sqlite": "group_concat(site) FROM (SELECT site FROM logbook_application a WHERE a.session_id = s.id ORDER BY number, id)",
    "postgresql": "string_agg(site, ',' ORDER BY number, id) FROM logbook_application a WHERE a.session_id = s.id",
}


def measure(by: User, machine: Device, sessions: int = SESSIONS) -> bool:
    """Whether CSV is quick enough and its memory flat, and the spreadsheet no slower than allowed; of so many sessions."""
    _fill(by, machine, sessions)
    with tempfile.TemporaryDirectory(prefix="logbook-bench-") as folder:
        place = Path(folder)
        ours, by_hand = [], []
        for _ in range(TIMES):  # one after the other: times drift
            by_hand.append(_seconds(lambda: _by_hand(place / "hand.csv")))
            ours.append(_seconds(lambda: _ours(place / "ours.csv", "csv")))
        ratio = statistics.median(hand / own for hand, own in zip(by_hand, ours, strict=True))
        number = Session.objects.count()
        speed = number / statistics.median(ours)
        goal = GOAL_CSV[connection.vendor]
        print(
            f"  CSV of {number} sessions: {speed:.0f} rows/s, {ratio:.2f} of driver and csv.writer (at least {LEAST_CSV}, "
            f"goal {goal}); the first rows after {_first_rows_ms(place):.0f} ms (goal {FIRST_ROWS_MS})"
        )
        growth, of_spreadsheet = (_growth(place, form, number) for form in ("csv", "xlsx"))
        print(
            f"  memory over {number} rows: {growth:+.1f} MB (at most {MOST_GROWTH_MB}), "
            f"as spreadsheet {of_spreadsheet:+.1f} MB (goal: none)"
        )
        library, spreadsheet = _seconds(lambda: _library(place)), _seconds(lambda: _ours(place / "ours.xlsx", "xlsx"))
        each = spreadsheet / number * SPREADSHEET_ROWS
        print(
            f"  spreadsheet: {each:.1f} s for each {SPREADSHEET_ROWS} rows (at most {MOST_SECONDS_OF_A_SPREADSHEET})",
            end="",
        )
        print(f"; the library alone {library / number * SPREADSHEET_ROWS:.1f} s")
    return ratio >= LEAST_CSV and growth <= MOST_GROWTH_MB and each <= MOST_SECONDS_OF_A_SPREADSHEET


def _seconds(step: Callable[[], object]) -> float:
    begun = perf_counter()
    step()
    return perf_counter() - begun


def _ours(path: Path, form: str) -> None:
    path.unlink(missing_ok=True)
    table = whole_list(SessionFilter())
    outgoing = Outgoing(table, "list", "List", "foot", lambda written: None)
    assert write(outgoing, form, path, language="fr", printed_by="bench").rows == len(table.rows)


def _by_hand(path: Path) -> None:
    statement = BY_HAND.format(joined=JOINED[connection.vendor])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        if connection.vendor == "sqlite":
            driver = sqlite3.connect(settings.DATABASES["default"]["NAME"])
            cursor = driver.execute(statement)
        else:
            import psycopg

            driver = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})
            cursor = driver.cursor("hand")
            cursor.execute(statement)
        while some := cursor.fetchmany(2000):
            writer.writerows(some)
        driver.close()


def _library(place: Path) -> None:
    """What the library takes for the same cells, without a query."""
    table = whole_list(SessionFilter())
    first = [row.values for row in islice(table.rows, 1000)]
    with xlsxwriter.Workbook(place / "library.xlsx", {"constant_memory": True, "tmpdir": str(place)}) as book:
        sheet, moment = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        for line in range(len(table.rows)):
            for column, value in enumerate(first[line % len(first)]):
                if isinstance(value, datetime):
                    sheet.write_datetime(line, column, value.replace(tzinfo=None), moment)
                elif isinstance(value, int):
                    sheet.write_number(line, column, value)
                else:
                    sheet.write_string(line, column, value)


def _first_rows_ms(place: Path) -> float:
    """How long until the first rows are in the file."""
    begun, seen = perf_counter(), list[float]()
    outgoing = Outgoing(whole_list(SessionFilter()), "list", "List", "foot", lambda written: None)
    with suppress(Stopped):
        write(
            outgoing, "csv", place / "first.csv", language="fr", printed_by="bench",
            progress=lambda done: seen.append(perf_counter()), stop=lambda: bool(seen),
        )  # fmt: skip
    return (seen[0] - begun) * 1000


def _growth(place: Path, form: str, number: int) -> float:
    """By how many MB a process of its own grows from a tenth of the rows on."""
    reading, writing = os.pipe()
    connection.close()
    child = os.fork()
    if child == 0:
        seen: list[int] = []

        def look(done: int) -> None:
            if not seen and done >= number // 10:
                seen.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

        outgoing = Outgoing(whole_list(SessionFilter()), "list", "List", "foot", lambda written: None)
        write(outgoing, form, place / f"grown.{form}", language="fr", printed_by="bench", progress=look)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - seen[0]
        os.write(writing, str(grown).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(reading, 40)) / 1024


def _fill(by: User, machine: Device, sessions: int) -> None:
    """Rows past the acts: files read them, whoever wrote them."""
    if Session.objects.count() >= sessions:
        return
    course = rows.course(by, "Large")
    begins = datetime(2018, 1, 1, 7, tzinfo=UTC)
    said = {
        field.attname: getattr(course, field.attname)
        for field in Course._meta.concrete_fields
        if field.name not in {"id", "uid", "patient"}
    }
    patients = models.QuerySet(Patient).bulk_create(
        [
            Patient(
                family_name=f"Élodie-{number} N’Guyen", given_names="Zoë", birth_date=begins.date(), sex="female",
                record_number=f"L-{number:06}", folded_name=f"elodie {number}",
            )
            for number in range(PATIENTS)
        ]
    )  # fmt: skip
    courses = models.QuerySet(Course).bulk_create([Course(patient=patient, **said) for patient in patients])
    for start in range(0, sessions, AT_ONCE):
        made = models.QuerySet(Session).bulk_create(
            [
                Session(
                    patient_id=courses[number % PATIENTS].patient_id, course=courses[number % PATIENTS], physician=by,
                    number=number // PATIENTS + 1, status="completed", record_status="final", device=machine,
                    started_at=begins + timedelta(days=number // A_DAY, minutes=5 * (number % A_DAY)), skin_before="intact", skin_after="intact",
                    events_answer="none-observed", month=timezone.localdate(begins),
                )
                for number in range(start, start + AT_ONCE)
            ]
        )  # fmt: skip
        models.QuerySet(Application).bulk_create(
            [
                Application(session=session, number=number, site=site, side="bilateral")
                for session in made
                for number, site in enumerate(("palm", "sole"), start=1)
            ]
        )
