"""Durable work: what is to be done is a row written with what made it necessary, and done later."""
