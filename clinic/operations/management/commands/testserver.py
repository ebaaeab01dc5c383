"""Refused: see `clinic/operations/refused.py`."""

from django.core.management.commands.testserver import Command as Stock

from clinic.operations.refused import refusing

Command = refusing(Stock)
