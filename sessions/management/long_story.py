"""Ten years of a large clinic, for measuring: many physicians and devices, courses one after the other, told by the acts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from clinic.accounts.models import User
from sessions.actions.session import log_session
from sessions.actions.session_rows import Entry, Row
from sessions.management.invented import MEN, UK_DAYS, WOMEN, Plan
from sessions.management.story import Story
from sessions.measures.sites import Indication, Site
from sessions.models import Course, Device, Patient, Session

YEARS_DAYS = 3650
# Copies lie up to four weeks later.
UNTIL_TODAY = timedelta(days=30)
MOST_SESSIONS_OF_A_PATIENT = 200
RECENT = timedelta(days=365)
STILL_RUNS = timedelta(days=180)
RATES = {"late": 0.5, "amended": 0.15, "added": 0.1, "wrong": 0.1, "iud": 0.0}
DRAFTS = 0.05
PLACES = {
    Indication.HYPERHIDROSIS: ((Site.PALM,), (Site.PALM, Site.SOLE), (Site.SOLE,), (Site.AXILLA,)),
    Indication.CELLULITE: ((Site.THIGH_POSTERIOR,), (Site.BUTTOCK, Site.THIGH_LATERAL), (Site.ABDOMEN, Site.HIP)),
    Indication.EXTRACTION: ((Site.FOREARM,),),
}


class LongStory(Story):
    """Patients with all their courses, written now about the years before."""

    back_then = False

    def __init__(
        self, physicians: list[User], staff: list[User], machines: list[Device], seed: int, today: date | None = None
    ) -> None:
        super().__init__(physicians, staff[0], physicians[0], today or timezone.localdate())
        self.random = Random(seed)  # noqa: S311 -- the same logbook every time
        self.everybody, self.machines, self.seed = staff, machines, seed
        self.labels = self.told_of = 0
        self.known: Patient | None = None

    def tell_of(self, patients: int, sessions: int) -> None:
        """Write so many patients with so many sessions, shared out evenly."""
        for index in range(patients):
            self.devices = self.random.sample(self.machines, 3)
            self.staff = self.random.choice(self.everybody)
            self.told_of += 1
            person = self._person(self.told_of)
            for plan in self._courses(person, sessions * (index + 1) // patients - sessions * index // patients):
                self._patient(plan)

    def once(self, name: str, when: bool) -> bool:
        """Here each special case happens again and again."""
        return when and self.random.random() < RATES[name]

    def _registered(self, plan: Plan) -> Patient:
        """A patient who is known comes back for another course."""
        if self.known is None or self.known.phone != plan.person["phone"]:
            self.known = super()._registered(plan)
        return self.known

    def _person(self, index: int) -> dict[str, object]:
        woman = self.random.random() < 0.6
        return {
            "family_name": f"Modèle-{self.seed}-{index}",
            "given_names": self.random.choice(WOMEN if woman else MEN),
            "birth_date": date(
                self.today.year - self.random.randint(22, 75), self.random.randint(1, 12), self.random.randint(1, 28)
            ),
            "sex": "female" if woman else "male",
            "phone": f"01 99 00 {self.seed % 100:02} {index:04}",
        }

    def _courses(self, person: dict[str, object], sessions: int) -> Iterator[Plan]:
        """One course after the other over ten years; the last ones of some patients still run."""
        sizes: list[tuple[Indication, int]] = []
        while (left := sessions - sum(size for _indication, size in sizes)) > 0:
            indication = self.random.choices(list(PLACES), weights=(6, 3, 2))[0]
            sizes.append(
                (indication, min(left, 2 if indication == Indication.EXTRACTION else self.random.randint(10, 15)))
            )
        room = YEARS_DAYS // max(len(sizes), 1)
        for place, (indication, size) in enumerate(sizes):
            days = self._days(indication, size, room)
            end = self.today - UNTIL_TODAY - timedelta(days=room * (len(sizes) - 1 - place))
            opened = end - timedelta(days=self.random.randint(days[-1], max(days[-1], room - 12)) + 1)
            sites = self.random.choice(PLACES[indication])
            mode = self.random.choice(("stimulated-sweat", "reverse")) if indication == Indication.EXTRACTION else ""
            yes = {"metal_path": "Vis, cheville gauche"} if self.random.random() < 0.1 else {}
            yield Plan(person, indication, sites, opened, days, goal="", complaint="Modèle.", mode=mode, yes=yes)

    def _days(self, indication: str, size: int, room: int) -> tuple[int, ...]:
        if indication == Indication.EXTRACTION:
            return tuple(1 + 7 * number for number in range(size))
        step = min(14, max(room // (2 * size), 2))
        days = list(UK_DAYS[:size])
        while len(days) < size:
            days.append(days[-1] + step)
        return tuple(days)

    def _varied(self, entry: Entry, number: int) -> Entry:
        """As in the story; each sample with a label that no other has."""
        varied = super()._varied(entry, number)
        samples = []
        for row in varied.samples:
            self.labels += 1
            samples.append(replace(row, values=row.values | {"sample_id": f"M{self.seed}-{self.labels:05}"}))
        # Years lie between two courses: a figure far from the last one is typed twice.
        observations = [replace(row, retyped=frozenset({"value"})) for row in varied.observations]
        return replace(
            varied, samples=tuple(samples), observations=tuple(observations) or tuple(_scores(varied, number))
        )

    def _afterwards(self, plan: Plan, session: Session, physician: User, number: int, started: datetime) -> None:
        if session.pain_nrs != 2:  # to which an amendment would change it
            super()._afterwards(plan, session, physician, number, started)

    def _end(self, course: Course, physician: User, reason: str) -> None:
        """What was opened within the last half year still runs, for half of the patients."""
        if course.opened_date < self.today - STILL_RUNS or self.random.random() < 0.5:
            super()._end(course, physician, reason)

    def _session(self, course: Course, physician: User, entry: Entry, started: datetime) -> Session:
        session = log_session(by=physician, course=course, entry=entry)
        recent = timezone.localdate(started) >= self.today - RECENT
        if recent and session.status == "completed" and self.random.random() < DRAFTS:
            return session
        return self._sign(physician, session, started)


def _scores(entry: Entry, number: int) -> Iterator[Row]:
    """What a patient with hyperhidrosis says of each place at every session."""
    for row in entry.applications:
        if row.values["medium"] == "tap-water":
            common = {
                "site": row.values["site"],
                "side": "bilateral",
                "moment": "before",
                "rater": "patient",
                "method": "",
            }
            for measure, value in (("HDSS", max(1, 4 - number // 3)), ("SWEAT_NRS", max(1, 9 - number // 2))):
                yield Row({**common, "measure": measure, "value": Decimal(value), "unit": "{score}"})
