"""Numbers derived from their events, and bundles of such derivations worked out again."""
