"""The pages on which the clinic says what it calls a response, and the report that uses it."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from sessions.actions.response import change_response, retire_response
from sessions.models import ResponseDefinition
from tests.factories import a_course, a_definition, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db
LIST = reverse("logbook:definitions")
REPORT = reverse("logbook:report", args=["response"])


def sent(**values):
    given = {
        "form_key": uuid4(), "name": "HDSS: a point less", "measure": "HDSS", "unit": "", "rule": "fall", "amount": "1",
        "source": "Decision of the clinic",
    }  # fmt: skip
    return given | values


@pytest.fixture
def two_values(physician):
    course = a_course(by=physician, patient=a_patient(by=physician))
    for day, value in ((1, 3), (2, 2)):
        observation = {"measure": "HDSS", "value": Decimal(value)}
        a_session(by=physician, course=course, started_at=paris(2026, 3, day, 9), observations=(observation,))
    return course


def test_physician_defines_and_everybody_reads(physician, administrator, client_of):
    answer = client_of(physician).post(reverse("logbook:definition-new"), sent(amount="1,5"))
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert ResponseDefinition.objects.get().amount == Decimal("1.5")
    page = client_of(administrator).get(LIST, headers={"accept-language": "en"}).content.decode()
    assert ("HDSS: a point less" in page, "Decision of the clinic" in page, "Basra" in page) == (
        True,
        True,
        True,
    )
    assert reverse("logbook:definition-new") not in page


def test_wrong_amount_comes_back_with_what_was_typed(physician, client_of):
    answer = client_of(physician).post(reverse("logbook:definition-new"), sent(amount="0", source="Own words"))
    assert (answer.status_code, ResponseDefinition.objects.count()) == (200, 0)
    assert list(answer.context["form"].errors) == ["amount"]
    assert "Own words" in answer.content.decode()


def test_form_sent_twice_defines_once(physician, client_of):
    values, client = sent(), client_of(physician)
    for _time in range(2):
        assert client.post(reverse("logbook:definition-new"), values)["Location"] == LIST
    assert ResponseDefinition.objects.count() == 1


def test_change_and_retirement_need_a_reason(physician, client_of):
    definition, client = a_definition(by=physician), client_of(physician)
    change = reverse("logbook:definition-change", args=[definition.uid])
    assert list(client.post(change, sent(amount="2")).context["form"].errors) == ["reason"]
    assert client.post(change, sent(amount="2", reason="stricter"))["Location"] == LIST
    second = ResponseDefinition.objects.get(in_use=True)
    assert (second.version, second.amount) == (2, Decimal(2))
    retire = reverse("logbook:definition-retire", args=[second.uid])
    assert list(client.post(retire, {"form_key": uuid4()}).context["form"].errors) == ["reason"]
    assert client.post(retire, {"form_key": uuid4(), "reason": "nobody asks"})["Location"] == LIST
    assert ResponseDefinition.objects.filter(in_use=True).count() == 0
    history = client.get(reverse("logbook:history", args=["definition", second.uid]))
    assert (history.status_code, "nobody asks" in history.content.decode()) == (200, True)
    assert "version 2" in history.content.decode()


def test_report_takes_any_version_and_names_it(physician, two_values, client_of):
    first = a_definition(by=physician)
    second = change_response(by=physician, definition=first, values={"amount": Decimal(2)}, reason="stricter")
    retire_response(by=physician, definition=second, reason="nobody asks")
    client = client_of(physician)
    shares = {}
    for one in (first, second):
        built = client.get(REPORT, {"definition": f"{one.code}.{one.version}"}).context["built"]
        shares[built.used] = [row.values[2:4] for row in built.table("places").rows]
    assert shares == {f"{first.code}.1": [(1, 1)], f"{first.code}.2": [(1, 0)]}
    assert client.get(REPORT, {"definition": f"{first.code}.3"}).status_code == 400


def test_response_as_a_limit_of_another_report(physician, two_values, client_of):
    one = a_definition(by=physician)
    sessions, client = reverse("logbook:report", args=["sessions"]), client_of(physician)
    counts = {
        word: client.get(sessions, {"response": f"{one.code}.1.{word}"}).context["built"].headline[0].figure
        for word in ("reached", "not-reached", "unknown")
    }
    assert counts == {"reached": 2, "not-reached": 0, "unknown": 0}
    assert client.get(sessions, {"response": f"{one.code}.1.perhaps"}).status_code == 400
