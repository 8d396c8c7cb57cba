"""Walks a ContractEvent: where the places in it begin and end.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from typing import Final

from indexer.xdr.generated.values import skip_SCVal
from indexer.xdr.runtime import U32, Places, UnknownArmError, bad_flag

CONTRACT: Final = 0
KIND: Final = 1
BODY: Final = 2


def walk_ContractEventV0(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCVal(b, p)
    p = skip_SCVal(b, p)
    out.append((BODY, s1, p))
    return p


def walk_ContractEventBody(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = walk_ContractEventV0(b, p, out)
    else:
        raise UnknownArmError("ContractEventBody", k, p - 4)
    return p


def walk(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    (n,) = U32(b, p + 4)
    p += 8
    if n == 1:
        s1 = p
        p += 32
        out.append((CONTRACT, s1, p))
    elif n:
        raise bad_flag(n, p - 4)
    s2 = p
    p += 4
    out.append((KIND, s2, p))
    p = walk_ContractEventBody(b, p, out)
    return p
