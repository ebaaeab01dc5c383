"""Refused: see `clinic/operations/refused.py`."""

from django.contrib.auth.management.commands.changepassword import Command as Stock

from clinic.operations.refused import refusing

Command = refusing(Stock)
