"""Half of a verification in a process of its own, beside the other half: a machine with two cores reads twice as quick."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict

from django.db import connection, connections

from clinic.audit.verify.findings import Finding

Questions = Callable[[], Iterator[Finding]]
DONE = "done\n"


def begin(questions: Questions) -> Questions:
    """Start asking; what is given back hands over what was found, in its order, and waits for it.

    Where no process can be split off (Windows, or other threads run here, whose locks it would inherit), or the
    transaction that is open here cannot be seen from another one, the questions are asked when their answers are wanted.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1 or connection.in_atomic_block:
        return questions
    connections.close_all()  # a connection belongs to one process
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _ask(questions, writing)
    os.close(writing)
    return lambda: _answers(questions, child, reading)


def _ask(questions: Questions, writing: int) -> None:
    """All that the other process does."""
    code = 1
    try:
        with os.fdopen(writing, "w") as answers:
            for finding in questions():
                answers.write(json.dumps(asdict(finding)) + "\n")
            answers.write(DONE)
        code = 0
    finally:
        os._exit(code)


def _answers(questions: Questions, child: int, reading: int) -> Iterator[Finding]:
    with os.fdopen(reading) as answers:
        lines = answers.readlines()
    os.waitpid(child, 0)
    if not lines or lines.pop() != DONE:  # it stumbled: what it stumbled over is met again here, and told
        yield from questions()
        return
    yield from (Finding(**json.loads(line)) for line in lines)
