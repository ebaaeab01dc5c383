"""Commands that run the logbook: one file each."""
