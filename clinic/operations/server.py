"""The production server and what must be ready before it: folders, tables, a free address."""

import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clinic.audit.setup import why_no_key
from clinic.lib.alone import alone
from clinic.operations import database_role
from clinic.operations.nightly import Nightly
from clinic.operations.worker import Worker

THREADS = 4
WAITING = 32  # requests taken at once; more wait in the operating system's queue
SECONDS_FOR_LOCK = 1.0
_until_the_end = ExitStack()  # what this process holds as long as it lives


def prepare() -> bool:
    """Folders that only their owner may open, tables up to date, the cache table; whether this was an upgrade."""
    for folder in (settings.DATA_DIR, settings.KEY_DIR):
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and Path(folder).stat().st_uid == os.getuid():
            Path(folder).chmod(0o700)
    keep_restores_out()
    upgraded = _is_upgrade()
    if problem := database_role.why_not_set_up():
        sys.stderr.write(f"{problem}\n")
        sys.exit(2)
    database = settings.DATABASES["default"]
    if os.name == "posix" and database["ENGINE"].endswith("sqlite3"):
        Path(database["NAME"]).chmod(0o600)
    stop_where_something_is_wrong()
    return upgraded


def serving_file() -> Path:
    """Locked as long as somebody serves this data folder."""
    return Path(settings.DATA_DIR) / "serving.lock"


def restoring_file() -> Path:
    """Locked as long as a backup is being put back into this data folder."""
    return Path(settings.DATA_DIR) / "restoring.lock"


def keep_restores_out() -> None:
    """No backup is put back until this process ends; where one is being put back now, it stops with exit code 2."""
    _until_the_end.enter_context(alone(serving_file(), seconds=SECONDS_FOR_LOCK))
    with alone(restoring_file(), seconds=SECONDS_FOR_LOCK) as got:
        if not got:
            sys.stderr.write("A backup is being put back into this logbook. Start it when that is done.\n")
            sys.exit(2)


def stop_where_something_is_wrong() -> None:
    """Stop with exit code 2 and one sentence for each thing without which nothing may be written."""
    if problem := why_no_key():
        sys.stderr.write(f"{problem}\n")
        sys.exit(2)
    found = run_checks(tags=[Tags.database], databases=["default"])
    for message in found:
        if not message.is_silenced():
            sys.stderr.write(f"{message.msg} {message.hint or ''}".rstrip() + "\n")
    if any(message.is_serious() and not message.is_silenced() for message in found):
        sys.exit(2)


def _is_upgrade() -> bool:
    """Whether tables are there already, and some are about to be changed."""
    executor = MigrationExecutor(connection)
    return bool(executor.loader.applied_migrations and executor.migration_plan(executor.loader.graph.leaf_nodes()))


def why_not_listen(host: str, port: int) -> str:
    """One sentence where nobody can listen at this address, else nothing."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError:
        return f"This program may not listen at port {port}. Choose a port above 1023: CLINIC_PORT=8080."
    except socket.gaierror:
        return f"There is no address {host} on this machine. Set CLINIC_HOST to one that it has."
    except OSError as error:
        if error.errno is not None and "address already in use" in os.strerror(error.errno).lower():
            return f"Port {port} is in use by another program. Choose another one: CLINIC_PORT={port % 65535 + 1}."
        return f"Nobody can listen at {host} port {port}: {error.strerror}."
    return ""


def address() -> str:
    """Where a browser on this machine finds the logbook."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.HOST, settings.HOST)  # noqa: S104
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{settings.PORT}/"


def listen_or_refuse() -> None:
    """Say in one sentence why the address is taken, and stop with exit code 2."""
    if problem := why_not_listen(settings.HOST, settings.PORT):
        sys.stderr.write(f"{problem}\n")
        sys.exit(2)


def serve(*, upgraded: bool = False) -> None:
    """Serve until Ctrl-C, in the foreground, without a log of who asked for what; after an upgrade verify at once."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    program = Granian(
        "clinic.wsgi:application",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=WAITING,
        websockets=False,
        log_access=False,
        log_level=LogLevels.warning,
        working_dir=settings.BASE_DIR,
    )
    nightly, worker = Nightly(verify_now=upgraded), Worker()
    nightly.start()
    worker.start()
    try:
        program.serve()
    finally:
        worker.stop()
        nightly.stop()
