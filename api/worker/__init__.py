"""The worker: what happened on the ledger becomes status, notifications and work that gets done."""
