"""Ledger to rows: fetch, decode, fold, commit, exactly once."""
