"""One page over several requests: while somebody types, whom the page has shown already is not written down anew.

The page carries a sealed list of those, for this person and this log-in, and for a short time only.
"""

from django.core import signing

from clinic.gate import PersonRequest

LONGEST_SECONDS = 600
FIELD = "seen"


def go_on(request: PersonRequest) -> None:
    """Take over whom this page view has shown, where the form says so and it can be believed."""
    try:
        person, seen = signing.loads(request.POST.get(FIELD, ""), salt=_salt(request), max_age=LONGEST_SECONDS)
    except signing.BadSignature:
        return
    if person == request.user.pk:
        request.patients_seen = set(seen)  # type: ignore[attr-defined]


def sealed(request: PersonRequest) -> str:
    """Whom this page view has shown so far, for its next request."""
    return signing.dumps(
        [request.user.pk, sorted(getattr(request, "patients_seen", ()))], salt=_salt(request), compress=True
    )


def _salt(request: PersonRequest) -> str:
    return f"page view {request.session.session_key}"
