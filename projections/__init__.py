"""Read models: one module per business noun, with its table, its pure fold and its queries."""
