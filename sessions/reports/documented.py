"""The settings as documented, one line per phase: never computed, never rounded."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.figures import figure_text
from sessions.measures import words
from sessions.measures.quantities import SETTINGS
from sessions.measures.sites import POLE_SITES, Side, Site
from sessions.models import Application

COLUMNS = (
    "session_id", "id", "site", "side", "medium", "substance", "concentration", "concentration_unit",
    "phases__id", "phases__anode_site", "phases__anode_side", "phases__cathode_site", "phases__cathode_side",
    "phases__current_type", "phases__current_ma", "phases__current_kind", "phases__current_reading", "phases__voltage_v",
    "phases__frequency_hz", "phases__duty_cycle_pct", "phases__pulse_width_ms", "phases__duration_min",
    "phases__current_density_ma_cm2", "phases__charge_ma_min",
)  # fmt: skip


@dataclass
class AppliedLine:
    """One place that was treated, with a line of text per phase."""

    place: str
    medium: str
    phases: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        return f"{self.place} · {self.medium}" if self.medium else self.place

    @property
    def text(self) -> str:
        """One line per phase: the page keeps the line breaks, and a long story stays quick to draw."""
        return "\n".join(self.phases)


class Labels:
    """The words of closed lists in the reader's language, each translated once."""

    def __init__(self) -> None:
        self._poles = {code: str(label) for code, label in POLE_SITES}
        self._sites = {site.value: str(site.label) for site in Site}
        self._sides = {side.value: str(side.label) for side in Side}
        self._media = {medium.value: str(medium.label) for medium in words.Medium}
        self._types = {kind.value: str(kind.label) for kind in words.CurrentType}
        self._kinds = {kind.value: str(kind.label) for kind in words.CurrentKind}
        self._readings = {
            kind.value: str(kind.label) for kind in words.CurrentReading if kind != words.CurrentReading.NOT_STATED
        }
        self._figures: dict[tuple[str, Decimal], str] = {}
        self._units = {name: str(quantity.shown) for name, quantity in SETTINGS.items()}

    def place(self, site: str, side: str) -> str:
        return _words(self._sites.get(site, site), self._sides.get(side, side))

    def pole(self, sign: str, site: str, side: str) -> str:
        return f"{sign} {_words(self._poles.get(site, site), self._sides.get(side, side))}" if site else ""

    def medium(self, row: dict[str, Any]) -> str:
        strength = (
            f"{figure_text(row['concentration'])} {row['concentration_unit']}"
            if row["concentration"] is not None
            else ""
        )
        return ", ".join(
            part for part in (self._media.get(row["medium"], ""), f"{row['substance']} {strength}".strip()) if part
        )

    def phase(self, row: dict[str, Any]) -> str:
        """What was documented of one phase, in the order of the form."""
        said = [
            self.pole("+", row["phases__anode_site"], row["phases__anode_side"]),
            self.pole("−", row["phases__cathode_site"], row["phases__cathode_side"]),
            self._types.get(row["phases__current_type"], ""),
            _words(
                self.figure("current_ma", row["phases__current_ma"]),
                self.kind(row["phases__current_kind"], row["phases__current_reading"]),
            ),
        ]
        others = (
            "voltage_v",
            "frequency_hz",
            "duty_cycle_pct",
            "pulse_width_ms",
            "duration_min",
            "current_density_ma_cm2",
            "charge_ma_min",
        )
        said += [self.figure(name, row[f"phases__{name}"]) for name in others]
        # No line begins with the sign that parts two settings.
        return "\u00a0· ".join(part for part in said if part) or _("nothing documented")

    def kind(self, kind: str, reading: str) -> str:
        """What the figure of a current is: set, read at plateau, maximum; average or peak."""
        return _words(self._kinds.get(kind, ""), self._readings.get(reading, ""))

    def figure(self, name: str, value: Decimal | None) -> str:
        if value is None:
            return ""
        known = self._figures.get((name, value))
        if known is None:
            known = self._figures[name, value] = f"{figure_text(value)}\u00a0{self._units[name]}"
        return known


def documented_settings(applications: Iterable[Application]) -> dict[int, list[AppliedLine]]:
    """Per session the places treated with their phases; one query."""
    labels = Labels()
    lines: dict[int, list[AppliedLine]] = {}
    last = None
    rows = applications.order_by("session_id", "number", "id", "phases__number", "phases__id").values(*COLUMNS)  # type: ignore[attr-defined]
    for row in rows:
        here = lines.setdefault(row["session_id"], [])
        if row["id"] != last:
            here.append(AppliedLine(labels.place(row["site"], row["side"]), labels.medium(row)))
            last = row["id"]
        if row["phases__id"]:
            here[-1].phases.append(labels.phase(row))
    return lines


def _words(*parts: str) -> str:
    return " ".join(part for part in parts if part)
