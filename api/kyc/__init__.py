"""Knowing customers: people and businesses show who they are, two of the staff look."""
