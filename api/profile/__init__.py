"""A person behind an account: name and address, language, formats, what to be told of."""
