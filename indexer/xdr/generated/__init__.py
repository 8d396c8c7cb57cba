"""Functions that skip and walk ledgers.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""
