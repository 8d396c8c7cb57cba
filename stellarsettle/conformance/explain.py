"""Why an answer may differ from the recorded one: each reason, and how it is recognised."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from stellar_sdk import TransactionBuilder, xdr

from stellarsettle.conformance import entries
from stellarsettle.conformance.compare import ABSENT, Difference
from stellarsettle.conformance.recording import Recording, Request

_RANDOM_FUNCTIONS: Final = {"prng"}
"""Functions of the recorded contracts that draw random numbers."""
_MEASURED: Final = ("cpu_insn", "mem_byte", "invoke_time_nsecs")
_INSTRUCTIONS_BOUND: Final = 0.12
"""By how much of itself a simulated count of instructions may differ."""
_FEE_BOUND: Final = 0.02
"""The same for the fee that is simulated from it."""
_CODE_FEE_BOUND: Final = 0.05
"""The same where rent for code is part of the fee."""
_SIMULATED_FEES: Final = (
    *("minResourceFee", "transactionData.resource_fee"),
    "transactionDataJson.resource_fee",
)


class Facts(msgspec.Struct, frozen=True):
    """What the recording tells about its transactions, by their hashes."""

    passphrase: str
    touch_code: frozenset[str]
    draw_random: frozenset[str]
    refused: set[str]
    """Those that ask for an operation that is not here; grows while they are sent."""
    ledgers: dict[int, tuple[str, ...]]
    """What entered each ledger."""
    drifts: set[int]
    """By how much fees that differ may have moved the pool, in stroops; grows ledger by ledger."""


class Case(msgspec.Struct, frozen=True):
    """A request and everything in which its answers differ."""

    request: Request
    differences: tuple[Difference, ...]
    facts: Facts


class Rule(msgspec.Struct, frozen=True):
    """A reason for differences and what tells them."""

    reason: str
    applies: Callable[[Case, Difference], bool]


def facts_of(recording: Recording, passphrase: str, refused: set[str]) -> Facts:
    """What rules must know of the recorded transactions."""
    touch_code: set[str] = set()
    draw_random: set[str] = set()
    codes: set[bytes] = set()
    for meta in recording.metas:
        for one in meta.tx_processing:
            names = _names(one.result)
            changed = list(_operation_changes(one))
            codes |= {entries.ttl_hash(key) for key in changed if key.contract_code is not None}
            if any(_is_code(key, codes) for key in changed):
                touch_code |= names
    for request in recording.requests:
        if (
            request.method == "sendTransaction"
            and _function(request, passphrase) in _RANDOM_FUNCTIONS
        ):
            draw_random |= _hashes(request, passphrase)
    entered = {one.sequence: one.transactions for one in recording.ledgers.values()}
    known = frozenset(touch_code), frozenset(draw_random)
    return Facts(passphrase, *known, refused, entered, {0})


def drift(differences: list[Difference]) -> int:
    """By how much the fees of a ledger's transactions differ altogether, in stroops."""
    return sum(map(_fee_drift, differences))


def _tells_result(difference: Difference) -> bool:
    missing = difference.where.endswith("tx_processing.*")
    return missing or "tx_processing.*.result.result." in difference.where


def _fee_drift(difference: Difference) -> int:
    if difference.where.endswith("tx_processing.*.result.result.fee_charged"):
        return _number(difference.ours) - _number(difference.recorded)
    if difference.where.endswith("tx_processing.*") and difference.ours == ABSENT:
        return -_number(difference.recorded["result"]["result"]["fee_charged"])
    return 0


def reason(case: Case, difference: Difference) -> str | None:
    """Why the answers may differ there; nothing if they may not."""
    return next((rule.reason for rule in RULES if rule.applies(case, difference)), None)


def _protocol(case: Case, difference: Difference) -> bool:
    newer = difference.where.endswith(("protocolVersion", "ledger_version"))
    unknown = difference.where.endswith("inSuccessfulContractCall") and difference.ours == ABSENT
    return newer or unknown or "contract protocol number is newer than host" in _error(case)


