"""Papers that people accept by signature: filled from templates, hashed, versioned, verifiable."""
