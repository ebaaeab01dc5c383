"""What each page is called among the accesses, by the name of its route."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

PAGES: dict[str, Promise] = {
    "home": pgettext_lazy("page", "Start"),
    "health": gettext_lazy("Sign of life"),
    "stay": gettext_lazy("Staying logged in"),
    "account_login": gettext_lazy("Log in"),
    "account_logout": gettext_lazy("Log out"),
    "account_change_password": gettext_lazy("Change password"),
    "language": gettext_lazy("Choice of language"),
    "first-account": gettext_lazy("First account"),
    "accounts": gettext_lazy("Accounts"),
    "account-new": gettext_lazy("New account"),
    "account-edit": gettext_lazy("Account"),
    "account-history": gettext_lazy("History of an account"),
    "account-password": gettext_lazy("New one-time password"),
    "account-second-factor": gettext_lazy("Take the second factor away"),
    "login-code": gettext_lazy("Code at the log-in"),
    "second-factor": gettext_lazy("Second factor"),
    "second-factor-codes": gettext_lazy("New recovery codes"),
    "second-factor-remove": gettext_lazy("Remove the second factor"),
    "emergency": gettext_lazy("Emergency access"),
    "emergency-end": gettext_lazy("End of the emergency access"),
    "downloads": gettext_lazy("My files"),
    "downloads-progress": gettext_lazy("How far my files are"),
    "downloads-cancel": gettext_lazy("Delete one of my files"),
    "downloads-file": gettext_lazy("One of my files"),
    "verification": gettext_lazy("Verification"),
    "verification-start": gettext_lazy("Start of the verification"),
    "logbook:patients": gettext_lazy("Patients"),
    "logbook:sessions": gettext_lazy("Sessions"),
    "logbook:patient": gettext_lazy("Patient"),
    "logbook:patient-find": gettext_lazy("Find a patient"),
    "logbook:patient-new": gettext_lazy("Register a patient"),
    "logbook:patient-duplicates": gettext_lazy("Warning of a patient alike"),
    "logbook:patient-edit": gettext_lazy("Correct a patient"),
    "logbook:patient-looks": gettext_lazy("Who looked at this patient"),
    "logbook:patient-timeline": gettext_lazy("Timeline"),
    "logbook:patient-as-known": gettext_lazy("As known on a date"),
    "logbook:patient-letter": gettext_lazy("Letter for the patient"),
    "logbook:consultation": gettext_lazy("Consultation"),
    "logbook:consultation-new": gettext_lazy("Record a consultation"),
    "logbook:decisions": gettext_lazy("Decisions"),
    "logbook:course": gettext_lazy("Course"),
    "logbook:course-new": gettext_lazy("Open a course"),
    "logbook:course-edit": gettext_lazy("Correct a course"),
    "logbook:course-end": gettext_lazy("End a course"),
    "logbook:course-evidence": gettext_lazy("Evidence pack of a course"),
    "logbook:course-letter": gettext_lazy("Letter about a course"),
    "logbook:session": gettext_lazy("Session"),
    "logbook:session-new": gettext_lazy("Log a session"),
    "logbook:session-edit": gettext_lazy("Go on with a draft"),
    "logbook:session-sign": gettext_lazy("Review and sign"),
    "logbook:session-amend": gettext_lazy("Amend a session"),
    "logbook:session-review": gettext_lazy("Review and countersign"),
    "logbook:session-addendum": gettext_lazy("Addendum"),
    "logbook:session-error": gettext_lazy("Mark a session as entered in error"),
    "logbook:session-evidence": gettext_lazy("Evidence pack of a session"),
    "logbook:result-new": gettext_lazy("Laboratory result"),
    "logbook:result-error": gettext_lazy("Mark a laboratory result as entered in error"),
    "logbook:sessions-unsigned": gettext_lazy("My unsigned sessions"),
    "logbook:devices": gettext_lazy("Devices"),
    "logbook:device-new": gettext_lazy("Register a device"),
    "logbook:device-edit": gettext_lazy("Correct a device"),
    "logbook:device-entry-new": gettext_lazy("Entry in the device log"),
    "logbook:device-entry-error": gettext_lazy("Mark an entry in the device log as entered in error"),
    "logbook:reports": gettext_lazy("Reports"),
    "logbook:report": gettext_lazy("Report"),
    "logbook:filter-new": gettext_lazy("Keep limits"),
    "logbook:filter-drop": gettext_lazy("Take kept limits out of use"),
    "logbook:definitions": gettext_lazy("What counts as a response"),
    "logbook:definition-new": gettext_lazy("Define a response"),
    "logbook:definition-change": gettext_lazy("Change a definition"),
    "logbook:definition-retire": gettext_lazy("Use a definition no longer"),
    "logbook:receipts": gettext_lazy("Receipts"),
    "logbook:receipt": gettext_lazy("Receipt"),
    "logbook:receipt-compare": gettext_lazy("Run again and compare"),
    "logbook:history": gettext_lazy("History"),
    "logbook:trail": gettext_lazy("Trail: changes"),
    "logbook:trail-looks": gettext_lazy("Trail: looks"),
}
# Which pages offer files; a file has the name of its page, and its format at the end.
FORMS = {"csv": "CSV", "xlsx": "Excel", "pdf": "PDF"}
FILES: dict[str, tuple[str, ...]] = {
    "logbook:course-letter": ("pdf",),
    "logbook:session": ("pdf",),
    "logbook:patient-letter": ("pdf",),
    "logbook:patient-timeline": tuple(FORMS),
    "logbook:report": tuple(FORMS),
    "logbook:trail": tuple(FORMS),
    "logbook:trail-looks": tuple(FORMS),
}


def pages_in_words() -> dict[str, str]:
    """What the page or file of each route is called."""
    words = {route: str(title) for route, title in PAGES.items()}
    for page, forms in FILES.items():
        for form in forms:
            words[f"{page}-{form}"] = _("%(page)s, %(form)s file") % {"page": words[page], "form": FORMS[form]}
    return words
