"""The page that makes an evidence pack, of a session and of a course."""

import io
import zipfile

import pytest
from django.urls import reverse

from clinic.audit.models import Access, Act
from sessions.exports.evidence import published
from sessions.exports.verify_evidence import main
from tests.factories import a_signed_session, ready

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _anchors_of_this_test(settings, tmp_path_factory):
    settings.ANCHOR_DIR = tmp_path_factory.mktemp("anchors")


@pytest.fixture
def session(physician):
    _patient, course, device = ready(by=physician)
    return a_signed_session(by=physician, course=course, device=device)


@pytest.fixture(params=["session", "course"])
def record(request, session):
    return session if request.param == "session" else session.course


def address_of(record):
    kind = record._meta.model_name
    return reverse(f"logbook:{kind}-evidence", args=[record.uid])


def sent(client, record, **values):
    page = client.get(address_of(record))
    return client.post(address_of(record), {"form_key": page.context["form"]["form_key"].value()} | values)


def test_anonymous_is_asked_to_log_in(client, record):
    assert client.get(address_of(record))["Location"] == f"{reverse('account_login')}?next={address_of(record)}"


@pytest.mark.parametrize(
    ("role", "status"), [("physician", 200), ("auditor", 200), ("staff", 403), ("administrator", 403)]
)
def test_evidence_is_for_those_who_see_history(client_of, request, record, role, status):
    assert client_of(request.getfixturevalue(role)).get(address_of(record)).status_code == status


def test_page_says_what_a_reader_compares(client_of, auditor, record):
    page = client_of(auditor).get(address_of(record)).content.decode()
    for what in (published().fingerprint, published().key, published().verifier):
        assert what in page


def test_pack_is_handed_over_and_is_intact(client_of, auditor, record, tmp_path, capsys):
    answer = sent(client_of(auditor), record, reason="Tribunal de Lyon, 26/1234")
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200, "application/zip", "no-store, private",
    )  # fmt: skip
    assert answer["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert record.patient.family_name not in answer["Content-Disposition"]
    (tmp_path / "pack.zip").write_bytes(answer.content)
    assert main([str(tmp_path / "pack.zip"), "--fingerprint", published().fingerprint, "--language", "fr"]) == 0
    assert "par Alix Auditor. Motif : Tribunal de Lyon, 26/1234" in capsys.readouterr().out
    last = Act.objects.order_by("-pk")[0]
    subject = f"{record._meta.model_name}:{record.uid}"
    assert (last.kind, last.by, last.reason, last.subject) == (
        "export_evidence", auditor, "Tribunal de Lyon, 26/1234", subject,
    )  # fmt: skip


def test_each_pack_is_an_act_of_its_own(client_of, auditor, session):
    client = client_of(auditor)
    key = client.get(address_of(session)).context["form"]["form_key"].value()
    for reason in ("for the court", "for the insurance"):
        assert (
            client.post(address_of(session), {"form_key": key, "reason": reason})["Content-Type"] == "application/zip"
        )
    reasons = list(Act.objects.filter(kind="export_evidence").order_by("pk").values_list("reason", flat=True))
    assert reasons == ["for the court", "for the insurance"]


def test_pack_without_a_reason_comes_back_and_nothing_leaves(client_of, auditor, record):
    before = Act.objects.count()
    answer = sent(client_of(auditor), record, reason="   ")
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["reason"])
    assert Act.objects.count() == before


def test_look_is_recorded(client_of, auditor, record):
    sent(client_of(auditor), record, reason="for the court")
    looks = Access.objects.filter(by=auditor, kind="evidence").values_list("patient_id", "route")
    route = f"logbook:{record._meta.model_name}-evidence"
    assert list(looks) == [(record.patient_id, route)] * 2


def test_record_page_and_course_page_lead_there(client_of, auditor, session):
    client = client_of(auditor)
    for record in (session, session.course):
        kind = record._meta.model_name
        page = client.get(reverse(f"logbook:{kind}", args=[record.uid])).content.decode()
        assert address_of(record) in page


def test_pdf_in_the_pack_says_where_the_history_stood(client_of, auditor, session):
    from pypdf import PdfReader

    answer = sent(client_of(auditor), session, reason="for the court")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        text = PdfReader(io.BytesIO(archive.read("record.pdf"))).pages[0].extract_text()
        manifest = archive.read("manifest.json").decode()
    code = manifest.partition('"code":"')[2][:14]
    assert code in text
