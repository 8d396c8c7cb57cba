"""One module per noun: its routes and what its templates are given."""
