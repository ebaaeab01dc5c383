"""Who did what, when and why; who looked at whom. Knows a person by account and name, nothing of treatments."""
