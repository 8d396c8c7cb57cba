"""How often somebody may ask: by network address, person, API key; told in RateLimit headers."""
