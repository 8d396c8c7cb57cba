"""Where ledgers come from: stellar-rpc's events, its whole ledgers, or a data lake."""
