"""Signing in: SEP-10 challenges, bearer tokens, what wallets look up."""
