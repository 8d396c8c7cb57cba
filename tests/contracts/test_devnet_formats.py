"""XDR values as JSON, in the names a real node gives them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from stellar_sdk import scval

from tests.contracts.ledger import Devnet, running

# The host of a later protocol has more cost parameters than the node that was recorded.
_COSTS = {"contract_cost_params_cpu_instructions", "contract_cost_params_memory_bytes"}
# Measured by a network as it runs.
_MEASURED = {"live_soroban_state_size_window", "eviction_iterator"}

# The local ledger freezes no entries.
_FROZEN = ("frozen_ledger_keys", "freeze_bypass")


def recorded(corpus: Path, step: str) -> dict[str, Any]:
    """The request and the result of one recorded step."""
    with gzip.open(corpus / "network" / "recordings.jsonl.gz", "rt") as lines:
        row: dict[str, Any] = next(row for row in map(json.loads, lines) if row["step"] == step)
    return row


def test_settings_read_as_a_real_node_shows_them(tmp_path: Path, corpus: Path) -> None:
    """The same entries give the same JSON, name by name and number by number."""
    settings = json.loads((corpus / "network" / "settings.json").read_text())
    xdrs = [entry["xdr"] for entry in settings["settings_xdr"]]
    (tmp_path / "settings.json").write_text(json.dumps(xdrs))
    step = recorded(corpus, "entries/config_settings_json")
    with running("--settings", str(tmp_path / "settings.json")) as devnet:
        entries = devnet.result(step["method"], **step["params"])["entries"]
    shown = {entry["keyJson"]["config_setting"]["config_setting_id"]: entry for entry in entries}
    compared = 0
    for wanted in step["response"]["result"]["entries"]:
        name = wanted["keyJson"]["config_setting"]["config_setting_id"]
        if name in _COSTS | _MEASURED or name.startswith(_FROZEN):
            continue
        assert shown[name]["dataJson"] == wanted["dataJson"], name
        assert shown[name]["extJson"] == wanted["extJson"]
        compared += 1
    assert compared > 10


def test_every_answer_has_its_fields_in_json(devnet: Devnet, corpus: Path) -> None:
    """Each field in base64 has one in JSON instead, named as recorded."""
    keypair = devnet.account()
    event = devnet.result("getEvents", startLedger=3, xdrFormat="json")["events"][0]
    step = recorded(corpus, "events/all_scenario_json")
    # Gone since Protocol 30.
    names = set(step["response"]["result"]["events"][0]) - {"inSuccessfulContractCall"}
    assert set(event) == names
    assert event["topicJson"][0] == {"symbol": "fee"}

    plain = devnet.result("getTransaction", hash=event["txHash"])
    shown = devnet.result("getTransaction", hash=event["txHash"], xdrFormat="json")
    step = recorded(corpus, "getTx/json")
    assert set(shown) == set(step["response"]["result"])
    assert set(shown["events"]) == {"transactionEventsJson", "contractEventsJson"}
    assert {name.replace("Json", "Xdr") for name in shown} == set(plain)
    (operation,) = shown["envelopeJson"]["tx"]["tx"]["operations"]
    assert operation["body"]["create_account"]["destination"] == keypair.public_key

    (ledger,) = devnet.result("getLedgers", startLedger=3, xdrFormat="json")["ledgers"]
    assert ledger["headerXdr"] == ledger["metadataXdr"] == ""
    assert ledger["headerJson"]["header"]["ledger_seq"] == 3
    assert ledger["metadataJson"]["v2"]["ledger_header"] == ledger["headerJson"]


def test_a_simulation_in_json_has_the_recorded_fields(devnet: Devnet, corpus: Path) -> None:
    """What a call changes is shown before and after."""
    owner = devnet.account()
    builder = devnet.builder(owner.public_key)
    builder.append_upload_contract_wasm_op(
        gzip.decompress((corpus / "network" / "contracts" / "probe2.wasm.gz").read_bytes())
    )
    envelope = builder.add_time_bounds(0, 0).build()
    shown = devnet.result("simulateTransaction", transaction=envelope.to_xdr(), xdrFormat="json")
    plain = devnet.result("simulateTransaction", transaction=envelope.to_xdr())
    wanted = recorded(corpus, "simopt/json/sim")["response"]["result"]
    assert set(shown) <= set(wanted)
    assert shown["minResourceFee"] == plain["minResourceFee"]
    assert set(shown["results"][0]) == set(wanted["results"][0])
    value = scval.from_bytes(plain["results"][0]["xdr"])
    assert shown["results"][0]["returnValueJson"] == {"bytes": value.hex()}
    (change,) = shown["stateChanges"]
    assert change["type"] == "created"
    assert change["before"] is None
    assert change["after"] is None
    assert "beforeJson" not in change
    assert change["afterJson"]["data"]["contract_code"]["hash"] == value.hex()
