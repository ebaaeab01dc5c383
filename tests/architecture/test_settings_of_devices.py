"""No documented setting of a device has a default, an initial value, a suggestion or a placeholder (domain A.2.1)."""

import importlib
import inspect
import pkgutil

import pytest
from django import forms
from django.db import models

import sessions.forms
from sessions.measures.quantities import QUANTITIES, SETTINGS
from sessions.models import Application, Phase

# Rows are counted, joined and addressed; that is no setting.
NOT_A_SETTING = {"id", "application", "session", "number", "as_typed", "retyped"}


def columns() -> list[models.Field]:
    return [
        field
        for model in (Application, Phase)
        for field in model._meta.concrete_fields
        if field.name not in NOT_A_SETTING
    ]


def named(field: models.Field) -> str:
    return f"{field.model.__name__}.{field.name}"


def test_every_setting_is_a_column_of_the_phase() -> None:
    assert [name for name in SETTINGS if name not in {field.name for field in Phase._meta.concrete_fields}] == []


@pytest.mark.parametrize("field", columns(), ids=named)
def test_column_has_no_default(field: models.Field) -> None:
    assert not field.has_default() or field.default == ""
    assert field.db_default is models.NOT_PROVIDED


@pytest.mark.parametrize("name", QUANTITIES)
def test_figure_may_stay_empty(name: str) -> None:
    found = [
        field
        for module in (importlib.import_module("sessions.models"),)
        for model in vars(module).values()
        if inspect.isclass(model) and issubclass(model, models.Model)
        for field in model._meta.concrete_fields
        if field.name == name
    ]
    assert found, name
    assert [named(field) for field in found if not field.null or field.has_default()] == []


def form_classes() -> list[type[forms.BaseForm]]:
    found = {}
    for module in pkgutil.walk_packages(sessions.forms.__path__, "sessions.forms."):
        for value in vars(importlib.import_module(module.name)).values():
            if (
                inspect.isclass(value)
                and issubclass(value, forms.BaseForm)
                and value.__module__.startswith("sessions.")
            ):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return list(found.values())


@pytest.mark.parametrize("form", form_classes(), ids=lambda form: form.__qualname__)
def test_form_suggests_no_setting(form: type[forms.BaseForm]) -> None:
    settings = {field.name for field in columns()} | set(QUANTITIES)
    suggesting = []
    for name, field in form.base_fields.items():
        if name not in settings:
            continue
        attributes = field.widget.attrs
        if field.initial not in (None, "") or {"placeholder", "value", "list", "min", "max", "step"} & set(attributes):
            suggesting.append(name)
        if isinstance(field, forms.ChoiceField) and list(field.choices) and field.initial:
            suggesting.append(name)
    assert suggesting == []