def _cost_parameters(_: Case, difference: Difference) -> bool:
    return "contract_cost_params" in difference.where and difference.recorded == ABSENT


def _code_size(case: Case, difference: Difference) -> bool:
    where = difference.where
    sizes = ("soroban_state_size_window", "total_byte_size_of_live_soroban_state")
    if "cost_inputs" in where or any(size in where for size in sizes):
        return True
    if where.endswith(_SIMULATED_FEES):
        return _simulates_code(case) and _is_near(difference, _CODE_FEE_BOUND)
    fee = re.search(r"(fee_charged|i128|balance)$", where)
    return fee is not None and difference.place.transaction in case.facts.touch_code


def _metering(_: Case, difference: Difference) -> bool:
    where = difference.where
    if "core_metrics" in where:
        return any(name in where for name in _MEASURED) and where.endswith("u64")
    if where.endswith("resources.instructions"):
        return _is_near(difference, _INSTRUCTIONS_BOUND)
    return where.endswith(_SIMULATED_FEES) and _is_near(difference, _FEE_BOUND)


def _nonce(case: Case, difference: Difference) -> bool:
    return case.request.method == "simulateTransaction" and difference.where.endswith(".nonce")


def _random(case: Case, difference: Difference) -> bool:
    drawn = _function(case.request, case.facts.passphrase) in _RANDOM_FUNCTIONS
    drawn |= difference.place.transaction in case.facts.draw_random
    return drawn and difference.where.endswith(("u64", "success"))


def _order(_: Case, difference: Difference) -> bool:
    return difference.where.endswith("changes.order") or difference.where.endswith("before.order")


def _ledger_hashes(_: Case, difference: Difference) -> bool:
    names = (
        *("hash", "id", "previous_ledger_hash", "tx_set_hash", "bucket_list_hash"),
        *("signature", "node_id", "skip_list"),
    )
    where = difference.where
    header = "header" in where or where.endswith(
        ("ledgers.*.hash", "result.id", "tx_set.v1.previous_ledger_hash")
    )
    return header and any(f".{name}" in where for name in names)


def _following(case: Case, difference: Difference) -> bool:
    """The pool follows from fees that differ, to the stroop; their hash from results that do."""
    if difference.where.endswith(".fee_pool"):
        drift = _number(difference.ours) - _number(difference.recorded)
        return drift in case.facts.drifts
    results = any(_tells_result(one) for one in case.differences)
    return results and difference.where.endswith(".tx_set_result_hash")


def _not_here(case: Case, difference: Difference) -> bool:
    """Transactions with an operation that is refused by name; only offers take ids."""
    refused, request = case.facts.refused, case.request
    if request.method == "LedgerCloseMeta":
        inside = "tx_set.v1.phases" in difference.where or "tx_processing" in difference.where
        entered = refused.intersection(case.facts.ledgers[request.n])
        return difference.where.endswith("id_pool") or (inside and bool(entered))
    asked = request.params.get("hash") if isinstance(request.params, dict) else None
    told = (difference.place.transaction, asked, _sent_hash(request))
    return difference.where.endswith("id_pool") or any(one in refused for one in told)


def _sent_hash(request: Request) -> str | None:
    result = request.response.get("result") if isinstance(request.response, dict) else None
    return result.get("hash") if isinstance(result, dict) else None


def _eviction(_: Case, difference: Difference) -> bool:
    return "evicted_keys" in difference.where


def _build(case: Case, difference: Difference) -> bool:
    named = difference.where.endswith("friendbotUrl")
    return named or case.request.method == "getVersionInfo"


def _validator_down(case: Case, _: Difference) -> bool:
    recorded = _error(case)
    return "could not submit transaction to stellar-core" in recorded or (
        "since last known ledger closed is too high" in recorded
    )


def _host_words(_: Case, difference: Difference) -> bool:
    return "Module(Parser(" in str(difference.ours)


