"""Figures with their baseline in the same run: `make bench`."""
