"""One invoice: its terms, money, holders, payments and history."""
