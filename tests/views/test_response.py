"""The pages on which the clinic says what it calls a response, and the report that uses it."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from sessions.actions.response import change_response, retire_response
from sessions.models import Receipt, ResponseDefinition
from tests.factories import a_course, a_definition, a_patient, a_receipt
from tests.reports.rows import a_session, paris
from tests.views.reports import compare

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


# --- Which definition is used where none is asked for ---------------------------------------------


def chosen(answer):
    """What the select shows, what the numbers are of, and whether the addresses of the files name it."""
    used = answer.context["built"].used
    html = answer.content.decode()
    selected = re.findall(
        r'<option value="([^"]+)" selected>', html.split('id="id_definition"')[1].split("</select>")[0]
    )
    return selected, used, html.count(f"?definition={used}&amp;part=places")


def test_report_offers_the_first_definition_of_which_something_is_documented(physician, two_values, client_of):
    client = client_of(physician)
    assert chosen(client.get(REPORT)) == (["minor-improved.1"], "minor-improved.1", 3)
    former = a_definition(by=physician)
    own = change_response(by=physician, definition=former, values={"amount": Decimal(2)}, reason="stricter")
    assert chosen(client.get(REPORT)) == ([f"{own.code}.2"], f"{own.code}.2", 3)
    for asked in ("dlqi-4.1", f"{own.code}.1"):
        assert chosen(client.get(REPORT, {"definition": asked})) == ([asked], asked, 3)
    retire_response(by=physician, definition=own, reason="nobody asks")
    assert chosen(client.get(REPORT)) == (["minor-improved.1"], "minor-improved.1", 3)


def test_report_offers_no_definition_of_which_values_stand_in_another_unit(physician, client_of):
    course = a_course(by=physician, patient=a_patient(by=physician))
    a_definition(by=physician, name="A gram less", measure="GRAV", unit="mg")
    per_minute = a_definition(by=physician, name="Milligrams less", measure="GRAV", unit="mg/min")
    observation = {"measure": "GRAV", "value": Decimal(40), "unit": "mg/min", "collection_minutes": Decimal(1)}
    a_session(by=physician, course=course, started_at=paris(2026, 3, 1, 9), observations=(observation,))
    assert chosen(client_of(physician).get(REPORT))[1] == f"{per_minute.code}.1"


def test_curves_offer_the_first_measure_that_is_documented(physician, client_of):
    curves, client = reverse("logbook:report", args=["course-curves"]), client_of(physician)
    assert client.get(curves).context["built"].used == "HDSS"
    course = a_course(by=physician, patient=a_patient(by=physician))
    observation = {"measure": "DLQI", "value": Decimal(9), "site": "", "side": ""}
    a_session(by=physician, course=course, started_at=paris(2026, 3, 1, 9), observations=(observation,))
    assert client.get(curves).context["built"].used == "DLQI"


def test_definition_stands_on_page_and_receipt_in_words(physician, two_values, client_of):
    one = a_definition(by=physician)
    client = client_of(physician)
    client.cookies["django_language"] = "en"
    page = client.get(REPORT).content.decode()
    client.get(reverse("logbook:report-csv", args=["response"]))
    said = "version 2 · “HDSS: a point less”, version 1"
    receipt = client.get(reverse("logbook:receipt", args=[Receipt.objects.get().uid])).content.decode()
    assert (f"Definition: {said}</p>" in page, f"<dd>{said}</dd>" in receipt) == (True, True)
    assert f">Definition: {one.name}</a>" in receipt


def test_receipt_without_a_definition_in_its_question_is_run_again_with_the_one_it_used(
    physician, two_values, client_of
):
    client = client_of(physician)
    client.get(reverse("logbook:report-csv", args=["response"]))
    now = Receipt.objects.get()
    values = {name: getattr(now, name) for name in ("report", "part", "identities", "records", "row_count")}
    values |= {"definition_version": now.definition_version, "content_digest": now.content_digest}
    older = a_receipt(by=physician, question="", **values)
    a_definition(by=physician)  # what the page offers from now on
    assert (chosen(client.get(REPORT))[1] != "minor-improved.1", now.question) == (True, "definition=minor-improved.1")
    for receipt in (now, older):
        again = compare(client, receipt)
        assert (again.same, again.version) == (True, "2 minor-improved.1")
    receipt = client.get(reverse("logbook:receipt", args=[older.uid])).content.decode()
    assert f'href="{REPORT}?definition=minor-improved.1"' in receipt


def test_usual_period_keeps_the_other_limits(physician, client_of):
    html = client_of(physician).get(REPORT, {"definition": "dlqi-4.1", "site": "palm", "from_date": "2026-01-01"})
    assert f'href="{REPORT}?definition=dlqi-4.1&amp;site=palm&amp;period=last-month"' in html.content.decode()
