"""`manage.py seed_bench`: fill an empty logbook with as many invented patients and sessions as are asked for."""

import json
import os
import secrets
import sys
import time
from concurrent.futures import Executor
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from clinic.accounts.actions import create_account
from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.audit.models import Link
from clinic.operations import server
from sessions.actions import search
from sessions.actions.device import register_device
from sessions.actions.figures import TABLES, rebuild_figures, write_part
from sessions.management.copying import copied_tables, copies, know_sizes, written
from sessions.management.haste import another_process, side_by_side, unguarded, without_indexes
from sessions.management.long_story import MOST_SESSIONS_OF_A_PATIENT, LongStory
from sessions.models import Course, Device, Patient, Session
from sessions.reports.figures import counted

PHYSICIANS, STAFF, DEVICES = 20, 5, 12
# So many sessions are written by the acts, at most; the others are copies of them.
BLOCK = 1200
SAID_EVERY = 50


class Command(BaseCommand):
    help = (
        "Fill an EMPTY logbook with invented patients and sessions of ten years, for measuring: with history, signatures, "
        "chain, stored figures and search. Exit 0: filled, 2: refused. Never in a logbook that a clinic uses."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=int, required=True, help="how many patients")
        parser.add_argument("--sessions", type=int, required=True, help="how many sessions")
        parser.add_argument("--block", type=int, default=BLOCK, help="how many sessions the acts write before copying")
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        patients, sessions = options["patients"], options["sessions"]
        if not 0 < patients <= sessions <= MOST_SESSIONS_OF_A_PATIENT * patients:
            self._refuse(f"Each patient has between 1 and {MOST_SESSIONS_OF_A_PATIENT} sessions. Nothing was changed.")
        server.prepare()
        if any(model.objects.exists() for model in (Patient, Course, Session, Device)):
            self._refuse("This logbook is not empty. Nothing was changed.")
        self.spoken = not options["json"]
        began, worked = time.monotonic(), _worked()
        self._fill(patients, sessions, max(options["block"], 1))
        said = {
            "patients": Patient.objects.count(),
            "sessions": Session.objects.count(),
            "entries": Link.objects.count(),
            "seconds": round(time.monotonic() - began, 1),
            "processor": round(_worked() - worked, 1),
        }
        if options["json"]:
            self.stdout.write(json.dumps(said))
        else:
            self.stdout.write(", ".join(f"{name} {number}" for name, number in said.items()))

    def _fill(self, patients: int, sessions: int, size: int) -> None:
        physicians, staff, machines = _people_and_machines()
        blocks, each, left = shares(patients, sessions, size)
        story = LongStory(physicians, staff, machines, seed=1)
        self._say("by the acts", 0, blocks)
        story.tell_of(*left)
        block = written(lambda: story.tell_of(*each))
        with another_process() as other, unguarded():
            with without_indexes(copied_tables(), other):
                for number in copies(block, range(1, blocks), other):
                    if number % SAID_EVERY == 0:
                        self._say("copied", number, blocks)
                self._say("indexes", blocks, blocks)
            know_sizes(copied_tables(), other)
            self._say("stored figures and search", blocks, blocks)
            with without_indexes(TABLES, other):
                _count(other)
        search.rebuild()
        know_sizes(set(connection.introspection.table_names()) - set(copied_tables()))

    def _say(self, what: str, number: int, of: int) -> None:
        if self.spoken:
            self.stdout.write(f"{what}: {number} of {of}")
            self.stdout.flush()

    def _refuse(self, why: str) -> None:
        self.stderr.write(why)
        sys.exit(2)


def _worked() -> float:
    """Seconds of processor time of this process and of those that it started and waited for."""
    return sum(os.times()[:4])


def shares(patients: int, sessions: int, size: int) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """How many blocks, the patients and sessions of each, and those that are left for the acts to write before."""
    blocks = max(min(sessions // size, patients), 1)
    each = (patients // blocks, sessions // blocks)
    left = (patients - each[0] * blocks, sessions - each[1] * blocks)
    if (
        blocks > 1 and left[1] and not left[0]
    ):  # somebody has the sessions that are left over: those of one block go with them
        blocks, left = blocks - 1, (each[0], each[1] + left[1])
    elif left[0] > left[1]:  # and every patient has one
        blocks, left = blocks - 1, (each[0] + left[0], each[1] + left[1])
    return blocks, each, left


def _count(other: Executor | None) -> None:
    """The stored figures; those that are counted from others of them when these are there."""
    if other is None:
        rebuild_figures(counted())
        return
    rebuild_figures([])
    parts = list(counted())
    for from_others in (False, True):
        side_by_side(write_part, [part for part in parts if bool(part.counted_from) == from_others], other)


def _people_and_machines() -> tuple[list[User], list[User], list[Device]]:
    """Nobody knows their passwords: an administrator gives another one."""
    with transaction.atomic():
        first = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).first()
        administrator = first or _account(None, "bench-admin", "Admin Modèle", Role.ADMINISTRATOR)
        physicians = [
            _account(administrator, f"bench-physician-{number:02}", f"Dr Modèle {number:02}", Role.PHYSICIAN)
            for number in range(1, PHYSICIANS + 1)
        ]
        staff = [
            _account(administrator, f"bench-staff-{number}", f"Personnel Modèle {number}", Role.STAFF)
            for number in range(1, STAFF + 1)
        ]
        machines = [
            register_device(
                by=administrator,
                values={"maker": "Modèle", "model": f"Un {number % 4}", "serial_number": f"M-{number:03}"},
            )
            for number in range(1, DEVICES + 1)
        ]
    return physicians, staff, machines


def _account(by: User | None, username: str, name: str, role: str) -> User:
    return create_account(by=by, username=username, full_name=name, role=role, password=secrets.token_urlsafe(32))
