"""Somebody else saved first: what stands there now, beside what was typed."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.rules.version import CHANGED

Difference = tuple[str, str]


def changed_meanwhile(problems: list[Problem]) -> bool:
    """Whether the act was refused because another person's change came first."""
    return any(problem.code == CHANGED for problem in problems)


def compare(form: forms.ModelForm, stored: models.Model) -> list[Difference]:
    """What is stored now where it differs from what was typed; the next save is meant against it."""
    typed_data = form.data.copy()  # type: ignore[attr-defined]
    typed_data["version"] = str(stored.version)  # type: ignore[attr-defined]
    form.data = typed_data
    return _differing(form, stored)


def compare_rows(formset: Any, stored: Iterable[Any]) -> list[Difference]:
    """The same for rows: what differs in each, and those that the form does not hold and would take away."""
    typed = {form.cleaned_data.get("id"): form for form in formset.forms if not form.cleaned_data.get("DELETE")}
    differences = []
    for row in stored:
        name = f"{capfirst(str(row._meta.verbose_name))} {row.number}"
        form = typed.get(row.pk)
        if form is None:
            differences.append((name, _("%(row)s: not on this page, and taken away if you save") % {"row": row}))
        else:
            differences += [(f"{name}, {label}", shown) for label, shown in _differing(form, row)]
            if hasattr(form, "phases"):
                differences += [
                    (f"{name}, {label}", shown) for label, shown in compare_rows(form.phases, row.phases.all())
                ]
    return differences


def _differing(form: forms.ModelForm, stored: models.Model) -> list[Difference]:
    differences = []
    for name in form._meta.fields or []:
        field = stored._meta.get_field(name)
        now = getattr(stored, field.attname)  # type: ignore[union-attr]
        typed = form.cleaned_data.get(name)
        if name in form.fields and now != (typed.pk if isinstance(typed, models.Model) else typed):
            differences.append((str(form.fields[name].label), _shown(stored, name)))
    return differences


def _shown(row: Any, name: str) -> str:
    shown = getattr(row, f"get_{name}_display", None)
    value = shown() if shown else getattr(row, name)
    return "—" if value in (None, "") else str(value)
