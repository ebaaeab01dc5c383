"""Run every figure, or those named (saving editing page search sizes writers verifying
files reports, some with a size if need be: reports=1000000 files=1000000 writers=30), on SQLite and, where it is there, on
PostgreSQL; exit 1 where a limit is missed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.postgres import throw_away

HERE = Path(__file__).resolve().parent.parent


def measure(engine: str, url: str) -> int:
    """All figures on one engine, in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="logbook-bench-") as place:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLINIC_")}
        environment = kept | {
            "CLINIC_DATA_DIR": str(Path(place) / "data"),
            "CLINIC_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "clinic.settings",
        }
        print(f"\n{engine}", flush=True)
        return subprocess.run(
            [sys.executable, "-m", "bench.measure", *sys.argv[1:]], cwd=HERE, env=environment, check=False
        ).returncode


def main() -> None:
    codes = [measure("SQLite", "")]
    with throw_away() as url:
        if url:
            codes.append(measure("PostgreSQL", url))
        else:
            print("\nPostgreSQL is not installed here: not measured.")
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
