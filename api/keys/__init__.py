"""API keys: for servers that act for an account, each good for some scopes only."""
