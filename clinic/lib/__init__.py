"""Pure helpers that would make sense in another trade: no table, no request."""
