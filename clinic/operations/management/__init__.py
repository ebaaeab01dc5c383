"""Commands that run the logbook."""
