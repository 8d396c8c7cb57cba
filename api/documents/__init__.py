"""Documents: what sellers upload, what was read from it, and what a human confirmed of that."""
