"""Sessions: what a sign-in begins, refresh tokens and cookies keep, and signing out ends."""
