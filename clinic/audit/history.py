"""The one way a model gets its history: django-simple-history rows that always name their act.

The library would write history on its own, from signals, beside the acts. Every way in which it does is shut here; what
the database shuts stands in `clinic.audit.guard`, and `tests/audit/test_gaps.py` goes through them one by one.
"""

from typing import Any

from django.db import models
from django.db.models.signals import pre_delete, pre_save
from django.dispatch import receiver
from simple_history.manager import HistoricalQuerySet, HistoryManager
from simple_history.models import HistoricalRecords


class OutsideAnAct(RuntimeError):
    """Something tried to write the record without an act: a defect in the program, never the user's."""


def _outside(what: str) -> OutsideAnAct:
    return OutsideAnAct(f"{what} is written by an act only (clinic.audit.act).")


class _Reading:
    """The methods of a queryset that write, each refused."""

    model: Any

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise _outside(self.model.__name__)

    create = get_or_create = update_or_create = update = delete = _refuse
    bulk_create = bulk_update = _raw_delete = _update = _insert = _refuse
    acreate = aget_or_create = aupdate_or_create = aupdate = adelete = abulk_create = abulk_update = _refuse


class RecordedQuerySet(_Reading, models.QuerySet):
    """Reads as any queryset; writing is for acts alone (`clinic.audit.act`)."""


class HistoryQuerySet(_Reading, HistoricalQuerySet):
    """History as rows or as the records that they tell of; an act alone adds any."""


class HistoryRows(HistoryManager):
    """What `Model.history` answers with."""

    def bulk_history_create(self, *args: Any, **kwargs: Any) -> Any:
        raise _outside(self.model.__name__)


class _Written(models.Model):
    """A row that an act writes, and nothing else."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise _outside(type(self).__name__)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise _outside(type(self).__name__)


class OfAnAct(_Written):
    """What every history row carries: the act it belongs to, hence who, when and why."""

    act = models.ForeignKey("audit.Act", models.PROTECT, related_name="+")

    objects = HistoryQuerySet.as_manager()  # type: ignore[django-manager-missing]

    class Meta:
        abstract = True


class Recorded(_Written):
    """Base of every table whose changes are history."""

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True


class History(HistoricalRecords):
    """History rows with a person always (never NULL), an act always, and no index that no question uses."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            bases=[OfAnAct],
            history_id_field=models.BigAutoField(),
            history_user_id_field=models.BigIntegerField(),
            cascade_delete_history=False,
            history_manager=HistoryRows,
            historical_queryset=HistoryQuerySet,
            **kwargs,
        )

    def copy_fields(self, model: type[models.Model]) -> dict[str, models.Field]:
        fields = super().copy_fields(model)
        for field in fields.values():
            if field.is_relation:
                field.db_index = False
        return fields

    def create_historical_record(self, instance: models.Model, history_type: str, using: str | None = None) -> None:
        """The library comes here from its signals: whatever was saved or deleted went past the acts."""
        raise _outside(type(instance).__name__)


@receiver([pre_save, pre_delete])
def refuse_signals(sender: type[models.Model], **kwargs: Any) -> None:
    """Whoever goes past `save` and `delete` comes here: rows of a file of Django's own, and a collector of deletions."""
    if issubclass(sender, _Written):
        raise _outside(sender.__name__)
