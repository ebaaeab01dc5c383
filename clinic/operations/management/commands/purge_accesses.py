"""`manage.py purge_accesses`: delete the months of accesses that the clinic no longer keeps."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clinic.accounts.models import User, plain_username
from clinic.accounts.retention import Month, months_to_purge, oldest_kept, purge_accesses
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may, why_not_purge
from clinic.audit import anchors
from clinic.lib.problems import Refused, refuse


class Command(BaseCommand):
    help = (
        "Delete the accesses (who looked, who logged in) of whole sealed months that are older than "
        "CLINIC_ACCESS_MONTHS. Never the history of the record."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, metavar="USERNAME", help="the administrator who decides it")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept in the history for ever")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--json", action="store_true", help="write JSON; without --yes nothing is deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            by = self._person(options["by"])
            refuse(why_not_may(by, Permission.MANAGE_ACCOUNTS))
            refuse(why_not_purge("", oldest_kept(now, settings.ACCESS_MONTHS), options["reason"]))
            found = months_to_purge(now, settings.ACCESS_MONTHS)
            wanted = options["yes"] or (not options["json"] and self._asked(found))
            deleted = 0
            for month in found if wanted else []:
                deleted += purge_accesses(
                    by=by, month=month, reason=options["reason"], now=now, months=settings.ACCESS_MONTHS
                )
        except Refused as error:
            self.stderr.write(str(error))
            sys.exit(2)
        if deleted:
            anchors.write("purge")
        self._say(found, deleted, options)

    def _person(self, username: str) -> User:
        found = User.objects.filter(username=plain_username(username)).first()
        return found or User(is_active=False)

    def _asked(self, found: list[Month]) -> bool:
        if not found:
            return False
        self._list(found)
        self.stdout.write(_("Nothing brings them back. Delete them? Write yes:"))
        answer = sys.stdin.readline().strip().lower()
        if answer in {"yes", pgettext("answer", "yes")}:
            return True
        self.stderr.write(_("Nothing was deleted."))
        sys.exit(2)

    def _list(self, found: list[Month]) -> None:
        for month in found:
            words = _("%(month)s: %(accesses)s accesses, numbers %(first)s to %(last)s")
            numbers = {"month": month.name, "accesses": month.accesses, "first": month.first, "last": month.last}
            self.stdout.write(words % numbers)

    def _say(self, found: list[Month], deleted: int, options: dict[str, Any]) -> None:
        if options["json"]:
            said = {"months": [asdict(month) for month in found], "deleted": deleted}
            self.stdout.write(json.dumps(said, indent=1))
            return
        if options["yes"]:
            self._list(found)
        words = _("%(number)s accesses were deleted.") % {"number": deleted}
        self.stdout.write(words if found else _("No sealed month is older than those that are kept."))
