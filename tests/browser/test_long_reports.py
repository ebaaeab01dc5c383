"""The page of a report that takes long, and of a receipt that is compared by a file made anew."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from clinic.accounts.models import User
from sessions.reports import long_reports
from tests.browser.test_every_page import DESK, PHONE
from tests.browser.watched import Watched
from tests.factories import a_course, a_patient, a_receipt
from tests.reports.rows import a_session, paris

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("scheme", "width"), [("light", PHONE), ("dark", DESK)])
def test_neither_has_a_barrier(
    clinic: dict[str, User],
    open_page: Callable[..., Watched],
    scheme: str,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(long_reports, "MOST_SESSIONS_AT_ONCE", 0)
    by = clinic["physician"]
    a_session(by=by, course=a_course(by=by, patient=a_patient(by=by)), started_at=paris(2026, 3, 12, 9))
    first, *_others = (
        a_receipt(by=clinic["staff"], content_digest=digest) for digest in ("a" * 64, "a" * 64, "b" * 64)
    )
    watched = open_page(clinic["staff"], width=width)
    watched.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    watched.page.goto(reverse("logbook:report", args=["screening"]))
    wrong = watched.taken() + watched.barriers() + watched.over_the_edge(PHONE)
    watched.page.goto(reverse("logbook:receipt", args=[first.uid]))
    watched.page.locator("main form.actions-bar button").click()
    watched.page.locator(".message a.button").wait_for()
    wrong += watched.taken() + watched.barriers() + watched.over_the_edge(PHONE)
    assert wrong == []
