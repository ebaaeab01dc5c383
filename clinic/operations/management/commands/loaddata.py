"""Refused: see `clinic/operations/refused.py`."""

from django.core.management.commands.loaddata import Command as Stock

from clinic.operations.refused import refusing

Command = refusing(Stock)
