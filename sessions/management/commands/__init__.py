"""Commands of the logbook: one file each."""
