"""May this session be stored, may it be signed, and if not, why not and at which field."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.measures.outcomes import BY_CODE, Measure
from sessions.measures.sites import SITES_OF, Indication, Site
from sessions.measures.words import EventsAnswer, Medium, Status, Sufficiency
from sessions.models import AdverseEvent, Application, Observation, Phase, Sample, Session

CLOCK_SLACK = timedelta(minutes=5)


def why_not_then(
    session: Session, *, now: datetime, day: date | None, birth_date: date, longest_hours: int
) -> list[Problem]:
    """Times that cannot be: in the future, before birth, the end before the start, longer than anybody treats.

    `day` is the day of the start in the clinic's time zone.
    """
    problems = []
    for field in ("started_at", "ended_at"):
        moment = getattr(session, field)
        if moment and moment > now + CLOCK_SLACK:
            problems.append(
                Problem(
                    field, _("This time lies in the future. A session is recorded when it has taken place."), "future"
                )
            )
    if day and day < birth_date:
        problems.append(Problem("started_at", _("This time lies before the patient's birth."), "before-birth"))
    if session.started_at and session.ended_at:
        if session.ended_at < session.started_at:
            problems.append(Problem("ended_at", _("The end lies before the start."), "order"))
        elif session.ended_at - session.started_at > timedelta(hours=longest_hours):
            problems.append(
                Problem("ended_at", _("Start and end lie far apart: please read both dates again."), "order")
            )
    return problems


def why_not_these_words(session: Session) -> list[Problem]:
    """Words that contradict each other, in a draft as well as in a signed record."""
    problems = []
    if session.status == Status.COMPLETED and session.outcome_reason:
        problems.append(Problem("outcome_reason", _("A completed session has no reason for stopping.")))
    if session.late_record and session.status == Status.NOT_DONE:
        problems.append(Problem("late_record", _("A session that was not done needs no late record.")))
    if not session.late_record and (session.late_reason or session.incident_note):
        problems.append(Problem("late_record", _("Tick this to keep the reason and the incident note, or clear them.")))
    return problems


def why_not_site(indication: str, site: str) -> list[Problem]:
    """A site belongs to the indication of the course."""
    if site and site not in SITES_OF[indication]:
        return [Problem("site", _("This site does not belong to the indication of the course."))]
    return []


def why_not_observation(observation: Observation, indication: str) -> list[Problem]:
    """A value that its scale cannot hold, a unit that its measure does not have, a site where one is needed."""
    measure = BY_CODE.get(observation.measure)
    if measure is None or indication not in measure.indications:
        return [Problem("measure", _("This measure does not belong to the indication of the course."))]
    problems = _value_problems(observation, measure)
    if observation.unit not in {ucum for ucum, _shown in measure.units}:
        problems.append(Problem("unit", _("This measure is not noted in this unit.")))
    if not measure.person and not (observation.site and observation.side):
        problems.append(Problem("site" if not observation.site else "side", _("Say at which site and side.")))
    if (
        measure.named_scale
        and observation.unit == "{score}"
        and not (observation.scale_name and observation.scale_maximum is not None)
    ):
        problems.append(Problem("scale_name", _("Name the scale and its highest grade.")))
    if observation.unit == "mg" and measure.timed and observation.collection_minutes is None:
        problems.append(Problem("collection_minutes", _("A mass of sweat needs its collection time.")))
    return problems


def _value_problems(observation: Observation, measure: Measure) -> list[Problem]:
    value = observation.value
    if value is None:
        return [Problem("value", _("Write the value."))]
    problems = []
    whole_score = measure.whole or (measure.named_scale and observation.unit == "{score}" and measure.places == 0)
    if whole_score and value != value.to_integral_value():
        problems.append(Problem("value", _("This scale has whole numbers only.")))
    least, most = measure.least, measure.most
    if measure.named_scale and observation.unit == "{score}":
        most = observation.scale_maximum
    if (least is not None and value < least) or (most is not None and value > most):
        problems.append(Problem("value", _("This value is not on the scale: please read it again.")))
    return problems


def why_not_phase(phase: Phase) -> list[Problem]:
    """What cannot be together in one phase, whatever the record's state."""
    problems = []
    if phase.anode_site and not phase.anode_side and phase.anode_site != "return":
        problems.append(Problem("anode_side", _("Say on which side the anode lay.")))
    if phase.cathode_site and not phase.cathode_side and phase.cathode_site != "return":
        problems.append(Problem("cathode_side", _("Say on which side the cathode lay.")))
    if phase.current_ma is not None and not phase.current_kind:
        problems.append(Problem("current_kind", _("Say what the figure is: set, read at plateau or the maximum.")))
    if phase.current_kind and phase.current_ma is None:
        problems.append(Problem("current_ma", _("Write the figure as well.")))
    if phase.frequency_hz is not None and phase.current_type == "dc":
        problems.append(Problem("frequency_hz", _("A direct current has no frequency. Please check the current type.")))
    if phase.duration_min is not None and phase.duration_min > 24 * 60:
        problems.append(Problem("duration_min", _("Longer than a day: please read it again.")))
    return problems


