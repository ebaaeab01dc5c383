"""Running the logbook: serve, demo, first account, headers, logs, health."""
