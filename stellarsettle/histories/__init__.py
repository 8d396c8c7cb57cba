"""Plays scripted histories on the local ledger, with real signatures, and names what differs."""
