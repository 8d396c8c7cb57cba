"""Numbers that anybody can work out again from ledger facts, without the database.

A bundle (`bundle`) holds the events that a number follows from and the number itself. `derivation`
folds the events and tells what each changed, `figures` says how the numbers follow from the rows,
`laws` what events say about each other, `checking` compares all of it with what a bundle claims.
Everything here is pure: decoding the events' XDR and asking a ledger are for whoever calls it.
"""
