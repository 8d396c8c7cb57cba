"""Debtors without a wallet: invited by mail, known by a code, heard once, kept as evidence."""
