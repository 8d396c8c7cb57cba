"""The metric registry: every figure declared once, worked out in polars from facts of a ledger."""
