"""Ledgers: which one had closed at a moment, and what is different between two."""
