"""Before anybody signs: what an offer costs its seller, what stakes would do to a portfolio."""
