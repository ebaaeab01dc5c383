"""A physician's way through the pages, one form after the other, as a browser would send them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from sessions.measures.answers import ITEMS
from sessions.models import Consultation, Course, Device, Patient, Session
from tests.views.session_form import posted


class Walk:
    """Pages opened and forms sent by one physician."""

    def __init__(self, client: Client, physician: User, password: str, device: Device) -> None:
        self.client, self.physician, self.password, self.device = client, physician, password, device

    def send(self, address: str, fields: dict[str, Any]) -> str:
        """Send a form; the page that follows must be another one."""
        answer = self.client.post(address, {"form_key": str(uuid4())} | fields)
        assert answer.status_code == 302, answer.content.decode()
        return answer.url

    def register(self, family_name: str, given_names: str, birth_date: str, sex: str = "female") -> Patient:
        fields = {"family_name": family_name, "given_names": given_names, "birth_date": birth_date, "sex": sex}
        self.send(reverse("logbook:patient-new"), fields)
        return Patient.objects.get(family_name=family_name)

    def consult(self, patient: Patient, held: str, **replies: str) -> Consultation:
        fields = {
            "held_date": held,
            "physician": self.physician.pk,
            "complaint": "",
            "findings": "",
            "information_given": "",
        }
        fields |= {f"reply_{item.code}": replies.get(item.code, "no") for item in ITEMS}
        self.send(reverse("logbook:consultation-new", args=[patient.uid]), fields)
        return patient.consultations.latest("id")

    def open_course(self, patient: Patient, indication: str, sites: list[str], planned: str, opened: str) -> Course:
        fields = {
            "indication": indication,
            "sites": sites,
            "planned_sessions": planned,
            "opened_date": opened,
            "physician": self.physician.pk,
            "consultation": patient.consultations.latest("id").pk,
            "goal": "",
            "previous": "",
        }
        self.send(f"{reverse('logbook:course-new', args=[patient.uid])}?indication={indication}", fields)
        return patient.courses.latest("id")

    def log(self, course: Course, started: datetime, minutes: int, **fields: Any) -> Session:
        times = {
            "started_at": started.strftime("%Y-%m-%dT%H:%M"),
            "ended_at": f"{started:%Y-%m-%dT}{started.hour:02}:{started.minute + minutes:02}" if minutes else "",
        }
        data = posted(physician=self.physician, device=self.device, **(times | fields))
        self.send(reverse("logbook:session-new", args=[course.uid]), data)
        return course.sessions.latest("id")

    def sign(self, session: Session) -> Session:
        fields = {"version": session.version, "password": self.password}
        self.send(reverse("logbook:session-sign", args=[session.uid]), fields)
        session.refresh_from_db()
        return session
