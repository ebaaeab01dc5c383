"""The reports, the list and the pages of a large logbook, beside the best SQL by hand, and how they grow with it.

Each size is a logbook of its own, filled by `seed_bench` and asked in a process of its own (`bench.reports_asked`).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.db import connection

from clinic.accounts.models import User
from sessions.models import Device

HERE = Path(__file__).resolve().parent.parent
SESSIONS, SESSIONS_OF_A_PATIENT, SMALL = 20_000, 50, 10_000
MOST_RATIO, RATIO_FROM_MS = 1.15, 10.0
MOST_GROWTH, GROWN_FROM_MS = 3.0, 5.0
PAGE_RATIO, PAGE_DATABASE_MS, BYTES_A_SESSION = 1.5, 5.0, 2200


def measure(by: User, machine: Device, sessions: int = SESSIONS) -> bool:
    """Ask a small logbook and a large one; whether ratios, growth and plans are as they should be."""
    small, large = (_asked(size) for size in (min(SMALL, sessions // 10), sessions))
    print(
        f"  {large['sessions']} sessions of {large['patients']} patients made in {large['made']['seconds']} s, "
        f"{large['made']['processor']} s of our processor time; {large['bytes'] / large['sessions']:.0f} bytes a session "
        f"with history, audit, figures and search (goal {BYTES_A_SESSION} at a million)"
    )
    before = {answer["name"]: answer for answer in small["answers"]}
    # Every figure is printed, whatever the one before said.
    held = [_held(answer, before[answer["name"]], small["sessions"]) for answer in large["answers"]]
    _tell_of_pages(large["answers"])
    return False not in held


def _tell_of_pages(answers: list[dict[str, Any]]) -> None:
    """The list of sessions as a whole: any page in any order beside the first pages."""
    first, deep = (
        [one for one in answers if one["name"].startswith(f"list, {what}")] for what in ("first", "half-way")
    )
    whole, below = (_percentile(part, "each_ms") for part in (first, deep))
    database = [_percentile(part, "each_database_ms") for part in (first, deep)]
    print(
        f"  list in all {len(first)} orders, 95th percentile: first pages {whole:.2f} ms, half-way down {below:.2f} ms, ratio "
        f"{below / whole:.2f} (goal {PAGE_RATIO}: {_kept(below <= PAGE_RATIO * whole)}); in the database {database[0]:.2f} and "
        f"{database[1]:.2f} ms (goal {PAGE_DATABASE_MS} at a million sessions: {_kept(max(database) <= PAGE_DATABASE_MS)})"
    )


def _percentile(answers: list[dict[str, Any]], name: str) -> float:
    return statistics.quantiles([spent for answer in answers for spent in answer[name]], n=20)[-1]


def _kept(holds: bool) -> str:
    return "held" if holds else "MISSED"


def _held(answer: dict[str, Any], before: dict[str, Any], sessions: int) -> bool:
    """Print one figure with its goal; whether its ratio, its growth and its plans hold."""
    spent, hand, goal, queries = (answer[name] for name in ("ms", "hand_ms", "goal_ms", "queries"))
    # Below some ms the fixed cost of a query is more than what grows.
    growth = max(spent, GROWN_FROM_MS) / max(before["ms"], GROWN_FROM_MS)
    allowed = MOST_RATIO * hand if hand >= RATIO_FROM_MS else hand + queries
    within = answer["database_ms"] <= allowed
    grown = growth <= MOST_GROWTH or not answer["flat"]
    print(
        f"  {answer['name']}: {spent:.1f} ms (goal at a million sessions {goal}), "
        f"{queries} queries, in the database {answer['database_ms']:.2f} ms, "
        + (f"by hand {hand:.2f} (at most {allowed:.2f}: {_kept(within)})" if answer["by_hand"] else "nothing by hand")
        + f"; {growth:.1f} times that of {sessions} sessions"
        + (f" (at most {MOST_GROWTH:.0f}: {_kept(grown)})" if answer["flat"] else "")
        + "".join(f"\n    reads a whole table: {plan}" for plan in answer["scans"])
        + "".join(f"\n    the SQL by hand says otherwise: {what}" for what in answer["differs"])
    )
    return within and grown and not answer["scans"] and not answer["differs"]


def _asked(sessions: int) -> dict[str, Any]:
    """What a logbook of this size answers."""
    with tempfile.TemporaryDirectory(prefix="logbook-bench-") as folder:
        environment = os.environ | {"CLINIC_DATA_DIR": f"{folder}/data"}
        if connection.vendor == "postgresql":
            name = f"bench_{sessions}"
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
                cursor.execute(f'CREATE DATABASE "{name}"')
            environment["CLINIC_DATABASE_URL"] = f"{os.environ['CLINIC_DATABASE_URL'].rpartition('/')[0]}/{name}"
        patients = max(sessions // SESSIONS_OF_A_PATIENT, 1)
        made = _said(environment, "manage.py", "seed_bench", "--patients", patients, "--sessions", sessions, "--json")
        found = _said(environment, "-m", "bench.reports_asked") | {"made": made}
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}"')
        return found


def _said(environment: dict[str, str], *words: object) -> dict[str, Any]:
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=HERE, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)
