"""Invented people and believable sessions for the demo. Nobody lives under these names; no figure here is advice."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sessions.actions.session_rows import Entry, Row
from sessions.measures.answers import EACH_SESSION, ITEMS
from sessions.measures.sites import Indication, Side, Site

FAMILY = [
    "Aubry", "Bellanger", "Besson", "Carlier", "Chevrier", "Collet", "Cordier", "Delmas", "Devaux", "Fabre",
    "Faivre", "Gaillot", "Garnier", "Guérin-Roux", "Hamel", "Huet", "Jacquot", "Joubert", "L'Hostis", "Lacombe",
    "Lefort", "Lemoine", "Maillet", "Marchal", "N'Diaye", "Noël", "Ollivier", "Pasquier", "Perrot", "Poirier",
    "Prévôt", "Rivière", "Roussel", "Sabatier", "Sauvage", "Tessier", "Thévenin", "Vasseur", "Vidal", "Weber",
]  # fmt: skip
WOMEN = [
    "Élodie", "Camille", "Manon", "Chloé", "Inès", "Léa", "Zoé", "Aïcha", "Noémie", "Sarah", "Margot", "Hélène",
    "Solène", "Amandine", "Justine", "Anne-Laure",
]  # fmt: skip
MEN = [
    "Lucas", "Hugo", "Théo", "Mathis", "Karim", "Antoine", "Rémi", "Jérôme", "Loïc", "Yanis", "Étienne", "Benoît",
    "Jean-Marc", "Aurélien",
]  # fmt: skip
DEVICES = (
    {"maker": "Exemple Médical", "model": "Sudora 2", "serial_number": "DEMO-0001", "location": "Salle 1"},
    {"maker": "Exemple Médical", "model": "Sudora 2", "serial_number": "DEMO-0002", "location": "Salle 2"},
    {"maker": "Instruments Inventés", "model": "Sudotest", "serial_number": "DEMO-0101", "location": "Explorations"},
)
UK_DAYS = (1, 2, 4, 7, 10, 15, 22)


@dataclass(frozen=True)
class Plan:
    """One patient of the demo: who, which course, and the days of its sessions counted from the first one."""

    person: dict[str, Any]
    indication: str
    sites: tuple[str, ...]
    opened: date
    days: tuple[int, ...]
    goal: str
    complaint: str
    mode: str = ""
    yes: dict[str, str] = field(default_factory=dict)


def plans(random: Random, today: date) -> list[Plan]:
    """Forty patients over the two years up to `today`."""
    names = random.sample(FAMILY, k=40)
    made = []
    for index, family in enumerate(names):
        woman = random.random() < (0.55 if index < 24 else 0.9 if index < 34 else 0.5)
        person = {
            "family_name": family,
            "given_names": random.choice(WOMEN if woman else MEN),
            "birth_date": date(today.year - random.randint(18, 62), random.randint(1, 12), random.randint(1, 28)),
            "sex": "female" if woman else "male",
            # 01 99 00: a range of numbers kept for films and plays.
            "phone": f"01 99 00 {random.randint(10, 99)} {random.randint(10, 99)}",
        }
        opened = today - timedelta(days=random.randint(40, 700))
        opened -= timedelta(days=opened.weekday())  # a Monday, so that day 7 is the only one on a Sunday
        made.append(
            _hyperhidrosis(random, person, opened, today, index)
            if index < 24
            else _other(random, person, opened, index)
        )
    return sorted(made, key=lambda plan: (plan.opened, plan.person["family_name"]))


def _hyperhidrosis(random: Random, person: dict[str, Any], opened: date, today: date, index: int) -> Plan:
    sites = ((Site.PALM,), (Site.PALM, Site.SOLE), (Site.SOLE,), (Site.AXILLA,))[0 if index % 6 < 2 else 1 + index % 3]
    days, day = list(UK_DAYS), UK_DAYS[-1]
    while len(days) < 24 and opened + timedelta(days=day + 30) < today:
        day += random.choice((14, 14, 21, 28))
        days.append(day)
    yes = {"metal_path": "Vis, cheville gauche"} if index % 8 == 3 else {}
    return Plan(
        person, Indication.HYPERHIDROSIS, sites, opened, tuple(days),
        goal="Moins de gêne au travail.", complaint="Transpiration excessive, gêne sociale.", yes=yes,
    )  # fmt: skip


def _other(random: Random, person: dict[str, Any], opened: date, index: int) -> Plan:
    if index < 34:
        sites = random.choice(((Site.BUTTOCK, Site.THIGH_LATERAL), (Site.THIGH_POSTERIOR,), (Site.ABDOMEN, Site.HIP)))
        days = tuple(1 + 7 * (number // 2) + 3 * (number % 2) for number in range(10))
        return Plan(
            person, Indication.CELLULITE, sites, opened, days, goal="Aspect de la peau.", complaint="Cellulite."
        )
    mode = "stimulated-sweat" if index < 38 else "reverse"
    days = (1, 22) if index % 2 else (1,)
    return Plan(
        person, Indication.EXTRACTION, (Site.FOREARM,), opened, days, goal="", complaint="Examen demandé par un confrère.", mode=mode
    )  # fmt: skip


def replies_at_consultation(plan: Plan) -> dict[str, tuple[str, str]]:
    """An answer to every question."""
    return {item.code: _reply(plan, item.code) for item in ITEMS}


def replies_at_session(plan: Plan) -> dict[str, tuple[str, str]]:
    """An answer to what is asked at every session."""
    return {item.code: _reply(plan, item.code) for item in EACH_SESSION}


def _reply(plan: Plan, code: str) -> tuple[str, str]:
    if code in plan.yes:
        return "yes", plan.yes[code]
    if code in {"iud", "pregnancy"} and plan.person["sex"] == "male":
        return "not-applicable", ""
    return "no", ""


def entry_of(random: Random, plan: Plan, number: int, started: datetime, people: dict[str, Any]) -> Entry:
    """One completed session of a plan, with all that a signed record needs."""
    minutes = {Indication.CELLULITE: 35, Indication.EXTRACTION: 55}.get(Indication(plan.indication), 30)
    values: dict[str, Any] = {
        "status": "completed",
        "started_at": started,
        "ended_at": started + timedelta(minutes=150 if plan.mode == "reverse" else minutes),
        "skin_before": "intact",
        "skin_after": random.choice(("intact", "intact", "erythema")),
        "metal_removed": random.choice(("yes", "none-worn")),
        "sensation": random.choice(("tingling", "tingling", "prickling", "none")),
        "pain_nrs": random.choice((0, 0, 1, 1, 2, 3)),
        "events_answer": "none-observed",
        **people,
    }
    rows = {
        Indication.HYPERHIDROSIS: hyperhidrosis_rows,
        Indication.CELLULITE: cellulite_rows,
        Indication.EXTRACTION: extraction_rows,
    }[Indication(plan.indication)](random, plan, number, started)
    values |= rows.pop("values")
    return Entry(values=values, replies=replies_at_session(plan), changed="no", **rows)


def hyperhidrosis_rows(random: Random, plan: Plan, number: int, _started: datetime) -> dict[str, Any]:
    """Tap water, direct current, polarity reversed half-way; scores at the first, each third and the last session."""
    figures = {Site.PALM: (12, 18, 10), Site.SOLE: (15, 22, 15), Site.AXILLA: (5, 10, 10)}
    applications, observations = [], []
    for site in plan.sites:
        low, high, half = figures[Site(site)]
        current = Decimal(random.randint(low * 2, high * 2)) / 2
        axilla = site == Site.AXILLA
        common = {
            "reversal": "manual", "current_type": "dc", "current_ma": current, "current_kind": "plateau",
            "current_reading": "average", "voltage_v": Decimal(random.randint(18, 42)), "duration_min": Decimal(half),
        }  # fmt: skip
        phases = tuple(
            Row({**common, "anode_site": site, "anode_side": anode, "cathode_site": site, "cathode_side": cathode})
            for anode, cathode in ((Side.LEFT, Side.RIGHT), (Side.RIGHT, Side.LEFT))
        )
        applications.append(
            Row(
                {
                    "site": site, "side": Side.BILATERAL, "medium": "tap-water",
                    "arrangement": {Site.PALM: "hand-hand", Site.SOLE: "foot-foot"}.get(Site(site), "axilla-axilla"),
                    "electrode_type": "sponge-pad" if axilla else "bath-plate",
                    "electrode_material": "carbon" if axilla else "stainless-steel",
                },
                below=phases,
            )
        )  # fmt: skip
        if number == 1 or number % 3 == 0 or number == len(plan.days):
            score = max(1, min(4, 4 - number // 3))
            mass = Decimal(max(6, 70 - 9 * min(number, 7) + random.randint(-4, 6)))
            observations.append(_seen("HDSS", site, Side.BILATERAL, Decimal(score), "{score}", rater="patient"))
            observations += [
                _seen("GRAV", site, side, mass, "mg/min", rater="staff") for side in (Side.LEFT, Side.RIGHT)
            ]
    phase = "induction" if number <= len(UK_DAYS) else "maintenance"
    return {
        "values": {"course_phase": phase, "dominant_hand": random.choice(("right", "right", "left"))},
        "applications": tuple(applications), "observations": tuple(observations),
    }  # fmt: skip


def cellulite_rows(random: Random, plan: Plan, number: int, _started: datetime) -> dict[str, Any]:
    """Gel with caffeine under pads; scores and circumferences at the first, fifth and last session."""
    applications, observations = [], []
    for site in plan.sites:
        side = Side.MIDLINE if site == Site.ABDOMEN else Side.BILATERAL
        common = {
            "current_type": "dc", "reversal": "automatic", "current_ma": Decimal(random.randint(8, 14)), "current_kind": "set",
            "current_reading": "not-stated", "duration_min": Decimal(20),
        }  # fmt: skip
        application = {
            "site": site, "side": side, "arrangement": "active-return", "electrode_type": "carbon-rubber",
            "electrode_material": "carbon", "electrode_area_cm2": Decimal(80), "electrode_area_kind": "pad", "medium": "gel",
            "product": "Gel de démonstration", "substance": "caféine", "concentration": Decimal(3), "concentration_unit": "%",
            "substance_batch": f"DEMO-{plan.opened:%y%m}",
        }  # fmt: skip
        poles = {"anode_site": site, "anode_side": side, "cathode_site": "return", "cathode_side": ""}
        applications.append(Row(application, below=(Row({**common, **poles}),)))
        if number in (1, 5, 10):
            observations.append(_seen("CSS", site, side, Decimal(11 - number // 3), "{score}", rater="physician"))
            around = Decimal(random.randint(560, 640)) / 10 - Decimal(number) / 5
            observations.append(_seen("CIRC", site, side, around, "cm", rater="staff", method="10 cm sous le repère"))
    if number in (1, 10):
        weight = Decimal(580 + 20 * (plan.opened.toordinal() % 9)) / 10 - Decimal(number) / 10
        observations.append(_seen("WEIGHT", "", "", weight, "kg", rater="device"))
    values = {"combined_procedures": "no", "position": "standing-relaxed"}
    return {"values": values, "applications": tuple(applications), "observations": tuple(observations)}


def extraction_rows(random: Random, plan: Plan, number: int, started: datetime) -> dict[str, Any]:
    """A sweat test on both forearms, or a reverse extraction on one."""
    if plan.mode == "reverse":
        return _reverse_rows(started, plan, number)
    applications, samples = [], []
    for side in (Side.LEFT, Side.RIGHT):
        settings = {
            "current_type": "dc", "reversal": "none", "current_ma": Decimal("1.50"), "current_kind": "set",
            "current_reading": "average", "duration_min": Decimal(5), "anode_site": Site.FOREARM, "anode_side": side,
            "cathode_site": Site.FOREARM, "cathode_side": side,
        }  # fmt: skip
        application = {
            "site": Site.FOREARM, "side": side, "arrangement": "active-return", "electrode_type": "hydrogel",
            "medium": "drug-solution", "substance": "pilocarpine", "concentration": Decimal("0.5"), "concentration_unit": "%",
            "substance_batch": "DEMO-PILO",
        }  # fmt: skip
        applications.append(Row(application, below=(Row(settings),)))
        scarce = number == 1 and side == Side.RIGHT and len(plan.days) > 1
        samples.append(
            Row(
                {
                    "sample_id": f"DEMO-{plan.opened:%y%m%d}-{number}{side[0].upper()}{random.randint(100, 999)}",
                    "site": Site.FOREARM, "side": side, "collector": "coil", "pooled": "no",
                    "collected_from": started + timedelta(minutes=12), "collected_until": started + timedelta(minutes=42),
                    "volume_ul": Decimal(random.randint(4, 11) if scarce else random.randint(22, 60)),
                    "sufficiency": "insufficient" if scarce else "sufficient", "laboratory": "Laboratoire de démonstration",
                    "sent_at": started + timedelta(minutes=50),
                }
            )
        )  # fmt: skip
    values = {"extraction_mode": plan.mode, "analyte": "chlorure", "clinical_question": "Toux chronique"}
    return {"values": values, "applications": tuple(applications), "samples": tuple(samples)}


def _reverse_rows(started: datetime, plan: Plan, number: int) -> dict[str, Any]:
    settings = {
        "current_type": "dc", "reversal": "none", "current_ma": Decimal("0.80"), "current_kind": "set",
        "current_reading": "average", "duration_min": Decimal(120), "anode_site": Site.FOREARM, "anode_side": Side.LEFT,
        "cathode_site": Site.FOREARM, "cathode_side": Side.LEFT,
    }  # fmt: skip
    application = {
        "site": Site.FOREARM, "side": Side.LEFT, "arrangement": "active-return", "electrode_type": "cup",
        "electrode_material": "ag-agcl", "medium": "saline",
    }  # fmt: skip
    sample = {
        "sample_id": f"DEMO-{plan.opened:%y%m%d}-{number}-LI", "site": Site.FOREARM, "side": Side.LEFT, "collector": "chamber",
        "pooled": "no", "collected_from": started + timedelta(minutes=10), "collected_until": started + timedelta(minutes=130),
        "volume_ul": Decimal(350), "sufficiency": "sufficient", "calibration": "blood", "blood_value": Decimal("0.70"),
        "blood_unit": "mmol/L", "blood_taken_at": started + timedelta(minutes=60),
    }  # fmt: skip
    values = {"extraction_mode": "reverse", "analyte": "lithium", "clinical_question": "Suivi sans prise de sang"}
    return {"values": values, "applications": (Row(application, below=(Row(settings),)),), "samples": (Row(sample),)}


def _seen(measure: str, site: str, side: str, value: Decimal, unit: str, *, rater: str, method: str = "") -> Row:
    values = {"measure": measure, "site": site, "side": side, "value": value, "unit": unit}
    return Row({**values, "moment": "before", "rater": rater, "method": method})
