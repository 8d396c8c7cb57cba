"""Replays a recorded Stellar network against the local ledger and names every difference."""
