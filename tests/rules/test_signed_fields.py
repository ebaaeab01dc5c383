"""The registry of what is signed: complete, with reasons, and true of each field of each table."""

import contextlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import models, transaction

from clinic.accounts.models import User
from clinic.audit import guard
from sessions.models import (
    Addendum,
    AdverseEvent,
    Answer,
    Application,
    Consultation,
    Course,
    CourseSite,
    Device,
    DeviceEntry,
    Observation,
    Patient,
    Receipt,
    ResponseDefinition,
    Result,
    Sample,
    SavedFilter,
    Screening,
    Session,
    Signature,
)
from sessions.rules.signed_fields import FIELDS
from tests.conftest import administrator_of_all, people_under, rows_of_all
from tests.factories import ready
from tests.reports.signed import a_session_of_every_kind, an_unsigned_addendum, insert, kinds, write

pytestmark = pytest.mark.django_db

NOT_OF_A_SESSION = {Consultation, CourseSite, DeviceEntry, Receipt, ResponseDefinition, SavedFilter}
# What must change with a field so that the database still takes it.
TOGETHER: dict[tuple[type[models.Model], str], dict[str, Any]] = {
    (Session, "late_record"): {"late_reason": "", "incident_note": ""},
    (AdverseEvent, "serious"): {"serious_criterion": ""},
    (Result, "sufficiency"): {"result_value": None, "result_unit": "", "comparator": ""},
    (Screening, "consultation"): {"session": None},
    (Signature, "addendum"): {"meaning": "addendum"},
    (Course, "ended_date"): {"status": "completed", "end_reason": "goal-reached"},
    (Course, "end_reason"): {"status": "completed", "ended_date": date(2026, 6, 1)},
    (Course, "status"): {"status": "on-hold"},
}


def test_registry_has_every_table_of_a_session() -> None:
    """A table that points to a session, a sample or a screening belongs to its record."""
    clinical = {model for model in apps.get_app_config("logbook").get_models() if hasattr(model, "history")}
    assert clinical - NOT_OF_A_SESSION == set(FIELDS)


@pytest.mark.parametrize("model", FIELDS, ids=lambda model: model.__name__)
def test_registry_has_every_field_and_no_other(model: type[models.Model]) -> None:
    assert sorted(FIELDS[model]) == sorted(field.name for field in model._meta.concrete_fields)


@pytest.mark.parametrize("model", FIELDS, ids=lambda model: model.__name__)
def test_registry_gives_a_reason_for_all_that_is_not_signed(model: type[models.Model]) -> None:
    without = [name for name, standing in FIELDS[model].items() if standing.kind != "signed" and len(standing.why) < 15]
    assert without == []


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[int, dict[type[models.Model], models.Model]]]:
    """The signed session of all tests of this file and what its fields could point to, in a database without guards."""
    with rows_of_all(django_db_blocker):
        guard.remove()
        people = people_under(administrator_of_all())
        session = a_session_of_every_kind(people["physician"])
        yield session.pk, strangers(people["other_physician"], session)


@pytest.mark.parametrize("model", FIELDS, ids=lambda model: model.__name__)
def test_signature_breaks_where_the_registry_says_so_and_nowhere_else(
    model: type[models.Model], kept: tuple[int, dict[type[models.Model], models.Model]]
) -> None:
    session, others = Session.objects.get(pk=kept[0]), kept[1]
    row = row_of(model, session)
    assert kinds() == set()
    breaks, expected = {}, {}
    for field in model._meta.concrete_fields:
        if field.primary_key:  # every row that points here would have to change with it: the database refuses
            continue
        with contextlib.suppress(Undone), transaction.atomic():
            write(row, **{field.attname: another(field, row, others)} | TOGETHER.get((model, field.name), {}))
            breaks[field.name] = kinds() != set()
            raise Undone
        expected[field.name] = FIELDS[model][field.name].kind != "exempt"
    assert breaks == expected


class Undone(Exception):
    """Take one change back, and go on with the next."""


def row_of(model: type[models.Model], session: Session) -> Any:
    """The row of this table that the signed session has."""
    rows: dict[type[models.Model], Any] = {
        Session: session,
        Patient: session.patient,
        Course: session.course,
        Device: session.device,
        Answer: Answer.objects.filter(screening__session=session, item="skin"),
        Observation: Observation.objects.filter(measure="GRAV"),
        Signature: session.signatures.filter(addendum=None),
        Screening: Screening.objects.filter(session=session),
    }
    found = rows.get(model, models.QuerySet(model))
    return found.first() if isinstance(found, models.QuerySet) else found


def strangers(other_physician: User, session: Session) -> dict[type[models.Model], models.Model]:
    """One more row of each table that a field can point to."""
    patient, course, device = ready(by=other_physician)
    empty, other = [
        insert(
            Session(
                patient=patient, course=course, number=number, physician=other_physician, record_status="preliminary"
            )
        )
        for number in (98, 99)
    ]
    application = Application(session=other, number=99, site="palm", side="left")
    visit = Consultation(patient=session.patient, held_date=date(2026, 1, 2), physician=other_physician)
    return {
        User: other_physician,
        Patient: patient,
        Course: course,
        Device: device,
        Session: empty,
        Application: insert(application),
        Consultation: insert(visit),
        Screening: insert(Screening(session=other, patient=patient, form_version="2026-1", language="fr")),
        Answer: Answer.objects.filter(screening__consultation=course.consultation, item="skin").get(),
        Sample: insert(Sample(session=other, number=99, sample_id="B-9", site="forearm", side="left")),
        Addendum: an_unsigned_addendum(session),
    }  # type: ignore[return-value]


def another(field: Any, row: Any, others: dict[type[models.Model], models.Model]) -> Any:
    """Another value that the database takes for this field."""
    value = getattr(row, field.attname)
    if field.is_relation:
        return others[field.related_model].pk
    if field.choices:
        words = [word for word, _label in field.flatchoices if word not in ("", value, "not-applicable")]
        free = {"item": ["epilepsy"], "current_type": ["ac"]}.get(field.name, words)
        return next(word for word in free if word != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    if isinstance(value, date):
        return value + timedelta(days=45)
    if isinstance(value, Decimal):
        return value + 1
    if isinstance(value, int):
        return value + 7
    if isinstance(value, dict):
        return value | {"value": "1,0"}
    if isinstance(value, list):
        return [*value, "value"]
    if value is None:
        return {
            "DateTimeField": datetime.fromisoformat("2026-01-12T12:00:00+00:00"),
            "DateField": date(2026, 6, 1),
        }.get(field.get_internal_type(), 1)
    return f"{value[:-1]}{'x' if value[-1:] != 'x' else 'y'}" if value else "x"
