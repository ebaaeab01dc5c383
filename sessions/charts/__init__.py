"""What a report found, as drawings."""
