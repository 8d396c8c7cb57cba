"""Read models and metrics as files: exact, documented inside, of any size, as of any ledger."""