RULES: Final = (
    Rule(
        "Protocol 30 against 28: version numbers, fields that are gone, newer contracts", _protocol
    ),
    Rule("Protocol 30 has more cost parameters", _cost_parameters),
    Rule("Protocol 30 counts more of a contract's code: its size, and rent for it", _code_size),
    Rule("Protocol 30 meters instructions and memory otherwise; time is not told", _metering),
    Rule("nonces of recorded authorisations are drawn at random", _nonce),
    Rule("random numbers come from ledger hashes, or are new in each simulation", _random),
    Rule("the order of changes is that of a hash table in core", _order),
    Rule("ledger hashes, signatures of validators, hashes of bucket lists", _ledger_hashes),
    Rule("what differs adds up in the header: the pool of fees, the hash of results", _following),
    Rule("operations that are not here are refused by name", _not_here),
    Rule("nothing is evicted here", _eviction),
    Rule("names, versions and addresses of the build", _build),
    Rule("the recorded validator was stopped; this ledger has none", _validator_down),
    Rule("the host's own words about code it cannot read", _host_words),
)
"""Every reason, first match counts."""


def _is_near(difference: Difference, bound: float) -> bool:
    recorded, ours = _number(difference.recorded), _number(difference.ours)
    return recorded > 0 and abs(ours - recorded) <= bound * recorded


def _simulates_code(case: Case) -> bool:
    """Whether contract code is in the footprint the recorded simulation gave."""
    text = (case.request.response.get("result") or {}).get("transactionData")
    if not isinstance(text, str):
        return False
    footprint = xdr.SorobanTransactionData.from_xdr(text).resources.footprint
    return any(key.contract_code for key in (*footprint.read_only, *footprint.read_write))


def _number(value: Any) -> int:
    return int(value) if str(value).isdigit() else 0


def _error(case: Case) -> str:
    response = case.request.response
    if not isinstance(response, dict):
        return str(response)
    error = response.get("error") or (response.get("result") or {}).get("error") or ""
    return str(error)


def _function(request: Request, passphrase: str) -> str | None:
    """The contract function a request's transaction calls."""
    envelope = _envelope(request, passphrase)
    operations = envelope.transaction.operations if envelope is not None else []
    for operation in operations:
        function = getattr(operation, "host_function", None)
        if function is not None and function.invoke_contract is not None:
            name: bytes = function.invoke_contract.function_name.sc_symbol
            return name.decode()
    return None


def _hashes(request: Request, passphrase: str) -> set[str]:
    envelope = _envelope(request, passphrase)
    return set() if envelope is None else {envelope.hash_hex()}


def _envelope(request: Request, passphrase: str) -> Any:
    params = request.params if isinstance(request.params, dict) else {}
    text = params.get("transaction")
    if not isinstance(text, str):
        return None
    try:
        envelope: Any = TransactionBuilder.from_xdr(text, passphrase)
    except Exception:  # noqa: BLE001 -- the recordings hold malformed ones on purpose
        return None
    return getattr(envelope.transaction, "inner_transaction_envelope", None) or envelope


def _names(result: xdr.TransactionResultPair) -> set[str]:
    """The hashes a transaction goes under: a fee bump has two."""
    inner = result.result.result.inner_result_pair
    names = {result.transaction_hash.hash.hex()}
    return names if inner is None else names | {inner.transaction_hash.hash.hex()}


def _operation_changes(one: xdr.TransactionResultMetaV1) -> list[xdr.LedgerKey]:
    applied = one.tx_apply_processing.v4
    if applied is None:
        return []
    keys = []
    for operation in applied.operations:
        for change in operation.changes.ledger_entry_changes:
            entry = change.state or change.created or change.updated or change.restored
            if entry is not None:
                keys.append(entries.key_of(entry.data))
    return keys


def _is_code(key: xdr.LedgerKey, codes: set[bytes]) -> bool:
    return key.contract_code is not None or (key.ttl is not None and key.ttl.key_hash.hash in codes)
