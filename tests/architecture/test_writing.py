"""Only acts write; every clinical table keeps who, when and why."""

import ast

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from clinic.audit.history import History, OfAnAct, OutsideAnAct, Recorded, RecordedQuerySet
from sessions.models.base import Clinical
from sessions.models.figures import Figure
from tests.architecture.code import files, tree

WRITING = {
    "save", "create", "update", "delete", "get_or_create", "update_or_create", "bulk_create", "bulk_update",
    "bulk_create_with_history", "bulk_update_with_history", "raw", "_raw_delete", "save_base",
}  # fmt: skip
# Where a call of one of these names is right, and why.
ALLOWED = {
    "clinic/audit/act.py": "the one way to write",
    "clinic/operations/management/commands/translations.py": "writes a catalogue of words, no table",
    "clinic/operations/take_along.py": "moves a whole logbook as it is, its history with it",
    "clinic/audit/chain.py": "the columns that digests cover stand in a table that set-up writes",
    "sessions/management/copying.py": "copies of acts with history and chain, to fill an empty logbook that is measured",
    "sessions/actions/search.py": "what the search reads, beside the patients that it is made of",
    "clinic/accounts/web_sessions.py": "Django's own web sessions, each with its end in the audit",
    "clinic/accounts/retention.py": "months of accesses that the clinic no longer keeps, each by an act",
    "clinic/operations/jobs.py": "which files are being made: no record; what leaves is an act of its own",
    "clinic/audit/access.py": "looks are written down as they happen, by the gate and not by an act",
}
# Receivers whose methods of the same name write no table.
HARMLESS = {
    "writing",
    "hashlib",
    "attrs",
    "headers",
    "data",
    "context",
    "seen",
    "values",
    "digest",
    "response",
    "options",
}


def receiver(node: ast.Attribute) -> str:
    value = node.value
    while isinstance(value, ast.Call):
        value = value.func
    if isinstance(value, ast.Attribute):
        return value.attr
    return value.id if isinstance(value, ast.Name) else ""


def test_only_acts_write() -> None:
    found = []
    for path in files():
        if str(path) in ALLOWED:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING:
                if receiver(node.func) in HARMLESS:
                    continue
                found.append(f"{path}:{node.lineno} {receiver(node.func)}.{node.func.attr}()")
    assert found == []


def test_acts_write_through_the_act_alone() -> None:
    """In actions, too, only `writing.create`, `writing.change` and `writing.remove` reach a table."""
    outside = {"create", "change", "remove", "about", "close"}
    found = []
    for path in files():
        if path.parts[:2] != ("sessions", "actions") and str(path) != "clinic/accounts/actions.py":
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in outside and receiver(node.func) != "writing":
                found.append(f"{path}:{node.lineno} {receiver(node.func)}.{node.func.attr}()")
    assert found == []


# Worked out from the record, no part of it: an act writes them beside their source, `check_figures` works them all out
# anew and compares, and a rebuild makes them again from nothing (docs/adr/0013).
DERIVED = {
    "SessionFigures", "Tally", "PeriodTally", "CourseFigures", "CourseTally", "Outcome", "OutcomeTally", "SearchText",
}  # fmt: skip


def ours() -> list[type[models.Model]]:
    """Every table of the logbook and every account: whatever is no history of another table."""
    labels = {"logbook", "accounts"}
    return [model for model in apps.get_models() if model._meta.app_label in labels and not issubclass(model, OfAnAct)]


def clinical() -> list[type[models.Model]]:
    """Those that are the record."""
    return [model for model in ours() if model.__name__ not in DERIVED]


def histories() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if issubclass(model, OfAnAct)]


def test_every_clinical_table_is_recorded_and_keeps_history() -> None:
    without = [
        model.__name__
        for model in clinical()
        if not issubclass(model, Recorded)
        or not hasattr(model, "history")
        or not isinstance(model.objects, models.Manager)
    ]
    assert without == []
    assert [
        model.__name__ for model in clinical() if model._meta.app_label == "logbook" and not issubclass(model, Clinical)
    ] == []
    assert len(histories()) == len(clinical())


def test_derived_tables_are_the_stored_figures_and_no_others() -> None:
    assert {model.__name__ for model in ours() if issubclass(model, Figure)} == DERIVED
    assert [model.__name__ for model in ours() if issubclass(model, Figure) and hasattr(model, "history")] == []


@pytest.mark.parametrize("model", ours(), ids=lambda model: model.__name__)
def test_row_cannot_be_written_outside_an_act(model: type[models.Model]) -> None:
    assert issubclass(type(model._default_manager.all()), RecordedQuerySet)
    row = model()
    with pytest.raises(OutsideAnAct):
        row.save()
    with pytest.raises(OutsideAnAct):
        row.delete()
    for name in ("create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"):
        with pytest.raises(OutsideAnAct):
            getattr(model._default_manager.all(), name)()


@pytest.mark.parametrize("model", histories(), ids=lambda model: model.__name__)
def test_no_change_without_who_when_and_why(model: type[models.Model]) -> None:
    for name in ("act", "history_user_id", "history_date", "history_type"):
        assert model._meta.get_field(name).null is False, name
    assert model._meta.get_field("history_change_reason").get_internal_type() == "TextField"


@pytest.mark.parametrize("model", clinical(), ids=lambda model: model.__name__)
def test_history_holds_every_column_but_secrets_and_derived_ones(model: type[models.Model]) -> None:
    left_out = {"User": {"password"}, "Patient": {"folded_name"}, "Signature": {"content"}}.get(model.__name__, set())
    columns = {field.attname for field in model._meta.concrete_fields}
    kept = {field.attname for field in model.history.model._meta.concrete_fields}
    assert columns - kept == left_out


def test_person_and_time_stand_together() -> None:
    """Where a row says by whom, it says when."""
    alone = [
        f"{model.__name__}.{field.name}"
        for model in clinical()
        for field in model._meta.concrete_fields
        if field.is_relation and field.name.endswith("_by")
        if not {f"{field.name[:-3]}_at", f"{field.name[:-3]}_date"}
        & {other.name for other in model._meta.concrete_fields}
    ]
    assert alone == []


def test_nothing_is_deleted_by_way_of_another_row() -> None:
    cascades = [
        f"{model.__name__}.{field.name}"
        for model in clinical()
        for field in model._meta.concrete_fields
        if field.is_relation and field.remote_field.on_delete is not models.PROTECT
    ]
    assert cascades == []


def test_history_is_made_in_one_way() -> None:
    assert {type(model._meta.simple_history_manager_attribute) for model in clinical()} == {str}
    found = []
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Name) and node.id == "HistoricalRecords" and str(path) != "clinic/audit/history.py":
                found.append(str(path))
    assert found == []
    assert issubclass(History, object)
    assert settings.SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD is True
