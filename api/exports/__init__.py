"""Read models and metrics as files, over HTTP."""
