"""Jobs of the kind in `filed.py`: asked for, made here and now, and what is left of them."""

import threading
from datetime import timedelta
from typing import Any

from django.utils import timezone

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.operations import jobs, making
from clinic.operations.models import Job


def asked(
    by: User, form: str = "csv", needs: tuple[Permission, ...] = (Permission.SEE_REPORTS,), **question: Any
) -> Job:
    return jobs.ask(by=by, kind="test", question={"rows": 250} | question, form=form, title="Rows", needs=needs)


def work(stopping: threading.Event | None = None) -> None:
    making.work(stopping or threading.Event(), once=True)


def stored(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def folders() -> list[str]:
    return sorted(path.name for path in jobs.folder().iterdir())


def given_up(job: Job) -> None:
    """As if nothing had been heard of it for long."""
    Job.objects.filter(pk=job.pk).update(beat_at=timezone.now() - jobs.GIVEN_UP_AFTER - timedelta(seconds=1))
