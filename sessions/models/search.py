"""What patients are found by: a table made from theirs, without a history, that may be made anew at any time."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.lib.text import findable, searched
from sessions.models.figures import Figure
from sessions.models.patient import Patient


class SearchText(Figure):
    """One patient as the search reads him; written by the acts that write the patient (`sessions.actions.search`)."""

    patient = models.OneToOneField(
        Patient, models.PROTECT, primary_key=True, related_name="search_text", db_constraint=False, editable=False
    )
    # Both names in the order of the lists, for what begins with what was typed.
    name = models.TextField(editable=False)
    # Every word of the names and of the record number, for any part of them (`clinic.lib.text.findable`).
    text = models.TextField(editable=False)
    birth_date = models.DateField(editable=False)

    class Meta(Figure.Meta):
        verbose_name = _("search text of a patient")
        verbose_name_plural = _("search texts of patients")
        indexes = [models.Index(fields=["birth_date", "patient"], name="search_birth_date")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of(cls, patient: Patient) -> SearchText:
        """What stands here of `patient`, whatever stands there now."""
        family, given, number = patient.family_name, patient.given_names, patient.record_number
        return cls(
            patient_id=patient.pk,
            name=searched(f"{family} {given}"),
            # "Le Roy" is typed "leroy", too.
            text=findable(family, "".join(family.split()), given, number),
            birth_date=patient.birth_date,
        )
