"""The second factor: set up, log in, sign, recovery codes, remove; nothing of it is worth anything without the key."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
import time_machine
from django.db import models
from django.test import Client
from django.urls import reverse

from clinic.accounts.actions import change_account, remove_second_factor
from clinic.accounts.models import SecondFactor, User
from clinic.accounts.second_factor import accepts, opened, sealed, step_of
from clinic.accounts.web_sessions import MARK
from clinic.audit.keys import key_file
from clinic.audit.models import Access, Act
from clinic.audit.verify import verify
from clinic.lib.problems import Refused
from sessions.models import Session
from tests.factories import a_draft, ready
from tests.views.test_hostile import FORM, NEVER, STRANGE

pytestmark = pytest.mark.django_db
AT = "2026-03-12 14:00:00+01:00"
ClientOf = Callable[[User], Client]
# RFC 6238, appendix B, SHA-1: the last six digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC = [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]


@pytest.fixture(autouse=True)
def clock(settings):
    settings.LANGUAGE_CODE = "en"
    with time_machine.travel(AT, tick=False) as moved:
        yield moved


def code_of(user: User) -> str:
    return pyotp.TOTP(opened(SecondFactor.objects.get(user=user))).now()


def set_up(client: Client, right: str, **changes: str) -> list[str]:
    """The page shows a secret; its first code and the password set the factor up. The recovery codes."""
    secret = client.get(reverse("second-factor")).context["secret"]
    typed = {"code": pyotp.TOTP(secret).now(), "password": right, "form_key": str(uuid4())}
    response = client.post(reverse("second-factor"), typed | changes)
    return response.context.get("codes") or []


@pytest.fixture
def codes(client_of: ClientOf, physician: User, password: str, clock) -> list[str]:
    found = set_up(client_of(physician), password)
    clock.shift(timedelta(seconds=30))
    return found


def log_in(client: Client, password: str):
    return client.post(reverse("account_login"), {"login": "morel", "password": password})


def send(client: Client, code: str):
    return client.post(reverse("login-code"), {"code": code, "form_key": str(uuid4())})


def is_in(client: Client) -> bool:
    return client.get(reverse("second-factor")).status_code == 200


def kinds() -> list[str]:
    return list(Access.objects.exclude(kind="account_opened").order_by("number").values_list("kind", flat=True))


@pytest.mark.parametrize(("at", "code"), RFC)
def test_code_is_that_of_the_standard(clock, at: int, code: str) -> None:
    clock.move_to(at)
    assert step_of(RFC_SECRET, code) == at // 30
    assert step_of(RFC_SECRET, f"{code[:3]} {code[3:]}") == at // 30
    clock.move_to(at + 30)
    assert step_of(RFC_SECRET, code) == at // 30
    clock.move_to(at + 90)
    assert step_of(RFC_SECRET, code) is None
    assert step_of("", code) is None


def test_setting_up_is_an_act_and_shows_ten_codes_once(client_of: ClientOf, physician, password) -> None:
    client = client_of(physician)
    codes = set_up(client, password)
    assert (len(codes), len(set(codes))) == (10, 10)
    act = Act.objects.latest("pk")
    assert (act.kind, act.by, act.subject) == ("add_second_factor", physician, f"user:{physician.pk}")
    factor = SecondFactor.objects.get()
    assert factor.history.get().act == act
    assert kinds() == ["second_factor_added"]
    page = client.get(reverse("second-factor"))
    assert page.context["left"] == 10
    assert not any(code in page.content.decode() for code in codes)


def test_nothing_stored_is_the_secret_or_a_code(client_of: ClientOf, physician, password) -> None:
    client = client_of(physician)
    secret = client.get(reverse("second-factor")).context["secret"]
    codes = set_up(client, password)
    stored = " ".join(SecondFactor.objects.values_list("secret", "codes").get())
    assert opened(SecondFactor.objects.get()) == secret
    assert [text for text in (secret, *codes) if text in stored] == []


@pytest.mark.parametrize(("changes", "field"), [({"code": "000000"}, "code"), ({"password": "wrong"}, "password")])
def test_wrong_code_or_password_sets_nothing_up(client_of, physician, password, changes, field) -> None:
    client = client_of(physician)
    before = client.get(reverse("second-factor")).context["secret"]
    assert set_up(client, password, **changes) == []
    assert SecondFactor.objects.count() == 0
    response = client.post(reverse("second-factor"), {"form_key": str(uuid4()), "code": "000000", "password": "wrong"})
    assert list(response.context["form"].errors) == ["password"]
    assert response.context["secret"] == before


def test_log_in_needs_the_code(client, physician, codes, password) -> None:
    response = log_in(client, password)
    assert (response.status_code, response.url) == (302, reverse("login-code"))
    assert not is_in(client)
    response = send(client, code_of(physician))
    assert (response.status_code, response.url) == (302, reverse("home"))
    assert is_in(client)
    assert kinds() == ["second_factor_added", "log_in"]
    assert Access.objects.get(kind="log_in").detail == client.session[MARK]


def test_wrong_code_is_recorded_and_the_fifth_closes_the_account_for_a_while(
    client, physician, codes, password, clock
) -> None:
    log_in(client, password)
    for _attempt in range(5):
        assert send(client, "000000").context["form"].errors["code"] == [
            "This is not the code of your app, or it was used before."
        ]
    assert "Too many" in send(client, code_of(physician)).context["form"].errors["code"][0]
    assert not is_in(client)
    assert kinds() == ["second_factor_added"] + ["log_in_failed"] * 5 + ["throttled"]
    failed = Access.objects.filter(kind="log_in_failed").earliest("number")
    assert (failed.by, failed.detail, failed.route) == (physician, "code", "login-code")
    clock.shift(timedelta(minutes=6))
    assert send(client, code_of(physician)).status_code == 302
    assert is_in(client)


def test_code_works_once(physician, codes, password) -> None:
    first, second = Client(), Client()
    code = code_of(physician)
    for client in (first, second):
        log_in(client, password)
    assert (send(first, code).status_code, send(second, code).status_code) == (302, 200)
    assert (is_in(first), is_in(second)) == (True, False)


def test_recovery_code_works_once_and_its_use_is_an_act(physician, codes, password) -> None:
    first, second = Client(), Client()
    for client in (first, second):
        log_in(client, password)
    typed = codes[3].upper().replace("-", " ")
    assert (send(first, typed).status_code, send(second, codes[3]).status_code) == (302, 200)
    assert Act.objects.filter(kind="use_recovery_code").count() == 1
    assert len(SecondFactor.objects.get().codes.split()) == 9
    assert send(second, codes[4]).status_code == 302


def test_code_page_without_a_log_in_leads_to_the_log_in(client, physician, codes) -> None:
    assert client.get(reverse("login-code")).url == reverse("account_login")
    assert send(client, code_of(physician)).url == reverse("account_login")
    assert not is_in(client)


def test_account_closed_meanwhile_does_not_get_in(client, administrator, physician, codes, password) -> None:
    log_in(client, password)
    change_account(by=administrator, user=physician, reason="left", is_active=False)
    assert send(client, code_of(physician)).url == reverse("account_login")
    assert not is_in(client)


@pytest.fixture
def draft(physician: User) -> Session:
    _patient, course, device = ready(by=physician)
    return a_draft(by=physician, course=course, device=device)


def test_signing_asks_for_the_code_beside_the_password(
    client_of: ClientOf, physician, draft, codes, password, clock
) -> None:
    client, where = client_of(physician), reverse("logbook:session-sign", args=[draft.uid])
    assert 'name="code"' in client.get(where).content.decode()
    typed = {"version": draft.version, "password": password}
    for code in ("", "000000"):
        response = client.post(where, typed | {"code": code, "form_key": uuid4()})
        assert list(response.context["form"].errors) == ["code"]
        page = response.content.decode()
        assert page.count("This is not the code of your app") == 2, "above the form and at the field"
        assert 'value="000000"' not in page
    assert Session.objects.get(pk=draft.pk).is_draft
    assert client.post(where, typed | {"code": code_of(physician), "form_key": uuid4()}).status_code == 302
    assert Session.objects.get(pk=draft.pk).is_signed
    failed = Access.objects.filter(kind="sign_failed").order_by("number")
    assert [(access.detail, access.record) for access in failed] == [("code", draft.uid)] * 2


def test_who_has_no_second_factor_is_not_asked_for_a_code(client_of: ClientOf, physician, draft) -> None:
    page = client_of(physician).get(reverse("logbook:session-sign", args=[draft.uid])).content.decode()
    assert 'name="code"' not in page


def test_new_codes_end_the_former(client_of: ClientOf, physician, codes, password) -> None:
    client = client_of(physician)
    typed = {"password": password, "code": code_of(physician), "form_key": str(uuid4())}
    new = client.post(reverse("second-factor-codes"), typed).context["codes"]
    assert set(new) & set(codes) == set()
    assert (accepts(physician, codes[0]), accepts(physician, new[0])) == (False, True)
    assert "second_factor_codes" in kinds()


@pytest.mark.parametrize("name", ["second-factor-codes", "second-factor-remove"])
def test_changing_it_needs_password_and_code(client_of: ClientOf, physician, codes, password, name) -> None:
    client = client_of(physician)
    for typed, where in (("wrong", code_of(physician)), "password"), ((password, ""), "code"):
        sent = {"password": typed[0], "code": typed[1], "form_key": str(uuid4())}
        assert list(client.post(reverse(name), sent).context["form"].errors) == [where]
    assert len(SecondFactor.objects.get().codes.split()) == 10
    assert kinds()[1:] == ["account_failed", "account_failed"]


def test_one_removes_ones_own_with_password_and_code(client_of: ClientOf, client, physician, codes, password) -> None:
    typed = {"password": password, "code": code_of(physician), "form_key": str(uuid4())}
    assert client_of(physician).post(reverse("second-factor-remove"), typed).url == reverse("second-factor")
    assert SecondFactor.objects.count() == 0
    assert log_in(client, password).url == reverse("home")
    history = SecondFactor.history.order_by("history_id")
    assert [row.history_type for row in history] == ["+", "-"]


def test_administrator_takes_it_away_with_a_reason(client_of: ClientOf, administrator, physician, codes) -> None:
    desk, where = client_of(administrator), reverse("account-second-factor", args=[physician.pk])
    assert where in desk.get(reverse("account-edit", args=[physician.pk])).content.decode()
    assert list(desk.post(where, {"reason": "", "form_key": uuid4()}).context["form"].errors) == ["reason"]
    assert desk.post(where, {"reason": "phone lost", "form_key": uuid4()}).status_code == 302
    act = Act.objects.latest("pk")
    assert (act.kind, act.by, act.reason) == ("remove_second_factor", administrator, "phone lost")
    event = Access.objects.get(kind="second_factor_removed")
    assert (event.by, event.detail) == (administrator, "morel")
    assert SecondFactor.objects.count() == 0
    assert where not in desk.get(reverse("account-edit", args=[physician.pk])).content.decode()


def test_nobody_else_takes_it_away(client_of: ClientOf, staff, physician, codes) -> None:
    address = reverse("account-second-factor", args=[physician.pk])
    assert client_of(staff).post(address, {"reason": "x"}).status_code == 403
    with pytest.raises(Refused):
        remove_second_factor(by=staff, user=physician, reason="x")
    assert SecondFactor.objects.count() == 1


def test_what_is_stored_fits_one_account_alone(physician, staff, codes) -> None:
    """Somebody who can write into the database gives an account the factor of another one: no code fits."""
    factor = SecondFactor.objects.get()
    code = code_of(physician)
    models.QuerySet(SecondFactor).update(user=staff)
    assert (accepts(staff, code), accepts(staff, codes[0])) == (False, False)
    models.QuerySet(SecondFactor).update(user=physician, secret="nonsense")
    factor.refresh_from_db()
    assert (opened(factor), accepts(physician, code)) == ("", False)
    assert opened(SecondFactor(user=physician, secret=sealed(physician, "ABC"))) == "ABC"


def test_history_of_the_account_says_it_without_the_secret(
    client_of: ClientOf, administrator, physician, codes
) -> None:
    page = client_of(administrator).get(reverse("account-history", args=[physician.pk])).content.decode()
    factor = SecondFactor.objects.get()
    assert "Second factor set up" in page
    assert (factor.secret in page, factor.codes.split()[0] in page) == (False, False)


def test_page_has_no_style_of_its_own(client_of: ClientOf, physician) -> None:
    page = client_of(physician).get(reverse("second-factor")).content.decode()
    assert ("<svg" in page, "style=" in page, "<style" in page) == (True, False, False)


@pytest.mark.parametrize("label", [*NEVER, *STRANGE])
def test_hostile_code_or_password_breaks_nothing(client_of, physician, codes, password, label) -> None:
    value = (NEVER | STRANGE)[label]
    outside, inside = Client(), client_of(physician)
    log_in(outside, password)
    acts = Act.objects.count()
    body = f"code={value}&password={value}&form_key={uuid4()}"
    pages = [(outside, "login-code"), *((inside, name) for name in ("second-factor-codes", "second-factor-remove"))]
    for client, name in pages:
        response = client.post(reverse(name), body, content_type=FORM)
        assert (response.status_code in {200, 400}, "<script>" in response.content.decode()) == (True, False)
        typed = f"code={value}&password={password}&form_key={uuid4()}"
        assert client.post(reverse(name), typed, content_type=FORM).status_code in {200, 400}
    assert (Act.objects.count(), is_in(outside)) == (acts, False)


# --- The verifier -----------------------------------------------------------------------------------


@pytest.fixture
def anchors(settings, tmp_path) -> None:
    kept = key_file().read_text()
    settings.ANCHOR_DIR = settings.KEY_DIR = tmp_path
    (tmp_path / "audit_key.json").write_text(kept)


def altered() -> list[tuple[str, str]]:
    return [(finding.kind, finding.record) for finding in verify()[1] if finding.alters and "guard" not in finding.kind]


def test_verifier_names_a_second_factor_that_was_taken_away_or_put_in_by_hand(
    anchors, client_of: ClientOf, administrator, physician, codes, password, unguarded
) -> None:
    assert altered() == []
    kept = SecondFactor.objects.get()
    models.QuerySet(SecondFactor).update(codes="")
    assert len(altered()) == 1
    models.QuerySet(SecondFactor).update(codes=kept.codes)
    assert altered() == []
    queryset = models.QuerySet(SecondFactor).filter(pk=kept.pk)
    queryset._raw_delete(queryset.db)
    assert len(altered()) == 1


def test_verifier_is_content_with_what_acts_did(anchors, administrator, physician, codes) -> None:
    assert accepts(physician, codes[0])
    remove_second_factor(by=administrator, user=physician, reason="phone lost")
    assert altered() == []