def why_not_application(application: Application, indication: str) -> list[Problem]:
    """What cannot be together in one application."""
    problems = why_not_site(indication, application.site)
    if application.site == Site.OTHER and not application.site_note:
        problems.append(Problem("site_note", _("Say which site.")))
    if application.concentration is not None and not application.concentration_unit:
        problems.append(Problem("concentration_unit", _("A concentration needs its unit.")))
    if application.concentration_unit and application.concentration is None:
        problems.append(Problem("concentration", _("Write the figure as well.")))
    if (
        application.concentration_unit == "%"
        and application.concentration is not None
        and application.concentration > 100
    ):
        problems.append(Problem("concentration", _("A percentage is one hundred at most.")))
    return problems


def why_not_event(event: AdverseEvent) -> list[Problem]:
    """Seriousness has its criterion; an event in other words has the words."""
    problems = []
    if event.serious == "yes" and not event.serious_criterion:
        problems.append(Problem("serious_criterion", _("Name the criterion of seriousness.")))
    if event.serious == "no" and event.serious_criterion:
        problems.append(Problem("serious_criterion", _("An event that is not serious has no criterion.")))
    if event.term == "other" and not event.term_note:
        problems.append(Problem("term_note", _("Say in words what it was.")))
    if event.device_incident == "yes" and not event.incident_report:
        problems.append(Problem("incident_report", _("Describe the device incident.")))
    if event.onset_figure is not None and not event.onset:
        problems.append(Problem("onset", _("Say whether these are minutes, hours or days.")))
    return problems


def why_not_sample(sample: Sample, now: datetime, numbers_elsewhere: Collection[str] = ()) -> list[Problem]:
    """Times and values of a sample that contradict each other; a number that stands on another sample."""
    problems = []
    if sample.sample_id in numbers_elsewhere:
        problems.append(Problem("sample_id", _("This sample number is on another sample.")))
    if sample.collected_from and sample.collected_until and sample.collected_until < sample.collected_from:
        problems.append(Problem("collected_until", _("The collection ends before it began.")))
    for field in ("collected_from", "collected_until", "sent_at", "blood_taken_at"):
        moment = getattr(sample, field)
        if moment and moment > now + CLOCK_SLACK:
            problems.append(Problem(field, _("This time lies in the future.")))
    if sample.blood_value is not None and not sample.blood_unit:
        problems.append(Problem("blood_unit", _("A blood value needs its unit.")))
    if sample.blood_unit and sample.blood_value is None:
        problems.append(Problem("blood_value", _("Write the figure as well.")))
    if sample.sufficiency == Sufficiency.SUFFICIENT and 0 in (sample.mass_mg, sample.volume_ul):
        problems.append(Problem("sufficiency", _("A sample of nothing cannot be sufficient.")))
    return problems


# --- Signing: what must be there --------------------------------------------------------------------


