"""On PostgreSQL: one user owns the tables and sets them up, another one works with them and can change none.

What the guards refuse always, the working user is not even allowed to ask for. It can switch no guard off, drop or empty
no table, and its word that it is a replica counts for nothing.
"""

import os
import subprocess
import sys

from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from clinic.audit import guard

NOT_ALLOWED = "42501"  # PostgreSQL's word for insufficient privilege
COMMAND = "set_up_database"


def why_not_set_up() -> str:
    """Set up as whoever may; one sentence where nobody could, else nothing."""
    if settings.DATABASE_OWNER_URL:
        return (
            "" if _set_up_by_owner() else "The database could not be set up as its owner (CLINIC_DATABASE_OWNER_URL)."
        )
    try:
        set_up()
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", "") != NOT_ALLOWED:
            raise
        user = settings.DATABASES["default"]["USER"]
        return f"This user may not set up the database. As the owner of its tables, write: manage.py {COMMAND} {user}"
    return ""


def _set_up_by_owner() -> bool:
    """In a process of its own that connects as the owner; whether it could. What went wrong it says itself."""
    environment = os.environ | {"CLINIC_DATABASE_URL": settings.DATABASE_OWNER_URL, "CLINIC_DATABASE_OWNER_URL": ""}
    user = str(settings.DATABASES["default"]["USER"])
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), COMMAND, user]
    return subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=False).returncode == 0  # noqa: S603 -- ourselves


def set_up() -> None:
    """Tables up to date, guards in place, the cache table: by whoever owns them."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def grant(user: str) -> None:
    """Let `user` do what the logbook does with each table, and nothing else."""
    quote = connection.ops.quote_name
    role = quote(user)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema()), quote_ident(current_database())")
        schema, database = cursor.fetchone()
        for statement in (
            f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
            f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
            f"GRANT USAGE ON SCHEMA {schema} TO {role}",
            # SELECT, because pg_dump reads how far they have counted.
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        ):
            cursor.execute(statement)
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"GRANT {', '.join(_granted(table))} ON {schema}.{quote(table)} TO {role}")


def _granted(table: str) -> list[str]:
    if table == "django_migrations":
        return ["SELECT"]
    never = {rule.event for rule in guard.rules() if rule.table == table and not rule.when}
    return ["SELECT", "INSERT", *(event.upper() for event in ("update", "delete") if event not in never)]


def owns_tables() -> bool:
    """Whether the user of this connection could switch the guards off: it owns a table, or may do everything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND pg_has_role(tableowner, 'USAGE'))"
        )
        return bool(cursor.fetchone()[0])
