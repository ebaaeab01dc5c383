"""The sections of a session's record as blocks for a document (`clinic/typst/frame.typ`), in the order of its page."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.table import Column
from sessions.exports.record_settings import applications
from sessions.exports.record_words import (
    Block,
    day,
    fact_if,
    facts_block,
    figure,
    heading,
    joined,
    label,
    moment,
    plain_figure,
    without_empty_columns,
)
from sessions.models import AdverseEvent, Result, Sample, Session


def sections(record: dict[str, Any]) -> list[Block]:
    """Every section that has something to show; `record` as `sessions.reports.record.record_of` gives it."""
    makers: list[Callable[[dict[str, Any]], list[Block]]] = [
        _when_and_who,
        _late_record,
        _answers,
        applications,
        _samples,
        _seen,
        _events,
        _notes,
    ]
    return [block for make in makers for block in make(record)]


def _when_and_who(record: dict[str, Any]) -> list[Block]:
    session: Session = record["session"]
    return [
        heading(_("When and who")),
        facts_block(
            (
                _("What happened"),
                joined(session.get_status_display(), session.get_outcome_reason_display(), session.outcome_note),
            ),
            (_("Device"), joined(session.device, session.device_program)),
            (_("Start"), joined(moment(session.started_at))),
            (_("End"), joined(moment(session.ended_at))),
            (_("Operator"), joined(session.operator)),
            (_("Responsible physician"), str(session.physician)),
            fact_if(_("Phase of the course"), session.get_course_phase_display()),
            fact_if(_("Dominant hand"), session.get_dominant_hand_display()),
            fact_if(_("Dryness before the session"), session.dryness_before),
            fact_if(
                _("Other procedures the same day"),
                session.get_combined_procedures_display(),
                session.combined_procedures_note,
            ),
            fact_if(_("Position for measuring"), session.get_position_display()),
            fact_if(_("Mode"), session.get_extraction_mode_display()),
            fact_if(_("Analyte"), session.analyte),
            fact_if(_("Question asked"), session.clinical_question),
        ),
    ]


def _late_record(record: dict[str, Any]) -> list[Block]:
    session: Session = record["session"]
    if not session.late_record:
        return []
    facts = facts_block(
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
        heading(_("Changed since last time?")),
        {"kind": "text", "text": joined(screening.get_changed_display(), screening.changed_note)},
        facts_block(*pairs),
    ]


def _samples(record: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    for sample in record["samples"]:
        blocks.append(heading(f"{sample.sample_id} · {sample.get_site_display()}, {sample.get_side_display()}", 3))
        blocks.append(facts_block(*_sample_facts(sample)))
        blocks += [_result(result) for result in sample.results.all()]
        if not sample.results.all():
            blocks.append({"kind": "quiet", "text": _("No result from the laboratory yet.")})
    return [heading(_("Samples")), *blocks] if blocks else []


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
        fact_if(label(Sample, "pooled"), row.get_pooled_display()),
        fact_if(label(Sample, "calibration"), row.get_calibration_display(), row.calibration_note),
        fact_if(label(Sample, "blood_value"), blood if row.blood_value is not None else "", moment(row.blood_taken_at)),
        fact_if(label(Sample, "laboratory"), row.laboratory),
        fact_if(label(Sample, "sent_at"), moment(row.sent_at)),
    ]


def _result(row: Result) -> Block:
    value = f"{row.comparator} {plain_figure(row, 'result_value')}\u00a0{row.get_result_unit_display()}"
    facts = facts_block(
        fact_if(_("Entered in error"), row.error_reason if row.in_error else ""),
        (label(Result, "result_value"), value if row.result_value is not None else row.get_sufficiency_display()),
        fact_if(label(Result, "method"), row.get_method_display()),
        fact_if(label(Result, "sweat_rate"), figure(row, "sweat_rate")),
        fact_if(label(Result, "received_at"), moment(row.received_at)),
        fact_if(label(Result, "reported_at"), moment(row.reported_at)),
        fact_if(label(Result, "reference_text"), row.reference_text),
        fact_if(label(Result, "interpretation"), row.interpretation),
    )
    title = _("Result, entered in error") if row.in_error else _("Result")
    return {"kind": "callout", "tone": "bad" if row.in_error else "plain", "title": title, "blocks": [facts]}


def _seen(record: dict[str, Any]) -> list[Block]:
    session: Session = record["session"]
    blocks = [
        heading(_("Seen")),
        facts_block(
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
    return without_empty_columns(columns, rows)


def _events(record: dict[str, Any]) -> list[Block]:
    answer = record["session"].get_events_answer_display()
    if not record["events"]:
        return [heading(_("Adverse events")), {"kind": "text", "text": answer or _("not answered")}]
    blocks: list[Block] = [heading(_("Adverse events"))]
    for event in record["events"]:
        title = joined(event.get_term_display(), event.term_note)
        blocks.append(
            {"kind": "callout", "tone": "plain", "title": title, "blocks": [facts_block(*_event_facts(event))]}
        )
    return blocks


def _event_facts(row: AdverseEvent) -> list[tuple[str, str] | None]:
    where = ", ".join(part for part in (row.get_site_display(), row.get_side_display()) if part)
    return [
        (label(AdverseEvent, "severity"), row.get_severity_display()),
        (label(AdverseEvent, "serious"), joined(row.get_serious_display(), row.get_serious_criterion_display())),
        fact_if(label(AdverseEvent, "ctcae_grade"), row.ctcae_grade),
        fact_if(_("Where"), where, row.get_under_electrode_display()),
        fact_if(label(AdverseEvent, "onset"), row.get_onset_display(), row.onset_figure),
        fact_if(label(AdverseEvent, "detected_by"), row.get_detected_by_display()),
        fact_if(label(AdverseEvent, "relatedness"), row.get_relatedness_display()),
        fact_if(label(AdverseEvent, "expected"), row.get_expected_display()),
        fact_if(label(AdverseEvent, "action"), row.get_action_display()),
        fact_if(label(AdverseEvent, "outcome"), row.get_outcome_display(), day(row.outcome_date)),
        fact_if(label(AdverseEvent, "device_incident"), row.get_device_incident_display(), row.incident_report),
    ]


def _notes(record: dict[str, Any]) -> list[Block]:
    notes = record["session"].notes
    return [heading(_("Notes")), {"kind": "text", "text": notes}] if notes else []
