"""The one way a model gets its history: django-simple-history rows that always name their act."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class OfAnAct(models.Model):
    """What every history row carries: the act it belongs to, hence who, when and why."""

    act = models.ForeignKey("audit.Act", models.PROTECT, related_name="+")

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
            **kwargs,
        )

    def copy_fields(self, model: type[models.Model]) -> dict[str, models.Field]:
        fields = super().copy_fields(model)
        for field in fields.values():
            if field.is_relation:
                field.db_index = False
        return fields


class OutsideAnAct(RuntimeError):
    """Something tried to write the record without an act: a defect in the program, never the user's."""


class RecordedQuerySet(models.QuerySet):
    """Reads as any queryset; writing is for acts alone (`clinic.audit.act`)."""

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise OutsideAnAct(f"{self.model.__name__} is written by an act only (clinic.audit.act).")

    create = get_or_create = update_or_create = update = delete = _refuse
    bulk_create = bulk_update = _refuse
    acreate = aupdate = adelete = abulk_create = abulk_update = _refuse


class Recorded(models.Model):
    """Base of every table whose changes are history."""

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise OutsideAnAct(f"{type(self).__name__} is written by an act only (clinic.audit.act).")

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise OutsideAnAct(f"{type(self).__name__} is written by an act only (clinic.audit.act).")
