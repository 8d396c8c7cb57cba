"""Contract addresses, which follow from who deploys and a salt, known before anything exists."""

from __future__ import annotations

import hashlib

from stellar_sdk import Address as SdkAddress
from stellar_sdk import Network, StrKey, xdr

from contracts.wire import Address


def contract_address(passphrase: str, deployer: str, salt: bytes) -> Address:
    """The address that `deployer` gives a contract by a `salt` of 32 bytes."""
    preimage = xdr.HashIDPreimage(
        xdr.EnvelopeType.ENVELOPE_TYPE_CONTRACT_ID,
        contract_id=xdr.HashIDPreimageContractID(
            network_id=xdr.Hash(Network(passphrase).network_id()),
            contract_id_preimage=xdr.ContractIDPreimage(
                xdr.ContractIDPreimageType.CONTRACT_ID_PREIMAGE_FROM_ADDRESS,
                from_address=xdr.ContractIDPreimageFromAddress(
                    SdkAddress(deployer).to_xdr_sc_address(), xdr.Uint256(salt)
                ),
            ),
        ),
    )
    return Address(StrKey.encode_contract(hashlib.sha256(preimage.to_xdr_bytes()).digest()))


def token_address(passphrase: str, escrow: str, invoice_id: bytes) -> Address:
    """The share token of an invoice: the escrow deploys it with the invoice's id as salt."""
    return contract_address(passphrase, escrow, invoice_id)
