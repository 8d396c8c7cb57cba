"""What a contract's wasm says of itself (SEP-46), beside its spec (SEP-48).

The compiler and the SDK leave their versions, the token its standard (`sep`, SEP-47). The build
adds `source_sha256`, the digest of the sources it was built from.
"""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.sep.contract_meta import ContractMeta

from contracts.shaking import with_section

SOURCE = "source_sha256"


def describe(wasm: bytes, facts: dict[str, str]) -> bytes:
    """The same contract with these facts in its metadata, each once."""

    def described(meta: bytes) -> bytes:
        kept = [
            entry
            for entry in ContractMeta.from_xdr_bytes(meta).entries
            if entry.v0 is None or entry.v0.key.decode() not in facts
        ]
        added = [
            xdr.SCMetaEntry(
                xdr.SCMetaKind.SC_META_V0, v0=xdr.SCMetaV0(key.encode(), value.encode())
            )
            for key, value in facts.items()
        ]
        return ContractMeta((*kept, *added)).to_xdr_bytes()

    return with_section(wasm, "contractmetav0", described)
