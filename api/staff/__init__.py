"""The platform's staff: accounts with scopes that the escrow's owner gives and takes."""
