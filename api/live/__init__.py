"""What changes while somebody looks: hints to read again, as server-sent events."""
