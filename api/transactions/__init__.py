"""Intents: unsigned transactions and what became of them."""
