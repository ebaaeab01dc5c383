"""Looks: who saw which patient. At most one line per person, patient and page view."""

from collections.abc import Iterable
from ipaddress import ip_address

from django.http import HttpRequest
from django.utils import timezone

from clinic.audit.act import one_writer
from clinic.audit.models import Look


def _address(request: HttpRequest) -> str | None:
    """The address at the other end of the line, without the zone that some networks add (fe80::1%eth0)."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:  # a local socket has none
        return None


def record_look(request: HttpRequest, patient_ids: Iterable[int], kind: str) -> None:
    """Write down that this request shows these patients; a list of seven names seven. Empty lists count as recorded."""
    seen: set[int] = getattr(request, "patients_seen", set())
    new = [patient_id for patient_id in dict.fromkeys(patient_ids) if patient_id not in seen]
    request.patients_seen = seen | set(new)  # type: ignore[attr-defined]
    if not new:
        return
    now = timezone.now()
    route = request.resolver_match.view_name if request.resolver_match else ""
    looks = [
        Look(  # type: ignore[misc]
            at=now,
            by=request.user,
            by_name=request.user.get_full_name(),  # type: ignore[union-attr]
            patient_id=patient_id,
            kind=kind,
            route=route,
            address=_address(request),
        )
        for patient_id in new
    ]
    with one_writer():
        Look.objects.bulk_create(looks)
