"""Sessions for the tests of reports, put in as an act puts them: any state, without the way there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clinic.accounts.models import User
from clinic.audit.act import act
from sessions.actions.figures import note_signed
from sessions.measures.outcomes import BY_CODE
from sessions.models import AdverseEvent, Application, Course, Observation, Phase, Session
from tests.factories import PARIS


def paris(*moment: int) -> datetime:
    """A moment as the clock in the clinic shows it."""
    return datetime(*moment, tzinfo=PARIS)  # type: ignore[misc]


def a_session(
    *,
    by: User,
    course: Course,
    started_at: datetime | None,
    sites: tuple[str, ...] = ("palm",),
    physician: User | None = None,
    observations: tuple[dict[str, Any], ...] = (),
    of_sites: Sequence[dict[str, Any]] = (),
    events: Sequence[dict[str, Any]] = (),
    **values: Any,
) -> Session:
    """A session with one application per site; signed and completed unless told otherwise.

    `of_sites`: what else is noted of each application, in their order; its phases as `phases`.
    """
    noted = [dict(of_sites[place]) if place < len(of_sites) else {} for place in range(len(sites))]
    phases = [more.pop("phases", ()) for more in noted]
    values = {"status": "completed", "record_status": "final", "number": course.sessions.count() + 1} | values
    if values["record_status"] == "final" and values["status"] != "not-done":
        values = {"events_answer": "none-observed", "skin_before": "intact", "skin_after": "intact"} | values
    if values["status"] in {"stopped", "not-done"}:
        values = {"outcome_reason": "patient-wish"} | values
    if started_at:
        values["month"] = started_at.astimezone(PARIS).date().replace(day=1)
    session = Session(patient=course.patient, course=course, physician=physician or by, started_at=started_at, **values)
    with act("log_session", by=by) as writing:
        writing.create(session)
        applications = [
            Application(session=session, number=n, **{"site": site, "side": "bilateral"} | more)
            for n, (site, more) in enumerate(zip(sites, noted, strict=True), start=1)
        ]
        writing.create(*applications)
        for application, each in zip(applications, phases, strict=True):
            writing.create(
                *[Phase(application=application, number=n, **phase) for n, phase in enumerate(each, start=1)]
            )
        writing.create(*[AdverseEvent(session=session, number=n, **event) for n, event in enumerate(events, start=1)])
        if observations:
            writing.create(*[_observation(session, n, values) for n, values in enumerate(observations, start=1)])
        note_signed(session)
        writing.about(f"session:{session.uid}", course.patient_id)
    return session


def _observation(session: Session, number: int, values: dict[str, Any]) -> Observation:
    given = {"measure": "HDSS", "unit": "{score}", "site": "palm", "side": "right", "moment": "before"} | values
    version = BY_CODE[given["measure"]].version
    return Observation(session=session, number=number, scale_version=version, **given)
