"""What investors keep an eye on: single invoices, and searches that tell of new offers."""
