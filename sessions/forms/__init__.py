"""The shape of what a person types. Documented settings are blank text fields that take 12,5 and 12.5."""
