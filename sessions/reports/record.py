"""One session as its record page shows it: what was written, who signed, what was added, why it was struck through."""

from typing import Any

from clinic.lib.problems import Problem
from sessions.measures.answers import BY_CODE
from sessions.measures.quantities import QUANTITIES
from sessions.models import Application, Phase, Sample, Session, Signature
from sessions.reports.signatures import alterations_of, given_rows


def record_of(session: Session) -> dict[str, Any]:
    """The context of the record page; `session` comes with its rows."""
    signatures = list(
        Signature.objects.filter(session=session).select_related("addendum", "signer").order_by("signed_at", "id")
    )
    given = given_rows(signatures)
    screening = getattr(session, "screening", None)
    error = (
        session.history.filter(record_status="entered-in-error").order_by("history_id").select_related("act").first()
    )
    wrong = alterations_of(session, signatures, given, struck=error is not None)
    for signature in signatures:
        signature.reason = given[signature.pk].act.reason if signature.pk in given else ""  # type: ignore[attr-defined]
        signature.wrong = [alteration.words for one, alteration in wrong if one is signature]  # type: ignore[attr-defined]
    return {
        "session": session,
        "course": session.course,
        "applications": list(session.applications.all()),
        "observations": list(session.observations.all()),
        "events": list(session.events.all()),
        "samples": list(session.samples.all()),
        "screening": screening,
        "answers": [answer for answer in screening.answers.all() if answer.reply] if screening else [],
        "signatures": [signature for signature in signatures if signature.addendum is None],
        "addenda": [signature for signature in signatures if signature.addendum is not None],
        "wrong": [alteration.words for signature, alteration in wrong if signature is None],
        "in_error": error.act if error and session.is_in_error else None,
        "units": {name: quantity.shown for name, quantity in QUANTITIES.items()},
    }


def where_to_answer(session: Session, problems: list[Problem]) -> list[tuple[str, str, str, bool]]:
    """What is missing as (anchor in the form, label, reason, whether it waits for a decision instead)."""
    return [
        (
            f"id_{problem.field}_group" if problem.field else "",
            _label(session, problem.field),
            str(problem.message),
            problem.code in ("undecided", "decided-against"),
        )
        for problem in problems
    ]


def _label(session: Session, field: str) -> str:
    name = field.rsplit("-", 1)[-1]
    if name.startswith("reply_"):
        return str(BY_CODE[name.removeprefix("reply_")].short)
    for prefix, model in (("phases-", Phase), ("applications-", Application), ("samples-", Sample), ("", Session)):
        if field.startswith(prefix) and name in {column.name for column in model._meta.get_fields()}:
            found = model._meta.get_field(name)
            label = str(getattr(found, "verbose_name", name))
            return f"{label} ({_place(prefix, field)})" if prefix else label
    return ""


def _place(prefix: str, field: str) -> str:
    """Which row is meant, as the form numbers them: "application 1, phase 2"."""
    numbers = [int(part) + 1 for part in field.split("-") if part.isdigit()]
    kinds = {"samples-": [Sample]}.get(prefix, [Application, Phase])
    return ", ".join(f"{kind._meta.verbose_name} {number}" for kind, number in zip(kinds, numbers, strict=False))
