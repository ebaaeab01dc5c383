"""Every figure on the engine that the environment names."""

import sys
from importlib import import_module


def main() -> None:
    import_module("clinic.wsgi")  # as the server starts

    from bench import patient_page, rows, saving
    from clinic.operations.server import prepare

    prepare()
    by = rows.physician()
    machine = rows.device(by)
    held = [saving.measure(by, machine), patient_page.measure(by, machine)]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
