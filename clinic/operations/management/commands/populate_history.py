"""Refused: see `clinic/operations/refused.py`."""

from simple_history.management.commands.populate_history import Command as Stock

from clinic.operations.refused import refusing

Command = refusing(Stock)