def why_not_sign(session: Session) -> list[Problem]:
    """What is missing before this record can be signed; the rows of the session are in hand (`with_rows`)."""
    problems = _required(session, "status", "started_at")
    if session.status in (Status.STOPPED, Status.NOT_DONE):
        problems += _required(session, "outcome_reason")
    if session.late_record:
        problems += _required(session, "late_reason", "incident_note")
    if session.status == Status.NOT_DONE:
        return problems + _no_current(session)
    problems += _required(
        session, "ended_at", "device", "operator", "skin_before", "skin_after", "metal_removed", "events_answer"
    )
    problems += _events(session)
    problems += _changed_since(session)
    problems += _of_indication(session)
    applications = list(session.applications.all())
    if not applications:
        problems.append(
            Problem("applications", _("Note at least one application: where, with what, and its phases."), "missing")
        )
    for index, application in enumerate(applications):
        problems += _application(application, index)
    return problems


def _no_current(session: Session) -> list[Problem]:
    """What was prepared may stand under a session that was not done; a current that flowed contradicts it."""
    phases = [phase for application in session.applications.all() for phase in application.phases.all()]
    if all(phase.current_ma is None and phase.duration_min is None for phase in phases):
        return []
    said = _("“Not done”, but a phase with current is described below. Remove it, or say what happened.")
    return [Problem("status", said, "contradiction")]


def _required(row: object, *fields: str, prefix: str = "") -> list[Problem]:
    return [
        Problem(f"{prefix}{field}", _("Still to be answered."), "missing")
        for field in fields
        if getattr(row, field) in (None, "")
    ]


def _events(session: Session) -> list[Problem]:
    events = len(session.events.all())
    if session.events_answer == EventsAnswer.OBSERVED and not events:
        return [Problem("events_answer", _("Describe what was observed."), "missing")]
    if session.events_answer == EventsAnswer.NONE_OBSERVED and events:
        return [Problem("events_answer", _("“None observed”, but an event is described below."), "contradiction")]
    return []


def _changed_since(session: Session) -> list[Problem]:
    screening = getattr(session, "screening", None)
    if session.late_record:
        return []
    if screening is None or not screening.changed:
        return [Problem("changed", _("Ask whether anything has changed since last time."), "missing")]
    if screening.changed == "yes" and not screening.changed_note:
        return [Problem("changed_note", _("Say what has changed."), "missing")]
    return []


def _of_indication(session: Session) -> list[Problem]:
    indication = session.course.indication
    if indication == Indication.HYPERHIDROSIS:
        return _required(session, "course_phase")
    if indication == Indication.CELLULITE:
        problems = _required(session, "combined_procedures")
        if session.combined_procedures == "yes":
            problems += _required(session, "combined_procedures_note")
        return problems
    problems = _required(session, "extraction_mode", "analyte", "clinical_question")
    samples = list(session.samples.all())
    if not samples and session.status == Status.COMPLETED:
        problems.append(Problem("samples", _("Note each sample, also one that was not sufficient."), "missing"))
    for index, sample in enumerate(samples):
        problems += _sample(sample, index)
    return problems


def _application(application: Application, index: int) -> Iterable[Problem]:
    prefix = f"applications-{index}-"
    yield from _required(application, "arrangement", "electrode_type", "medium", prefix=prefix)
    if application.medium == Medium.DRUG or application.substance:
        yield from _required(
            application, "substance", "concentration", "concentration_unit", "substance_batch", prefix=prefix
        )
    phases = list(application.phases.all())
    if not phases:
        yield Problem(f"{prefix}phases", _("Note at least one phase with its poles and settings."), "missing")
    for number, phase in enumerate(phases):
        yield from _phase(phase, f"phases-{index}-{number}-")


def _phase(phase: Phase, prefix: str) -> Iterable[Problem]:
    yield from _required(
        phase, "anode_site", "cathode_site", "reversal", "current_type", "current_ma", "current_kind", prefix=prefix
    )
    yield from _required(phase, "current_reading", "duration_min", prefix=prefix)


def _sample(sample: Sample, index: int) -> Iterable[Problem]:
    prefix = f"samples-{index}-"
    yield from _required(sample, "collector", "sufficiency", "pooled", prefix=prefix)
    if sample.sufficiency != Sufficiency.LOST:
        yield from _required(sample, "collected_from", "collected_until", prefix=prefix)
        if sample.mass_mg is None and sample.volume_ul is None:
            yield Problem(f"{prefix}mass_mg", _("Write the mass or the volume."), "missing")
