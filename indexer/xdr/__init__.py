"""Stellar's wire format: its definitions, and the skip functions that are generated from them.

`definitions/*.x` say what a closed ledger looks like (Protocol 30 and everything before it),
`language` reads them, `generate` writes `generated/`, `runtime` is what the generated code needs.
"""
