"""What was set in a session, as blocks for a document: each application with a table of its phases."""

from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.figures import typed_text
from clinic.lib.table import Column
from sessions.exports.record_words import (
    NOTHING,
    Block,
    day,
    fact_if,
    facts_block,
    figure,
    heading,
    label,
    plain_figure,
    without_empty_columns,
)
from sessions.measures.quantities import QUANTITIES
from sessions.models import Application, Phase


def applications(record: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    for application in record["applications"]:
        place = f"{application.get_site_display()}, {application.get_side_display()}"
        note = f" ({application.site_note})" if application.site_note else ""
        blocks.append(heading(f"{application.number}. {place}{note}", 3))
        facts = facts_block(*_application_facts(application))
        if facts["facts"]:
            blocks.append(facts)
        phases = list(application.phases.all())
        blocks.append(_phases(phases) if phases else {"kind": "quiet", "text": _("no phase noted")})
    return [heading(_("Applications, settings as documented")), *blocks] if blocks else []


def _application_facts(row: Application) -> list[tuple[str, str] | None]:
    unit = row.get_concentration_unit_display()
    concentration = f"{plain_figure(row, 'concentration')}\u00a0{unit}" if row.concentration is not None else ""
    return [
        fact_if(label(Application, "arrangement"), row.get_arrangement_display()),
        fact_if(label(Application, "return_place"), row.return_place),
        fact_if(
            label(Application, "electrode_type"),
            row.get_electrode_type_display(),
            row.get_electrode_material_display(),
        ),
        fact_if(
            label(Application, "electrode_area_cm2"),
            figure(row, "electrode_area_cm2"),
            row.get_electrode_area_kind_display(),
        ),
        fact_if(label(Application, "medium"), row.get_medium_display(), row.medium_additive),
        fact_if(label(Application, "water_level"), row.water_level),
        fact_if(label(Application, "water_temperature_cel"), figure(row, "water_temperature_cel")),
        fact_if(label(Application, "product"), row.product),
        fact_if(label(Application, "substance"), row.substance, concentration, figure(row, "substance_volume_ml")),
        fact_if(label(Application, "substance_batch"), row.substance_batch),
        fact_if(label(Application, "substance_expiry_date"), day(row.substance_expiry_date)),
    ]


def _phases(phases: list[Phase]) -> Block:
    """One line for each phase: poles and what every physician writes have columns, the rest stands in words."""

    def column(name: str, kind: str = "text") -> Column:
        unit = QUANTITIES[name].shown if kind == "number" else ""
        return Column(name, label(Phase, name), kind, unit)

    columns = [
        Column("number", label(Phase, "number"), "number"),
        column("anode_site"),
        column("cathode_site"),
        column("current_ma", "number"),
        column("current_kind"),
        column("duration_min", "number"),
        column("current_type"),
    ]
    rows = [
        (
            phase.number,
            _pole(phase.get_anode_site_display(), phase.get_anode_side_display()),
            _pole(phase.get_cathode_site_display(), phase.get_cathode_side_display()),
            plain_figure(phase, "current_ma"),
            phase.get_current_kind_display(),
            plain_figure(phase, "duration_min"),
            phase.get_current_type_display(),
        )
        for phase in phases
    ]
    table = without_empty_columns(columns, rows)
    for line, phase in zip(table["rows"], phases, strict=True):
        line["under"] = " · ".join(f"{name}{_(':')} {text}" for name, text in filter(None, _other_settings(phase)))
    return table


def _pole(site: str, side: str) -> str:
    return " ".join(part for part in (site, side) if part) or NOTHING


def _other_settings(phase: Phase) -> list[tuple[str, str] | None]:
    measured = (
        "voltage_v",
        "frequency_hz",
        "duty_cycle_pct",
        "pulse_width_ms",
        "current_density_ma_cm2",
        "charge_ma_min",
    )
    return [
        fact_if(label(Phase, "current_reading"), phase.get_current_reading_display()),
        fact_if(label(Phase, "reversal"), phase.get_reversal_display()),
        *(fact_if(label(Phase, name), figure(phase, name)) for name in measured),
        fact_if(label(Phase, "as_typed"), *_typed_otherwise(phase)),
    ]


def _typed_otherwise(phase: Phase) -> list[str]:
    """What was typed where the stored figure is another one, such as 2,5 kHz for 2500 Hz."""
    typed = phase.as_typed
    units = {"frequency_hz": typed.get("frequency_unit", "")}
    return [
        f"{text} {units.get(name, '')}".strip()
        for name, text in typed.items()
        if name != "frequency_unit" and not typed_text(text, getattr(phase, name))
    ]
