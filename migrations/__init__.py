"""The database's history, applied by `stellarsettle migrate`."""
