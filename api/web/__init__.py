"""The pages: HTML made here from the nouns' own queries, readable without JavaScript."""
