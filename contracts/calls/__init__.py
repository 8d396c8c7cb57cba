"""Builders of contract calls, a module per contract, generated from the contracts' spec."""
