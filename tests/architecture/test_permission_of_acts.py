"""Every act asks by itself, before anything else, whether the role of `by` allows it: not the page alone."""

import importlib
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from clinic.accounts.models import User
from clinic.accounts.roles import GRANTS, Permission, Role
from clinic.lib.problems import Refused
from tests.architecture.code import files

P = Permission
NEEDED = {
    "create_account": P.MANAGE_ACCOUNTS,
    "change_account": P.MANAGE_ACCOUNTS,
    "set_password": P.MANAGE_ACCOUNTS,
    "remove_second_factor": P.MANAGE_ACCOUNTS,
    "open_emergency": P.OPEN_EMERGENCY,
    "purge_accesses": P.MANAGE_ACCOUNTS,
    "register_patient": P.REGISTER_PATIENTS,
    "change_patient": P.REGISTER_PATIENTS,
    "record_consultation": P.WRITE_RECORDS,
    "record_decisions": P.WRITE_RECORDS,
    "open_course": P.WRITE_RECORDS,
    "change_course": P.WRITE_RECORDS,
    "end_course": P.WRITE_RECORDS,
    "log_session": P.WRITE_RECORDS,
    "save_draft": P.WRITE_RECORDS,
    "record_result": P.WRITE_RECORDS,
    "mark_result_in_error": P.WRITE_RECORDS,
    "sign_session": P.SIGN_RECORDS,
    "amend_session": P.SIGN_RECORDS,
    "add_addendum": P.SIGN_RECORDS,
    "review_session": P.SIGN_RECORDS,
    "mark_in_error": P.SIGN_RECORDS,
    "register_device": P.MANAGE_DEVICES,
    "change_device": P.MANAGE_DEVICES,
    "add_device_entry": P.MANAGE_DEVICES,
    "mark_device_entry_in_error": P.MANAGE_DEVICES,
    "export_evidence": P.SEE_HISTORY,
    "record_export": P.SEE_REPORTS,
    "save_filter": P.SEE_REPORTS,
    "drop_filter": P.SEE_REPORTS,
    "export_record": P.READ_RECORDS,
    "export_letter": P.SEE_HISTORY,
    "export_timeline": P.SEE_HISTORY,
    "record_trail_export": P.SEE_HISTORY,
    "define_response": P.SIGN_RECORDS,
    "change_response": P.SIGN_RECORDS,
    "retire_response": P.SIGN_RECORDS,
    "export_course_letter": P.SIGN_RECORDS,
}


OF_THE_CLINIC = {"clinic/accounts/actions.py", "clinic/accounts/retention.py"}


@cache
def acts() -> dict[str, Callable[..., Any]]:
    """Every function that says who does it, by name."""
    found = {}
    for path in files():
        if path.parts[:2] != ("sessions", "actions") and str(path) not in OF_THE_CLINIC:
            continue
        module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_"):
                continue
            by = inspect.signature(function).parameters.get("by")
            if by is not None and by.kind is inspect.Parameter.KEYWORD_ONLY:
                found[name] = function
    return found


def test_every_act_names_what_it_needs() -> None:
    assert set(acts()) == set(NEEDED)


def refusal(name: str, by: User) -> list[str]:
    """The codes with which this act refuses `by`. Whatever else it asks for is meaningless: it never gets so far."""
    act = acts()[name]
    others = {
        parameter.name: User(pk=1)
        for parameter in inspect.signature(act).parameters.values()
        if parameter.name != "by"
        and parameter.kind is inspect.Parameter.KEYWORD_ONLY
        and parameter.default is inspect.Parameter.empty
    }
    with pytest.raises(Refused) as refused:
        act(by=by, **others)
    return [problem.code for problem in refused.value.problems]


FORBIDDEN = [(name, role) for name in NEEDED for role in Role.values if NEEDED[name] not in GRANTS[role]]


@pytest.mark.parametrize(("name", "role"), FORBIDDEN)
def test_act_refuses_whose_role_does_not_allow_it(name: str, role: str) -> None:
    """Without a database: the act asks before it looks at anything."""
    assert refusal(name, User(role=role)) == ["not-allowed"]


@pytest.mark.parametrize("name", NEEDED)
def test_act_refuses_a_closed_account(name: str) -> None:
    role = next(role for role, granted in GRANTS.items() if NEEDED[name] in granted)
    assert refusal(name, User(role=role, is_active=False)) == ["not-allowed"]
