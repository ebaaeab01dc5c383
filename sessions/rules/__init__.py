"""Yes, no, or why not, on data in hand. Never writes, never raises, never queries."""
