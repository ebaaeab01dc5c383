"""What a browser posts for a session: every field by its name, rows by their numbers."""

from typing import Any
from uuid import uuid4

from sessions.measures.answers import EACH_SESSION

PHASE = {
    "anode_site": "palm",
    "anode_side": "right",
    "cathode_site": "palm",
    "cathode_side": "left",
    "reversal": "manual",
    "current_type": "dc",
    "current_ma": "15,0",
    "current_kind": "set",
    "current_reading": "not-stated",
    "duration_min": "10",
}
APPLICATION = {
    "site": "palm",
    "side": "bilateral",
    "arrangement": "hand-hand",
    "electrode_type": "bath-plate",
    "medium": "tap-water",
}
OBSERVATION = {"measure": "HDSS", "site": "palm", "side": "right", "moment": "before", "value": "3", "unit": "{score}"}
EVENT = {"term": "erythema", "severity": "mild", "serious": "no"}


def posted(
    *,
    physician: Any,
    device: Any = None,
    applications: list[dict[str, Any]] | None = None,
    observations: list[dict[str, Any]] | None = None,
    events: list[dict[str, Any]] | None = None,
    samples: list[dict[str, Any]] | None = None,
    replies: str = "no",
    initial: dict[str, int] | None = None,
    **fields: Any,
) -> dict[str, str]:
    """The whole form; an application may name its "phases" as a list."""
    data: dict[str, Any] = {
        "form_key": str(uuid4()),
        "then": "draft",
        "started_at": "2026-01-12T14:05",
        "ended_at": "2026-01-12T14:30",
        "device": device.pk if device else "",
        "operator": physician.pk,
        "physician": physician.pk,
        "status": "completed",
        "course_phase": "induction",
        "skin_before": "intact",
        "skin_after": "erythema",
        "metal_removed": "yes",
        "events_answer": "none-observed",
        "changed": "no",
        **{f"reply_{item.code}": replies for item in EACH_SESSION},
    }
    known = initial or {}
    applications = [{"phases": [PHASE], **APPLICATION}] if applications is None else applications
    observations = [OBSERVATION] if observations is None else observations
    for index, application in enumerate(applications):
        rows = dict(application)
        data |= formset(f"phases-{index}", rows.pop("phases", []), known.get(f"phases-{index}", 0))
        data |= {f"applications-{index}-{name}": value for name, value in rows.items()}
    data |= formset("applications", applications, known.get("applications", 0), fields_too=False)
    data |= formset("observations", observations, known.get("observations", 0))
    data |= formset("events", events or [], known.get("events", 0))
    data |= formset("samples", samples or [], known.get("samples", 0))
    return {name: str(value) for name, value in (data | fields).items()}


def formset(prefix: str, rows: list[dict[str, Any]], initial: int, *, fields_too: bool = True) -> dict[str, Any]:
    """Management form and rows of one formset."""
    found = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    if fields_too:
        found |= {f"{prefix}-{index}-{name}": value for index, row in enumerate(rows) for name, value in row.items()}
    return found
