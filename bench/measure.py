"""Every figure on the engine that the environment names, or those whose names are given, some with a size: reports=100000."""

import sys
from collections.abc import Callable
from importlib import import_module


def main() -> None:
    import_module("clinic.wsgi")  # as the server starts

    from django.db import connections

    from bench import editing, large_files, patient_page, reports, rows, saving, search, sizes, verifying, writers
    from clinic.operations.server import prepare

    prepare()
    connections.close_all()  # the driver keeps the thousand statements used most, and the migrations alone fill that
    by = rows.physician()
    machine = rows.device(by)
    parts: dict[str, Callable[..., bool]] = {
        "saving": saving.measure,
        "editing": editing.measure,
        "page": patient_page.measure,
        "search": search.measure,
        "sizes": sizes.measure,
        "writers": writers.measure,
        "verifying": verifying.measure,
        "files": large_files.measure,
        "reports": reports.measure,
    }
    held = []
    for word in sys.argv[1:] or list(parts):
        name, _is, size = word.partition("=")
        held.append(parts[name](by, machine, *map(int, filter(None, [size]))))
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
