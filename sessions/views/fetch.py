"""Find a record by its address and write down the look, in one line of a view."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from clinic.audit.access import record_look
from sessions.actions.known import turns_of
from sessions.models import Consultation, Course, Patient, Session
from sessions.rules.screening import Standing, standing


def patient(request: HttpRequest, uid: UUID, kind: str = "patient") -> Patient:
    """The patient at this address; the look is recorded, or there is a 404."""
    found = get_object_or_404(Patient, uid=uid)
    record_look(request, [found.pk], kind)
    return found


def consultation(request: HttpRequest, uid: UUID, kind: str = "consultation") -> Consultation:
    """The consultation at this address with its patient; the look is recorded, or there is a 404."""
    found = get_object_or_404(Consultation.objects.select_related("patient", "physician", "screening"), uid=uid)
    record_look(request, [found.patient_id], kind)
    return found


def course(request: HttpRequest, uid: UUID, kind: str = "course") -> Course:
    """The course at this address with its patient; the look is recorded, or there is a 404."""
    found = get_object_or_404(Course.objects.select_related("patient", "consultation", "physician"), uid=uid)
    record_look(request, [found.patient_id], kind)
    return found


def session(request: HttpRequest, uid: UUID, kind: str = "session") -> Session:
    """The session at this address with everything on it; the look is recorded, or there is a 404."""
    found = get_object_or_404(Session.objects.with_rows(), uid=uid)
    record_look(request, [found.patient_id], kind)
    return found


def standing_of(patient: Patient) -> Standing:
    """What the banner shows: age, absolute items, pregnancy."""
    return standing(patient.birth_date, turns_of(patient), timezone.localdate())
