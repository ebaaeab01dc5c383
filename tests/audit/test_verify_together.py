"""Many at once, and a verification among them: no deadlock, no gap, no lost look, no false alarm."""

import re
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from clinic.audit import access
from clinic.audit.access import record_event
from clinic.audit.act import act
from clinic.audit.models import Access, Link, Seal
from clinic.audit.verify import verify
from sessions.actions.session import log_session
from sessions.models import Device, Patient
from tests.audit.raw import SQLITE
from tests.factories import a_patient, an_entry, at, ready

pytestmark = pytest.mark.slow

THREADS, ROUNDS = 16, 3


def at_once(*works) -> list[object]:
    """Each in a thread of its own, let loose together; what each raised."""
    gate, raised = threading.Barrier(len(works)), []

    def run(work) -> None:
        gate.wait()
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def of_somebody_else(client: Client, uid) -> None:
    for _round in range(ROUNDS):
        assert client.get(f"/patients/{uid}/").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("places")
def test_verification_among_sixteen_writers_has_nothing_to_say(physician, client_of):
    patient, course, device = ready(by=physician)
    entry = an_entry(by=physician, device=device, started=at(timezone.now().date() - timedelta(days=2)))
    said: list[object] = []

    def write() -> None:
        for _round in range(ROUNDS):
            log_session(by=physician, course=course, entry=entry, key=uuid4())
            a_patient(by=physician, record_number="")

    def log_in() -> None:
        for _round in range(ROUNDS):
            record_event("log_in", by=physician)

    def check() -> None:
        for _round in range(ROUNDS):
            said.extend(verify()[1])

    clients = [client_of(physician) for _number in range(5)]
    looks = [lambda client=client: of_somebody_else(client, patient.uid) for client in clients]
    before = Access.objects.count()
    raised = at_once(*[write] * 8, *looks, *[log_in] * 2, check)
    assert (raised, said) == ([], [])
    numbers = list(Access.objects.filter(number__isnull=False).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert Access.objects.count() - before == (5 + 2) * ROUNDS
    assert list(Link.objects.order_by("number").values_list("number", flat=True)) == list(
        range(1, Link.objects.count() + 1)
    )
    assert verify()[1] == []


def test_locked_row_may_still_be_pointed_to():
    """FOR UPDATE deadlocks on PostgreSQL: who holds the head of the chain waits, at the end, for each row pointed to."""
    for folder in ("clinic", "sessions"):
        for file in (settings.BASE_DIR / folder).rglob("*.py"):
            for asked in re.findall(r"select_for_update\(.*", file.read_text(encoding="utf-8")):
                assert "no_key=True" in asked, file


@pytest.mark.skipif(SQLITE, reason="a habit of the PostgreSQL server")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("places")
def test_habit_of_the_server_breaks_no_act(physician):
    """REPEATABLE READ would show those who waited the head as it was before."""
    a_patient(by=physician)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
        cursor.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'repeatable read'")
    try:
        connections.close_all()
        assert at_once(*[lambda: [a_patient(by=physician, record_number="") for _round in range(ROUNDS)]] * 8) == []
        assert verify()[1] == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_isolation')
        connections.close_all()


@pytest.mark.usefixtures("places")
def test_look_outlives_an_act_that_is_undone_at_its_end(physician, rf, monkeypatch):
    """The page was seen, whatever becomes of the act that would have taken its look along."""
    patient = a_patient(by=physician)
    request = rf.get("/")
    request.user, request.resolver_match = physician, None
    access.forget_waiting()
    access.record_look(request, [patient.pk], "patient")

    def broken(*_what) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr("clinic.audit.act.add_link", broken)
        with pytest.raises(ConnectionError), act("register_device", by=physician) as writing:
            writing.create(Device(maker="Hidrex", model="PSP1000", serial_number="1"))
    assert Access.objects.filter(patient_id=patient.pk).count() == 0
    access.write_before_answer()
    assert Access.objects.filter(patient_id=patient.pk).count() == 1
    assert verify()[1] == []


@pytest.mark.usefixtures("places")
def test_clock_that_wanders_over_the_end_of_months_raises_no_alarm(physician):
    start = timezone.now().replace(month=3, day=31, hour=23, minute=59, second=58)
    for shift in (0, 4, -3, 3600 * 24 * 31, -10, 3600 * 24 * 365, 5, 3600 * 24 * 400, 3600 * 24 * 40):
        with time_machine.travel(start + timedelta(seconds=shift), tick=True):
            record_event("log_in", by=physician)
    for zone in ("Pacific/Kiritimati", "America/Adak"):
        with override_settings(TIME_ZONE=zone), timezone.override(zone):
            a_patient(by=physician, record_number="")
            assert [finding for finding in verify()[1] if finding.alters] == []
    assert Seal.objects.count() >= 2


@pytest.mark.usefixtures("places")
def test_longest_texts_and_every_sign_verify(physician):
    for sign in ("😀", "\U0010ffff", "é\u0301", "\u2028", "\\", '"', "a", "ﷺ", "\t\n"):
        patient = a_patient(by=physician, phone="1")
        with act("change_patient", by=physician, reason=(sign * 10_000)[:10_000]) as writing:
            writing.about(f"patient:{patient.uid}", patient.pk)
    assert verify()[1] == []
    assert Patient.objects.count() == 9
