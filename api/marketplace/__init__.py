"""The invoices that are open for funding."""
