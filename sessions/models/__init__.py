"""Tables, constraints, and the words in which rows are picked."""

from sessions.models.application import Application, Phase
from sessions.models.course import Course, CourseSite
from sessions.models.course_tallies import CourseTally, OutcomeTally
from sessions.models.device import Device, DeviceEntry
from sessions.models.event import AdverseEvent
from sessions.models.figures import CourseFigures, Outcome, PeriodTally, SessionFigures, Tally
from sessions.models.observation import Observation, Result, Sample
from sessions.models.patient import Patient
from sessions.models.receipt import Receipt, SavedFilter
from sessions.models.response import ResponseDefinition
from sessions.models.screening import Answer, Consultation, Decision, Screening
from sessions.models.search import SearchText
from sessions.models.session import Session
from sessions.models.signature import Addendum, Signature

__all__ = [
    "Addendum",
    "AdverseEvent",
    "Answer",
    "Application",
    "Consultation",
    "Course",
    "CourseFigures",
    "CourseSite",
    "CourseTally",
    "Decision",
    "Device",
    "DeviceEntry",
    "Observation",
    "Outcome",
    "OutcomeTally",
    "Patient",
    "PeriodTally",
    "Phase",
    "Receipt",
    "ResponseDefinition",
    "Result",
    "Sample",
    "SavedFilter",
    "Screening",
    "SearchText",
    "Session",
    "SessionFigures",
    "Signature",
    "Tally",
]
