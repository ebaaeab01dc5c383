"""Rows read by statements written once are those that Django reads; what was taken away is sealed as it was stored."""

import pytest
from django.db import connection, transaction

from clinic.accounts.models import User
from clinic.audit.rows import stored_rows, stored_together
from clinic.audit.stored import history_of, recorded_models
from sessions.actions.session import save_draft
from sessions.models import Application, Observation, Phase
from tests.audit.raw import alterations
from tests.factories import a_draft, a_phase, a_signed_session, an_application, an_entry, an_observation, ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(physician):
    _patient, course, device = ready(by=physician)
    return a_signed_session(by=physician, course=course, device=device)


def test_stored_rows_of_every_table_are_those_that_django_reads(session):
    read = 0
    for model in (User, *recorded_models()):
        wanted = list(model._default_manager.all())
        found = stored_rows(model, "id", [row.pk for row in wanted])
        assert [plain(row) for row in found] == [plain(row) for row in wanted]
        assert all(row._state.db == "default" and not row._state.adding for row in found)
        read += len(found)
    assert read > 30


def plain(row):
    return {name: (type(value), value) for name, value in vars(row).items() if name != "_state"}


def test_stored_rows_come_by_any_column_in_the_order_of_their_model(session):
    applications = Application.objects.filter(session=session)
    assert stored_rows(Application, "session", [session.pk]) == list(applications)
    keys = [row.pk for row in reversed(applications)]
    assert stored_rows(Phase, "application", keys) == list(Phase.objects.filter(application__in=keys))
    assert stored_rows(Phase, "application", []) == []
    assert stored_rows(Phase, "application__session", [session.pk]) == list(Phase.objects.filter(application__in=keys))
    assert stored_rows(Phase, "application__session", [session.pk + 1]) == []


def test_stored_together_is_each_of_them_in_one_trip(session, django_assert_num_queries):
    keys = [session.pk]
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 3):
        found = stored_together(
            (Application, "session", keys),
            (Phase, "application", []),
            (Phase, "application__session", keys),
            (User, "id", [1, 2]),
        )
    assert found == [
        list(Application.objects.filter(session=session)),
        [],
        list(Phase.objects.filter(application__session=session).order_by("number", "id")),
        list(User.objects.filter(pk__in=[1, 2])),
    ]


def test_stored_rows_are_locked_where_the_engine_locks_rows(session, django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(1) as asked:
        stored_rows(Application, "session", [session.pk], lock=True)
    locks = asked.captured_queries[0]["sql"].endswith("FOR NO KEY UPDATE")
    assert locks is (connection.vendor == "postgresql")


@pytest.mark.usefixtures("places")
def test_rows_taken_away_are_sealed_as_they_were_stored(physician):
    _patient, course, device = ready(by=physician)
    typed = {"as_typed": {"current_ma": "15,0 mA"}, "retyped": ["current_ma"]}
    row = an_application(phases=(a_phase(current="0.55", minutes="12.5", **typed), a_phase(voltage_v=None)))
    seen = tuple(an_observation(side=side, value="41.25", measure="GRAV", unit="mg/min") for side in ("left", "right"))
    draft = a_draft(by=physician, course=course, device=device, applications=(row,), observations=seen)
    stored = {model: list(model.objects.values()) for model in (Application, Phase, Observation)}
    bare = an_entry(by=physician, device=device, started=draft.started_at, applications=(), observations=())
    save_draft(by=physician, session=draft, entry=bare, version=draft.version)
    for model, rows in stored.items():
        kept = history_of(model).objects.filter(history_type="-").order_by("id")
        assert list(kept.values(*rows[0])) == rows
        assert not model.objects.exists()
    assert alterations() == []
