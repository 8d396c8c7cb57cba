"""How files are kept: sealed with a key each, named by their content, in one or more stores."""
