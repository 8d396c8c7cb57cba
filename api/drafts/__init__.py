"""Drafts: invoices before they are on the ledger, checked by the contracts' rules as they grow."""
