"""The patients and what was done for them. Knows nothing of passwords, cookies or hashes."""
