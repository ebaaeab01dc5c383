"""Patients: who they are, and how they are found."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Code, Line, Prose
from clinic.lib.text import folded
from sessions.measures.words import Sex
from sessions.models.base import Clinical, address


class PatientQuerySet(RecordedQuerySet):
    def born_on(self, day: date) -> PatientQuerySet:
        return self.filter(birth_date=day)


class Patient(Clinical):
    """A person who is treated."""

    uid = address()
    record_number = Line(_("record number"), max_length=20)
    family_name = Line(_("family name"), max_length=100)
    given_names = Line(_("given names"), max_length=100)
    birth_date = models.DateField(_("date of birth"))
    sex = Code(_("sex"), choices=Sex.choices)
    phone = Line(_("telephone"), max_length=40, blank=True)
    referring_doctor = Line(_("referring doctor"), max_length=120, blank=True)
    note = Prose(_("note"), blank=True)
    # For searching: both names without accents, case, hyphens or apostrophes; written by the acts.
    folded_name = Line(max_length=420, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = History(excluded_fields=["folded_name"])
    objects = PatientQuerySet.as_manager()

    class Meta(Clinical.Meta):
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ["folded_name", "id"]
        indexes = [
            models.Index(fields=["birth_date"], name="patient_birth_date"),
            models.Index(fields=["folded_name"], name="patient_name"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record_number"],
                name="patient_number_once",
                violation_error_message=_("This record number is in use."),
            ),
            models.CheckConstraint(
                condition=models.Q(sex__in=Sex.values), name="patient_sex_word", violation_error_code="sex"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family_name} {self.given_names}"

    def fold(self) -> None:
        self.folded_name = folded(f"{self.family_name} {self.given_names}")
