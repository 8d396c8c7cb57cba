"""Skips the values of `definitions/invocations.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.generated.entries import skip_Asset
from indexer.xdr.generated.values import skip_ContractExecutable, skip_SCAddress, skip_SCVal
from indexer.xdr.runtime import U32, UnknownArmError


def skip_ContractIDPreimageFromAddress(b: bytes, p: int) -> int:
    p = skip_SCAddress(b, p)
    p += 32
    return p


def skip_ContractIDPreimage(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_ContractIDPreimageFromAddress(b, p)
    elif k == 1:
        p = skip_Asset(b, p)
    else:
        raise UnknownArmError("ContractIDPreimage", k, p - 4)
    return p


def skip_CreateContractArgs(b: bytes, p: int) -> int:
    p = skip_ContractIDPreimage(b, p)
    p = skip_ContractExecutable(b, p)
    return p


def skip_CreateContractArgsV2(b: bytes, p: int) -> int:
    p = skip_ContractIDPreimage(b, p)
    p = skip_ContractExecutable(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCVal(b, p)
    return p


def skip_InvokeContractArgs(b: bytes, p: int) -> int:
    p = skip_SCAddress(b, p)
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCVal(b, p)
    return p


def skip_HostFunction(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_InvokeContractArgs(b, p)
    elif k == 1:
        p = skip_CreateContractArgs(b, p)
    elif k == 2:
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    elif k == 3:
        p = skip_CreateContractArgsV2(b, p)
    else:
        raise UnknownArmError("HostFunction", k, p - 4)
    return p


def skip_SorobanAuthorizedFunction(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_InvokeContractArgs(b, p)
    elif k == 1:
        p = skip_CreateContractArgs(b, p)
    elif k == 2:
        p = skip_CreateContractArgsV2(b, p)
    else:
        raise UnknownArmError("SorobanAuthorizedFunction", k, p - 4)
    return p


def skip_SorobanAuthorizedInvocation(b: bytes, p: int) -> int:
    left = 1
    while left:
        left -= 1
        p = skip_SorobanAuthorizedFunction(b, p)
        (n,) = U32(b, p)
        p += 4
        left += n
    return p


def skip_SorobanAddressCredentials(b: bytes, p: int) -> int:
    p = skip_SCAddress(b, p)
    p = skip_SCVal(b, p + 12)
    return p


def skip_SorobanDelegateSignature(b: bytes, p: int) -> int:
    left = 1
    while left:
        left -= 1
        p = skip_SCAddress(b, p)
        p = skip_SCVal(b, p)
        (n,) = U32(b, p)
        p += 4
        left += n
    return p


def skip_SorobanAddressCredentialsWithDelegates(b: bytes, p: int) -> int:
    p = skip_SorobanAddressCredentials(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SorobanDelegateSignature(b, p)
    return p


def skip_SorobanCredentials(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k in {1, 2}:
        p = skip_SorobanAddressCredentials(b, p)
    elif k == 3:
        p = skip_SorobanAddressCredentialsWithDelegates(b, p)
    else:
        raise UnknownArmError("SorobanCredentials", k, p - 4)
    return p


def skip_SorobanAuthorizationEntry(b: bytes, p: int) -> int:
    p = skip_SorobanCredentials(b, p)
    p = skip_SorobanAuthorizedInvocation(b, p)
    return p


def skip_InvokeHostFunctionOp(b: bytes, p: int) -> int:
    p = skip_HostFunction(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SorobanAuthorizationEntry(b, p)
    return p
