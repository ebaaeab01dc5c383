"""The clinic's own definitions of a response: a change is a new version, and the old one stays readable."""

from typing import Any
from uuid import UUID, uuid4

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import act
from clinic.lib.problems import Unchanged, refuse
from clinic.lib.rows import put
from sessions.models import ResponseDefinition
from sessions.rules.response import why_not_change_it, why_not_this_definition

OWN = "own-"
CHANGED = ("name", "measure", "unit", "rule", "amount", "source")


def define_response(*, by: User, values: dict[str, Any], key: UUID | None = None) -> ResponseDefinition:
    """A new definition of the clinic's own, in its first version."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    definition = ResponseDefinition(code=f"{OWN}{uuid4().hex[:8]}", **values)
    with act("define_response", by=by, key=key) as writing:
        refuse(why_not_this_definition(definition))
        writing.create(definition)
        writing.about(f"definition:{definition.uid}", None)
    return definition


def change_response(
    *, by: User, definition: ResponseDefinition, values: dict[str, Any], reason: str, key: UUID | None = None
) -> ResponseDefinition:
    """A new version; the one before goes out of use. Whoever changed it meanwhile is not written over."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    with act("change_response", by=by, reason=reason, key=key) as writing:
        stored = ResponseDefinition.objects.select_for_update(no_key=True).get(pk=definition.pk)
        refuse(why_not_change_it(stored))
        given = {name: getattr(stored, name) for name in CHANGED}
        following = ResponseDefinition(code=stored.code, version=stored.version + 1, **given)
        if not put(following, values):
            raise Unchanged
        refuse(why_not_this_definition(following))
        stored.in_use = False
        writing.change(stored, "in_use")
        writing.create(following)
        writing.about(f"definition:{following.uid}", None)
    return following


def retire_response(
    *, by: User, definition: ResponseDefinition, reason: str, key: UUID | None = None
) -> ResponseDefinition:
    """Take a definition out of use; reports made with it stay comparable."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    with act("retire_response", by=by, reason=reason, key=key) as writing:
        stored = ResponseDefinition.objects.select_for_update(no_key=True).get(pk=definition.pk)
        refuse(why_not_change_it(stored))
        stored.in_use = False
        writing.change(stored, "in_use")
        writing.about(f"definition:{stored.uid}", None)
    return stored
