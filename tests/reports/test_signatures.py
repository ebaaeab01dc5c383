"""Every signature is held to what it signed: whatever is edited, copied or renamed past the acts is named."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from clinic.accounts.actions import change_account
from clinic.accounts.models import User
from clinic.lib.canonical import canonical_json, digest, plain
from sessions.actions.course import change_course
from sessions.actions.patient import change_patient
from sessions.actions.session import mark_in_error
from sessions.actions.signature import amend_session, review_session
from sessions.models import Answer, Observation, Phase, Session, Signature
from sessions.reports.signatures import check_signatures
from sessions.reports.signed_rows import stored_sessions
from sessions.rules.signature import why_not_intact
from sessions.rules.signed_record import record_content
from tests.factories import a_draft, a_signed_session, an_application, an_entry, ready
from tests.reports.signed import STARTED, a_session_of_every_kind, an_unsigned_addendum, decide, insert, kinds, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(physician: User) -> Session:
    return a_session_of_every_kind(physician)


@pytest.fixture
def signature(session: Session) -> Signature:
    return session.signatures.get(addendum=None)


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def another_session(by: User) -> Session:
    _patient, course, device = ready(by=by)
    return a_signed_session(by=by, course=course, device=device)


def found(*sessions: Session) -> list[tuple[str, str]]:
    """What is found, as (kind, words), all of it under these sessions."""
    said = list(check_signatures())
    assert {record for _kind, record, _words in said} <= {f"session:{session.uid}" for session in sessions}
    return [(kind, words.rpartition(": ")[2]) for kind, _record, words in said]


# --- Intact ------------------------------------------------------------------------------------------


def test_signatures_of_an_untouched_clinic_hold(session, physician, other_physician):
    other = another_session(other_physician)
    _patient, course, device = ready(by=physician)
    a_draft(by=physician, course=course, device=device)
    review_session(by=physician, session=other, version=other.version)
    assert list(check_signatures()) == []


def test_fast_reading_of_the_rows_gives_what_is_signed(session):
    stored = next(row for row in stored_sessions(session.pk, session.pk))
    whole = Session.objects.with_rows().get(pk=session.pk)
    assert stored.content == plain(record_content(whole))


def test_results_and_decisions_after_signing_are_no_edit(session, physician):
    decide(physician, session, "Healed since.")
    assert list(check_signatures()) == []


def test_corrections_of_patient_course_and_accounts_are_no_edit(session, physician, administrator):
    patient, course = session.patient, session.course
    values = {"family_name": "Çelik-Moreau", "given_names": "Zoë", "birth_date": patient.birth_date, "sex": "female"}
    change_patient(by=physician, patient=patient, values=values, version=patient.version, reason="Married")
    change_course(
        by=physician,
        course=course,
        values={"planned_sessions": 9},
        sites=("palm",),
        version=course.version,
        reason="More",
    )
    change_account(by=administrator, user=physician, reason="Married", full_name="Dr Jeanne Moreau")
    assert list(check_signatures()) == []


def test_amended_record_keeps_the_former_signature_and_review(session, physician, other_physician):
    record = another_session(physician)
    review_session(by=other_physician, session=record, version=record.version)
    entry = an_entry(by=physician, device=record.device, started=STARTED, applications=(an_application(),), pain_nrs=4)
    amended = amend_session(by=physician, session=record, entry=entry, version=record.version, reason="Typing error")
    assert [(row.revision, row.meaning) for row in record.signatures.order_by("pk")] == [
        (1, "authorship"),
        (1, "review"),
        (2, "amendment"),
    ]
    review_session(by=other_physician, session=amended, version=amended.version)
    assert list(check_signatures()) == []


def test_record_struck_through_by_its_act_is_intact(session, physician):
    mark_in_error(by=physician, session=session, reason="Wrong patient", version=session.version)
    assert list(check_signatures()) == []


def test_check_asks_for_the_same_queries_with_one_session_and_three(session, physician):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            list(check_signatures())
        return len(captured)

    few = queries()
    for _ in range(2):
        another_session(physician)
    assert queries() == few


def test_signature_in_the_former_format_still_verifies(session, signature, english):
    content = json.loads(signature.content)
    del content["signer_account"], content["time_zone"], content["samples"][0]["uid"]
    content["format"] = "logbook-session-1"
    given = signature.history.get()
    signature.content = canonical_json(content)
    signature.digest = given.digest = digest(signature.content)
    whole = Session.objects.with_rows().get(pk=session.pk)
    assert why_not_intact(signature, whole, given) == []
    whole.pain_nrs = 9
    assert [alteration.words for alteration in why_not_intact(signature, whole, given)] == [
        "Changed after signature: worst pain, 0 to 10."
    ]


# --- Altered -----------------------------------------------------------------------------------------


def test_edited_record_names_the_fields(session, unguarded, english):
    write(session, notes="Nothing happened.")
    write(Phase.objects.first(), current_ma=1)
    write(Answer.objects.get(screening__session=session, item="skin"), reply="no")
    assert (
        found(session)
        == [
            (
                "changed after signature",
                "notes; screening, skin lesion at the site, answer; application 1, phase 1, current.",
            )
        ]
        * 2
    )


def test_row_taken_away_or_slipped_in_is_named(session, unguarded, english):
    models.QuerySet(Observation).filter(session=session, number=1)._raw_delete("default")
    last = Phase.objects.order_by("pk").last()
    insert(Phase(application=last.application, number=3, anode_site="palm", cathode_site="palm"))
    assert (
        found(session)
        == [("changed after signature", "application 1, phase 3 (added); observation 1 (taken away).")] * 2
    )


def test_edited_content_does_not_match_its_digest(session, signature, unguarded):
    write(signature, content=signature.content.replace('"pain_nrs":2', '"pain_nrs":3'))
    assert kinds() == {"content altered", "changed after signature"}


def test_edited_content_with_its_digest_and_the_record_differs_from_the_history(session, signature, unguarded):
    content = signature.content.replace('"pain_nrs":2', '"pain_nrs":3')
    write(signature, content=content, digest=digest(content))
    write(session, pain_nrs=3)
    assert kinds() == {"signature altered", "changed after signature"}  # the addendum signed the record as it was


def test_content_that_is_no_record_is_named(session, signature, unguarded):
    write(signature, content="{}", digest=digest("{}"))
    assert ("content altered", False) in {(kind, not words) for kind, words in found(session)}


@pytest.mark.parametrize("way", ["row", "with history"])
def test_signature_copied_to_another_session_is_named(session, signature, physician, unguarded, way):
    other = another_session(physician)
    copy = Signature.objects.get(pk=signature.pk)
    copy.pk, copy.session = None, other
    insert(copy)
    if way == "with history":
        given = signature.history.get()
        given.pk, given.id, given.session_id = None, copy.pk, other.pk
        models.QuerySet(type(given)).bulk_create([given])
    assert "signature copied" in {kind for kind, _words in found(other)}


def test_signature_moved_to_a_draft_is_named(session, signature, physician, unguarded):
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    write(signature, session=draft)
    assert {kind for kind, _words in found(session, draft)} == {
        "signature altered",
        "signature copied",
        "signature missing",
    }


@pytest.mark.parametrize(
    "values",
    [
        {"meaning": "review"},
        {"signer_name": "Dr Somebody Else"},
        {"time_zone": "Asia/Tokyo"},
        {"signed_at": STARTED + timedelta(days=1)},
        {"revision": 2},
    ],
    ids=str,
)
def test_edited_row_of_a_signature_is_named(session, signature, unguarded, values):
    write(signature, **values)
    assert "signature altered" in {kind for kind, _words in found(session)}


def test_renamed_account_of_the_signer_is_named(session, physician, unguarded):
    write(physician, full_name="Dr Somebody Else")
    assert "signer renamed" in {kind for kind, _words in found(session)}


def test_renamed_signer_is_named_after_a_renaming_by_an_act_too(session, signature, administrator, unguarded):
    change_account(by=administrator, user=session.physician, reason="Married", full_name="Dr Jeanne Moreau")
    write(signature, signer_name="Dr Jeanne Moreau")
    assert {kind for kind, _words in found(session)} == {"signature altered", "signer renamed"}


def test_signed_session_without_a_signature_is_named(session, unguarded, english):
    models.QuerySet(Signature).filter(session=session)._raw_delete("default")
    assert found(session) == [("signature missing", "Revision 1 is signed by no author.")]


@pytest.mark.parametrize("state", ["preliminary", "amended", "entered-in-error"])
def test_state_changed_without_an_act_is_named(session, unguarded, state):
    write(session, record_status=state)
    assert {kind for kind, _words in found(session)} <= {"signature copied", "session altered", "signature missing"}
    assert found(session) != []


def test_addendum_moved_between_signatures_is_named(session, unguarded):
    write(session.signatures.exclude(addendum=None).get(), addendum=an_unsigned_addendum(session))
    assert {kind for kind, _words in found(session)} == {"signature altered"}


def test_whole_signature_invented_has_no_act(session, signature, unguarded, english):
    invented = Signature.objects.get(pk=signature.pk)
    invented.pk, invented.meaning = None, "review"
    content = json.loads(signature.content) | {"meaning": "review"}
    invented.content = canonical_json(content)
    invented.digest = digest(invented.content)
    insert(invented)
    assert found(session) == [("signature altered", "No act stands behind this signature.")]


def test_uid_of_a_session_changed_makes_its_signatures_foreign(session, unguarded):
    uid = uuid4()
    write(session, uid=uid)
    session.uid = uid
    assert {kind for kind, _words in found(session)} == {"signature copied"}
