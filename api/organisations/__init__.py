"""Organisations: several people with accounts of their own, each with a role in it."""
