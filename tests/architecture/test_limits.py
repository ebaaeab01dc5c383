"""docs/limits.md says what the code does."""

import re
from typing import Any

from django.conf import settings

from clinic.accounts.actions import NUMBER_OF_CODES
from clinic.accounts.models import User
from clinic.accounts.passwords import LEAST_SCORE
from clinic.audit.verify import result
from clinic.lib import as_pdf, as_xlsx, outgoing, typesetting
from clinic.lib.fields import LINE, PROSE
from clinic.operations import files, jobs, nightly, server, timestamp
from clinic.settings import SQLITE_OPTIONS, whole_number
from sessions.forms.course_letter import LONGEST_PLAN
from sessions.models import Device, Patient, Sample
from sessions.reports import long_reports, trail_files
from sessions.rules.patient import OLDEST_YEARS
from sessions.rules.session import CLOCK_SLACK
from tests.architecture.code import HERE


def written() -> dict[str, str]:
    rows = re.findall(
        r"^\| (?!limit)([^|-][^|]*?) \| ([^|]+?) \|$", (HERE / "docs/limits.md").read_text("utf-8"), re.MULTILINE
    )
    return dict(rows)


def length(model: Any, field: str) -> str:
    return f"{model._meta.get_field(field).max_length} characters"


def rate(name: str, kind: str) -> str:
    """ "5/5m/key" as a sentence has it."""
    words = {"m": "a minute", "5m": "in 5 minutes"}
    for part in settings.ACCOUNT_RATE_LIMITS[name].split(","):
        count, period, of = part.split("/")
        if of == kind:
            return f"{count} {words[period]}"
    raise AssertionError(name)


def test_limits_are_those_of_the_code() -> None:
    least = next(v["OPTIONS"]["min_length"] for v in settings.AUTH_PASSWORD_VALIDATORS if "OPTIONS" in v)
    assert written() == {
        "one line of text, unless the field says less": f"{LINE} characters",
        "free text": f"{PROSE} characters",
        "user name": length(User, "username"),
        "name of a person who logs in": length(User, "full_name"),
        "family name of a patient": length(Patient, "family_name"),
        "given names of a patient": length(Patient, "given_names"),
        "record number": length(Patient, "record_number"),
        "serial number of a device": length(Device, "serial_number"),
        "number of a sample": length(Sample, "sample_id"),
        "plan in a letter about a course": f"{LONGEST_PLAN} characters",
        "shortest password": f"{least} characters",
        "least strength of a password, 0 to 4": f"{LEAST_SCORE}",
        "form sent to the logbook": f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes",
        "fields in one form": f"{settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}",
        "idle time before logging in again, unless the clinic sets another": f"{settings.IDLE_MINUTES} minutes",
        "longest log-in": f"{settings.LONGEST_LOGIN_HOURS} hours",
        "log-in attempts from one address": rate("login", "ip"),
        "failed log-ins from one address": rate("login_failed", "ip"),
        "failed log-ins to one account": rate("login_failed", "key"),
        "wrong codes of a second factor at the log-in": rate("login_code", "user"),
        "recovery codes of a second factor": f"{NUMBER_OF_CODES}",
        "emergency access, unless the clinic sets another time": f"{settings.EMERGENCY_MINUTES} minutes",
        "attempts to sign or to open an emergency access": rate("sign", "user"),
        "attempts turned away that are recorded, of one account from one address": rate("note_throttled", "key"),
        "longest session": f"{settings.LONGEST_SESSION_HOURS} hours",
        "clock of the browser ahead of the server": f"{int(CLOCK_SLACK.total_seconds() // 60)} minutes",
        "oldest patient": f"{OLDEST_YEARS} years",
        "waiting for the SQLite database": f"{SQLITE_OPTIONS['timeout']} seconds",
        "pages answered at once": f"{server.THREADS}",
        "requests taken at once": f"{server.WAITING}",
        "rows of the trail in one file": f"{trail_files.MOST_ROWS}",
        "rows of the trail in a PDF": f"{trail_files.MOST_ROWS_OF_A_PDF}",
        "time a PostgreSQL connection is kept": "600 seconds",
        "findings of a verification kept for the page": f"{result.MOST_KEPT}",
        "time between two anchors, while something is written": f"{nightly.BETWEEN_ANCHORS.seconds // 60} minutes",
        "waiting for a time stamp": f"{timestamp.SECONDS} seconds",
        "longest time for which the clinic may keep accesses, unless for ever": "600 months",
        "rows of a table as PDF": f"{as_pdf.LARGEST_TABLE_ROWS}",
        "rows of a table as spreadsheet": f"{as_xlsx.LARGEST_SHEET_ROWS}",
        "rows of a report above which it is made while nobody waits": f"{outgoing.MOST_ROWS_AT_ONCE}",
        "sessions above which a report that goes through each of them is made while nobody waits": (
            f"{long_reports.MOST_SESSIONS_AT_ONCE}"
        ),
        "large files of one person that are waiting or being made": f"{jobs.MOST_ACTIVE}",
        "time that a large file waits to be fetched, unless the clinic sets another": f"{settings.DOWNLOAD_HOURS} hours",
        "time that a large file stays in the list": f"{jobs.DAYS_IN_THE_LIST} days",
        "largest CSV file": f"{files.LARGEST_FILE_BYTES} bytes",
        "room on the disk below which no large file is made": f"{jobs.LEAST_FREE_BYTES} bytes",
        "times that a large file is begun again after it was broken off": f"{jobs.MOST_TRIES}",
        "time after which a large file of which nothing is heard is begun again": f"{jobs.GIVEN_UP_AFTER.seconds} seconds",
        "time to set a long PDF": f"{typesetting.LONGEST_SECONDS} seconds",
    }


def test_readme_lists_every_setting_that_the_program_reads() -> None:
    source = (HERE / "clinic/settings.py").read_text("utf-8")
    read = set(re.findall(r'"(CLINIC_[A-Z_]+)"', source))
    listed = set(re.findall(r"^\| `(CLINIC_[A-Z_]+)` \|", (HERE / "README.md").read_text("utf-8"), re.MULTILINE))
    assert listed == read
    assert whole_number("CLINIC_NOT_SET", 7, 1, 9) == 7
