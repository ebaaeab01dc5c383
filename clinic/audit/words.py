"""What an act or a look is called on a page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, Promise] = {
    "create_account": _("Account opened"),
    "change_account": _("Account changed"),
    "set_password": _("Password set"),
    "open_emergency": _("Emergency access opened"),
    "add_second_factor": _("Second factor set up"),
    "renew_recovery_codes": _("New recovery codes made"),
    "use_recovery_code": _("Recovery code used"),
    "remove_second_factor": _("Second factor removed"),
    "choose_language": _("Language chosen"),
    "register_patient": _("Patient registered"),
    "change_patient": _("Patient corrected"),
    "record_consultation": _("Consultation recorded"),
    "record_decisions": _("Decisions recorded"),
    "open_course": _("Course opened"),
    "change_course": _("Course changed"),
    "end_course": _("Course ended"),
    "log_session": _("Session logged"),
    "save_draft": _("Draft saved"),
    "sign_session": _("Session signed"),
    "amend_session": _("Session amended and signed"),
    "add_addendum": _("Addendum signed"),
    "review_session": _("Session reviewed and countersigned"),
    "mark_in_error": _("Session marked entered in error"),
    "record_result": _("Laboratory result recorded"),
    "mark_result_in_error": _("Laboratory result marked entered in error"),
    "register_device": _("Device registered"),
    "change_device": _("Device changed"),
    "export_report": _("Report taken out as a file"),
    "export_record": _("Record taken out as a file"),
    "export_evidence": _("Evidence pack taken out"),
    "export_letter": _("Letter for the patient made as a file"),
    "export_timeline": _("Timeline taken out as a file"),
    "export_trail": _("Trail taken out as a file"),
    "purge_accesses": _("Accesses of a month deleted"),
}
LOOKS: dict[str, Promise] = {
    "patient": _("Patient page"),
    "consultation": _("Consultation"),
    "course": _("Course"),
    "session": _("Session"),
    "sample": _("Sample"),
    "decisions": _("Decisions"),
    "search": _("Found by a search"),
    "list": _("List of recent patients"),
    "duplicates": _("Warning of a patient alike"),
    "home": _("Start page"),
    "unsigned": _("List of unsigned sessions"),
    "report": _("Report on the page"),
    "export": _("Report taken out as a file"),
    "record-file": _("Record taken out as a file"),
    "history": _("History of a record"),
    "evidence": _("Evidence pack"),
    "looks": _("List of who looked"),
    "timeline": _("Timeline of performing, entering and signing"),
    "as-known": _("Record as known on a former date"),
    "letter": _("Letter for the patient"),
    "trail": _("Trail"),
    "log_in": _("Logged in"),
    "log_in_failed": _("Log-in failed"),
    "log_out": _("Logged out"),
    "time_out": _("Logged out after idle time or the longest log-in"),
    "log_in_ended": _("Log-in ended: account closed or password changed"),
    "throttled": _("Too many attempts"),
    "account_failed": _("Wrong password or code at a change of one's second factor"),
    "account_throttled": _("Too many wrong passwords at a change of one's second factor"),
    "second_factor_added": _("Second factor set up"),
    "second_factor_codes": _("New recovery codes made"),
    "second_factor_removed": _("Second factor removed"),
    "emergency": _("Emergency access"),
    "emergency_over": _("Emergency access over"),
    "emergency_failed": _("Wrong password at an emergency access"),
    "emergency_throttled": _("Too many wrong passwords at an emergency access"),
    "sign_failed": _("Wrong password at signing"),
    "sign_throttled": _("Too many wrong passwords at signing"),
    "password_failed": _("Wrong current password at a change of password"),
    "password_set": _("Password set by somebody else"),
    "account_opened": _("Account opened"),
    "account_closed": _("Account closed"),
    "account_reopened": _("Account opened again"),
    "role_change": _("Role changed"),
    "guards_restored": _("Guards of the database were missing, and were put back"),
    "verification_failed": _("Verification found the history altered, or could not read it"),
}


def act_in_words(kind: str) -> str:
    """What was done, as a sentence's beginning; the bare word where none is known."""
    return str(ACTS.get(kind, kind))


def look_in_words(kind: str) -> str:
    """Where a patient was seen; the bare word where none is known."""
    return str(LOOKS.get(kind, kind))
