"""People who log in: accounts, roles, what each role may do. Knows nothing of patients."""
