"""The whole access policy on one screen: four roles, what each may do."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    PHYSICIAN = "physician", _("physician")
    STAFF = "staff", _("clinic staff")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


ROLE_SENTENCES = {
    Role.PHYSICIAN: _("Registers patients, records consultations and sessions, signs them, pulls reports."),
    Role.STAFF: _("Finds and registers patients, pulls reports. Opens treatment records in an emergency only."),
    Role.AUDITOR: _("Reads records, their history and who looked at them. Changes nothing."),
    Role.ADMINISTRATOR: _("Manages accounts and devices, sees counts. Sees no patient."),
}


class Permission(StrEnum):
    FIND_PATIENTS = "find patients"
    REGISTER_PATIENTS = "register patients"
    READ_RECORDS = "read treatment records"
    WRITE_RECORDS = "write consultations, courses and sessions"
    SIGN_RECORDS = "sign, amend and mark records"
    SEE_REPORTS = "see reports"
    SEE_HISTORY = "see the history of a record and who looked at it"
    VERIFY_HISTORY = "see and ask whether the history is as it was written"
    MANAGE_DEVICES = "manage devices"
    MANAGE_ACCOUNTS = "manage accounts"
    OPEN_EMERGENCY = "open treatment records in an emergency"


P = Permission
GRANTS: dict[str, frozenset[Permission]] = {
    Role.PHYSICIAN: frozenset(
        {
            P.FIND_PATIENTS,
            P.REGISTER_PATIENTS,
            P.READ_RECORDS,
            P.WRITE_RECORDS,
            P.SIGN_RECORDS,
            P.SEE_REPORTS,
            P.SEE_HISTORY,
            P.VERIFY_HISTORY,
            P.MANAGE_DEVICES,
        }
    ),
    Role.STAFF: frozenset({P.FIND_PATIENTS, P.REGISTER_PATIENTS, P.SEE_REPORTS, P.OPEN_EMERGENCY}),
    Role.AUDITOR: frozenset({P.FIND_PATIENTS, P.READ_RECORDS, P.SEE_REPORTS, P.SEE_HISTORY, P.VERIFY_HISTORY}),
    Role.ADMINISTRATOR: frozenset({P.SEE_REPORTS, P.MANAGE_DEVICES, P.MANAGE_ACCOUNTS, P.VERIFY_HISTORY}),
}
# What an emergency access adds for its short time, to who may open one (`clinic.accounts.emergency`).
EMERGENCY_GRANTS = frozenset({P.READ_RECORDS})
