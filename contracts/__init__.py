"""What is true on chain, for Python: events, errors and calls, generated from the wasm's spec."""
