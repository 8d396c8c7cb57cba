"""The audit log: every privileged action, each entry chained to the one before it."""
