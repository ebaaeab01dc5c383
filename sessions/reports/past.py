"""The rows of a patient's record as the history had them at one moment: never the rows that stand today."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max, Q

from clinic.audit.models import Act


class Past:
    """What the acts up to `moment` had written about one patient; one query per table."""

    def __init__(self, patient_id: int, moment: datetime) -> None:
        self.moment = moment
        # An act that names no patient (an import of many) may have written rows of this one; what leaves as a file writes none.
        about = Q(patient_id=patient_id) | (Q(patient_id=None) & ~Q(kind__startswith="export_"))
        self._acts = Act.objects.filter(about, at__lte=moment).order_by().values("pk")

    def rows(self, model: Any, *, with_act: bool = False, **limits: Any) -> list[Any]:
        """The rows of `model` within `limits`, each in its newest version of that moment; what was removed by then is gone."""
        history = model.history.model.objects
        versions = history.filter(act__in=self._acts, **limits)
        found = history.filter(history_id__in=_newest(versions)).exclude(history_type="-").order_by("id")
        return [_as_it_was(row, with_act) for row in (found.select_related("act") if with_act else found)]

    def named(self, model: Any, keys: Iterable[int | None]) -> dict[int, Any]:
        """People or devices with these keys, as they were called at that moment; before their first version, as in it."""
        rows = model.history.model.objects.filter(id__in={key for key in keys if key is not None}).exclude(
            history_type="-"
        )
        found: dict[int, Any] = {}
        for row in rows.select_related("act").order_by("history_id"):
            if row.act.at <= self.moment or row.id not in found:
                found[row.id] = row
        return {pk: _as_it_was(row) for pk, row in found.items()}


def _newest(versions: Any) -> Any:
    return versions.order_by().values("id").annotate(newest=Max("history_id")).values("newest")


def _as_it_was(row: Any, with_act: bool = False) -> Any:
    """A record made of one history row. It belongs to no table and is never saved; `act_id` is the act that wrote it."""
    made = row.instance_type(**{field.attname: getattr(row, field.attname) for field in row.tracked_fields})
    made.act_id = row.act_id
    if with_act:
        made.act = row.act
    return made
