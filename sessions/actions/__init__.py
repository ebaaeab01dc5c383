"""Acts that write: keyword-only, one transaction, one line of who, when and why."""
