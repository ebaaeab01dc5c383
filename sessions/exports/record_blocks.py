"""The sections of a session's record as blocks for a document (`clinic/typst/frame.typ`), in the order of its page."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from clinic.lib.as_pdf import rows_block
from clinic.lib.figures import figure_text, typed_text
from clinic.lib.table import Column
from sessions.measures.quantities import QUANTITIES
from sessions.models import AdverseEvent, Application, Phase, Result, Sample, Session

Block = dict[str, Any]
NOTHING = "—"


def sections(record: dict[str, Any]) -> list[Block]:
    """Every section that has something to show; `record` as `sessions.reports.record.record_of` gives it."""
    makers: list[Callable[[dict[str, Any]], list[Block]]] = [
        _when_and_who,
        _late_record,
        _answers,
        _applications,
        _samples,
        _seen,
        _events,
        _notes,
    ]
    return [block for make in makers for block in make(record)]


def joined(*parts: Any) -> str:
    """The parts that are there, with a point between; a dash where none is."""
    return " · ".join(str(part) for part in parts if part not in (None, "")) or NOTHING


def label(model: type[models.Model], name: str) -> str:
    """What a field is called, as the beginning of a line."""
    return capfirst(str(getattr(model._meta.get_field(name), "verbose_name", name)))


def figure(row: Any, name: str) -> str:
    """A figure with the digits that were typed and its unit; nothing where none was written."""
    value = getattr(row, name)
    if value is None:
        return ""
    unit = str(QUANTITIES[name].shown)
    return f"{plain_figure(row, name)}\u00a0{unit}".strip()


def plain_figure(row: Any, name: str) -> str:
    """A figure with the digits that were typed, without its unit."""
    value = getattr(row, name)
    return typed_text(row.as_typed.get(name, ""), value) or figure_text(value)


def moment(value: Any) -> str:
    return date_format(localtime(value), "DATETIME_FORMAT") if value else ""


def day(value: Any) -> str:
    return date_format(value, "SHORT_DATE_FORMAT") if value else ""


def _heading(text: str, level: int = 2) -> Block:
    return {"kind": "heading", "text": text, "level": level}


def _facts(*pairs: tuple[str, str] | None, columns: int = 3) -> Block:
    return {"kind": "facts", "facts": [list(pair) for pair in pairs if pair], "columns": columns}


def _if(label: str, *parts: Any) -> tuple[str, str] | None:
    """A fact that stands only where something was written."""
    text = joined(*parts)
    return None if text == NOTHING else (label, text)


def _when_and_who(record: dict[str, Any]) -> list[Block]:
    session: Session = record["session"]
    return [
        _heading(_("When and who")),
        _facts(
            (
                _("What happened"),
                joined(session.get_status_display(), session.get_outcome_reason_display(), session.outcome_note),
            ),
            (_("Device"), joined(session.device, session.device_program)),
            (_("Start"), joined(moment(session.started_at))),
            (_("End"), joined(moment(session.ended_at))),
            (_("Operator"), joined(session.operator)),
            (_("Responsible physician"), str(session.physician)),
            _if(_("Phase of the course"), session.get_course_phase_display()),
            _if(_("Dominant hand"), session.get_dominant_hand_display()),
            _if(_("Dryness before the session"), session.dryness_before),
            _if(
                _("Other procedures the same day"),
                session.get_combined_procedures_display(),
                session.combined_procedures_note,
            ),
            _if(_("Position for measuring"), session.get_position_display()),
            _if(_("Mode"), session.get_extraction_mode_display()),
            _if(_("Analyte"), session.analyte),
            _if(_("Question asked"), session.clinical_question),
        ),
    ]


def _late_record(record: dict[str, Any]) -> list[Block]:
    session: Session = record["session"]
    if not session.late_record:
        return []
    facts = _facts(
        (_("Why it is recorded late"), joined(session.late_reason)),
        (_("Incident note"), joined(session.incident_note)),
        columns=1,
    )
    return [{"kind": "callout", "tone": "warn", "title": _("Late record"), "blocks": [facts]}]


def _answers(record: dict[str, Any]) -> list[Block]:
    screening = record["screening"]
    if not screening:
        return []
    pairs: list[tuple[str, str] | None] = []
    for answer in record["answers"]:
        said = [joined(answer.get_reply_display(), answer.detail)]
        for decision in answer.decisions.all():
            words = f"{decision.get_word_display()}, {day(decision.decided_date)}, {decision.physician}"
            said.append(f"{_('Decision:')} {words}\n{decision.reason}")
        pairs.append((str(answer.question.short), "\n".join(said)))
    return [
        _heading(_("Changed since last time?")),
        {"kind": "text", "text": joined(screening.get_changed_display(), screening.changed_note)},
        _facts(*pairs),
    ]


def _applications(record: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    for application in record["applications"]:
        place = f"{application.get_site_display()}, {application.get_side_display()}"
        note = f" ({application.site_note})" if application.site_note else ""
        blocks.append(_heading(f"{application.number}. {place}{note}", 3))
        facts = _facts(*_application_facts(application))
        if facts["facts"]:
            blocks.append(facts)
        phases = list(application.phases.all())
        blocks.append(_phases(phases) if phases else {"kind": "quiet", "text": _("no phase noted")})
    return [_heading(_("Applications, settings as documented")), *blocks] if blocks else []


def _application_facts(row: Application) -> list[tuple[str, str] | None]:
    unit = row.get_concentration_unit_display()
    concentration = f"{plain_figure(row, 'concentration')}\u00a0{unit}" if row.concentration is not None else ""
    return [
        _if(label(Application, "arrangement"), row.get_arrangement_display()),
        _if(label(Application, "return_place"), row.return_place),
        _if(
            label(Application, "electrode_type"),
            row.get_electrode_type_display(),
            row.get_electrode_material_display(),
        ),
        _if(
            label(Application, "electrode_area_cm2"),
            figure(row, "electrode_area_cm2"),
            row.get_electrode_area_kind_display(),
        ),
        _if(label(Application, "medium"), row.get_medium_display(), row.medium_additive),
        _if(label(Application, "water_level"), row.water_level),
        _if(label(Application, "water_temperature_cel"), figure(row, "water_temperature_cel")),
        _if(label(Application, "product"), row.product),
        _if(label(Application, "substance"), row.substance, concentration, figure(row, "substance_volume_ml")),
        _if(label(Application, "substance_batch"), row.substance_batch),
        _if(label(Application, "substance_expiry_date"), day(row.substance_expiry_date)),
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
    table = _without_empty_columns(columns, rows)
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
        _if(label(Phase, "current_reading"), phase.get_current_reading_display()),
        _if(label(Phase, "reversal"), phase.get_reversal_display()),
        *(_if(label(Phase, name), figure(phase, name)) for name in measured),
        _if(label(Phase, "as_typed"), *_typed_otherwise(phase)),
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


def _samples(record: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    for sample in record["samples"]:
        blocks.append(_heading(f"{sample.sample_id} · {sample.get_site_display()}, {sample.get_side_display()}", 3))
        blocks.append(_facts(*_sample_facts(sample)))
        blocks += [_result(result) for result in sample.results.all()]
        if not sample.results.all():
            blocks.append({"kind": "quiet", "text": _("No result from the laboratory yet.")})
    return [_heading(_("Samples")), *blocks] if blocks else []


def _sample_facts(row: Sample) -> list[tuple[str, str] | None]:
    blood = f"{plain_figure(row, 'blood_value')}\u00a0{row.get_blood_unit_display()}"
    return [
        (
            label(Sample, "sufficiency"),
            joined(row.get_sufficiency_display(), figure(row, "mass_mg"), figure(row, "volume_ul")),
        ),
        (label(Sample, "collector"), joined(row.get_collector_display())),
        (label(Sample, "collected_from"), joined(moment(row.collected_from))),
        (label(Sample, "collected_until"), joined(moment(row.collected_until))),
        _if(label(Sample, "pooled"), row.get_pooled_display()),
        _if(label(Sample, "calibration"), row.get_calibration_display(), row.calibration_note),
        _if(label(Sample, "blood_value"), blood if row.blood_value is not None else "", moment(row.blood_taken_at)),
        _if(label(Sample, "laboratory"), row.laboratory),
        _if(label(Sample, "sent_at"), moment(row.sent_at)),
    ]


def _result(row: Result) -> Block:
    value = f"{row.comparator} {plain_figure(row, 'result_value')}\u00a0{row.get_result_unit_display()}"
    facts = _facts(
        _if(_("Entered in error"), row.error_reason if row.in_error else ""),
        (label(Result, "result_value"), value if row.result_value is not None else row.get_sufficiency_display()),
        _if(label(Result, "method"), row.get_method_display()),
        _if(label(Result, "sweat_rate"), figure(row, "sweat_rate")),
        _if(label(Result, "received_at"), moment(row.received_at)),
        _if(label(Result, "reported_at"), moment(row.reported_at)),
        _if(label(Result, "reference_text"), row.reference_text),
        _if(label(Result, "interpretation"), row.interpretation),
    )
    title = _("Result, entered in error") if row.in_error else _("Result")
    return {"kind": "callout", "tone": "bad" if row.in_error else "plain", "title": title, "blocks": [facts]}


def _seen(record: dict[str, Any]) -> list[Block]:
    session: Session = record["session"]
    blocks = [
        _heading(_("Seen")),
        _facts(
            (_("Skin before"), joined(session.get_skin_before_display(), session.skin_before_note)),
            (_("Skin after"), joined(session.get_skin_after_display(), session.skin_after_note)),
            (_("Jewellery"), joined(session.get_metal_removed_display())),
            (_("Sensation"), joined(session.get_sensation_display(), session.sensation_note)),
            (_("Worst pain, 0 to 10"), joined(session.pain_nrs)),
        ),
    ]
    if record["observations"]:
        blocks.append(_observations(record["observations"]))
    return blocks


def _observations(observations: list[Any]) -> Block:
    columns = [
        Column("measure", _("Measure")),
        Column("place", _("Site and side")),
        Column("moment", _("When")),
        Column("value", _("Value"), "number"),
        Column("unit", _("Unit")),
        Column("collection", _("Collection")),
        Column("rater", _("Rated by, method")),
        Column("version", _("Scale version")),
    ]
    rows = []
    for row in observations:
        highest = f"{_('highest')} {plain_figure(row, 'scale_maximum')}" if row.scale_maximum is not None else ""
        scale = ", ".join(part for part in (row.scale_name, highest) if part)
        rows.append(
            (
                f"{row.get_measure_display()} ({scale})" if scale else row.get_measure_display(),
                f"{row.get_site_display()}, {row.get_side_display()}" if row.site else _("whole person"),
                row.get_moment_display(),
                plain_figure(row, "value"),
                row.shown_unit,
                figure(row, "collection_minutes"),
                " · ".join(part for part in (row.get_rater_display(), row.method) if part),
                row.scale_version,
            )
        )
    return _without_empty_columns(columns, rows)


def _without_empty_columns(columns: list[Column], rows: list[tuple[Any, ...]]) -> Block:
    """The table without the columns in which no row says anything."""
    kept = [place for place in range(len(columns)) if any(row[place] not in (None, "") for row in rows)]
    return rows_block([columns[place] for place in kept], [[row[place] for place in kept] for row in rows])


def _events(record: dict[str, Any]) -> list[Block]:
    answer = record["session"].get_events_answer_display()
    if not record["events"]:
        return [_heading(_("Adverse events")), {"kind": "text", "text": answer or _("not answered")}]
    blocks: list[Block] = [_heading(_("Adverse events"))]
    for event in record["events"]:
        title = joined(event.get_term_display(), event.term_note)
        blocks.append({"kind": "callout", "tone": "plain", "title": title, "blocks": [_facts(*_event_facts(event))]})
    return blocks


def _event_facts(row: AdverseEvent) -> list[tuple[str, str] | None]:
    where = ", ".join(part for part in (row.get_site_display(), row.get_side_display()) if part)
    return [
        (label(AdverseEvent, "severity"), row.get_severity_display()),
        (label(AdverseEvent, "serious"), joined(row.get_serious_display(), row.get_serious_criterion_display())),
        _if(label(AdverseEvent, "ctcae_grade"), row.ctcae_grade),
        _if(_("Where"), where, row.get_under_electrode_display()),
        _if(label(AdverseEvent, "onset"), row.get_onset_display(), row.onset_figure),
        _if(label(AdverseEvent, "detected_by"), row.get_detected_by_display()),
        _if(label(AdverseEvent, "relatedness"), row.get_relatedness_display()),
        _if(label(AdverseEvent, "expected"), row.get_expected_display()),
        _if(label(AdverseEvent, "action"), row.get_action_display()),
        _if(label(AdverseEvent, "outcome"), row.get_outcome_display(), day(row.outcome_date)),
        _if(label(AdverseEvent, "device_incident"), row.get_device_incident_display(), row.incident_report),
    ]


def _notes(record: dict[str, Any]) -> list[Block]:
    notes = record["session"].notes
    return [_heading(_("Notes")), {"kind": "text", "text": notes}] if notes else []
