"""What waits for whoever is signed in, from everywhere, in one list."""
