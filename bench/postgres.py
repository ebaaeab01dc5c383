"""A PostgreSQL of our own for one run, where the programs for it are installed."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def throw_away() -> Iterator[str]:
    """The address of a fresh cluster with its usual safety on (fsync), or "" where there is no PostgreSQL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(programs[-1]) if programs else "")
    if not initdb:
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="logbook-bench-"))
    own: dict[str, str] = {}
    if os.getuid() == 0:  # initdb refuses to run as root
        shutil.chown(folder, "postgres")
        own = {"user": "postgres"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    password = secrets.token_hex(16)
    words = folder / "password"
    words.write_text(password)
    words.chmod(0o600)
    if own:
        shutil.chown(words, "postgres")
    control = str(Path(initdb).with_name("pg_ctl"))
    cluster = str(folder / "cluster")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"

    def call(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **own)

    try:
        call(
            initdb,
            "-D",
            cluster,
            "-U",
            "clinic",
            "-A",
            "scram-sha-256",
            "--pwfile",
            str(words),
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        call(control, "-D", cluster, "-l", str(folder / "log"), "-w", "-o", options, "start")
        yield f"postgres://clinic:{password}@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [control, "-D", cluster, "-m", "immediate", "stop"],
            check=False,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **own,
        )
        shutil.rmtree(folder, ignore_errors=True)
