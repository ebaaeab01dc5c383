"""What the search finds patients by: written with them, completed after a migration, compared and made anew.

Not an act: nothing is recorded here that the patient's own row does not say.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import connections, models, transaction

from sessions.models import Patient, SearchText
from sessions.models.trigrams import lost, make_anew, put_in_place

AT_ONCE = 1000
WRITTEN = ("name", "text", "birth_date")


def note(*patients: Patient, using: str = "default") -> None:
    """Have these patients found as they are now; for the acts that write them, in their transaction."""
    found: models.QuerySet[SearchText] = models.QuerySet(SearchText, using=using)
    found.bulk_create(
        [SearchText.of(patient) for patient in patients],
        update_conflicts=True,
        unique_fields=["patient"],
        update_fields=WRITTEN,
    )


def wrong(using: str = "default") -> list[int]:
    """The keys of the patients whom the search does not find as they are now."""
    found: list[int] = []
    for patients in _batches(models.QuerySet(Patient, using=using).order_by("pk")):
        texts = SearchText.objects.using(using).in_bulk([patient.pk for patient in patients])
        found += [patient.pk for patient in patients if _said(texts.get(patient.pk)) != _said(SearchText.of(patient))]
    return sorted({*found, *lost(using)})


def rebuild(using: str = "default") -> int:
    """Make it all anew; how many patients were not found as they are."""
    with transaction.atomic(using=using):
        keys = wrong(using)
        for patients in _batches(models.QuerySet(Patient, using=using).filter(pk__in=keys).order_by("pk")):
            note(*patients, using=using)
        make_anew(using)
    return len(keys)


def after_migration(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Have every patient found who was there before the search was, and put its indexes in place."""
    if SearchText._meta.db_table not in connections[using].introspection.table_names():
        return
    everybody: models.QuerySet[Patient] = models.QuerySet(Patient, using=using)
    missing = everybody.filter(search_text=None).order_by("pk")
    with transaction.atomic(using=using):
        for patients in _batches(missing):
            note(*patients, using=using)
    put_in_place(using)


def _said(row: SearchText | None) -> list[Any]:
    return [getattr(row, name) for name in WRITTEN] if row else []


def _batches(rows: models.QuerySet[Patient]) -> Iterator[list[Patient]]:
    left: Iterable[Patient] = rows.iterator(chunk_size=AT_ONCE)
    left = iter(left)
    while batch := list(islice(left, AT_ONCE)):
        yield batch
