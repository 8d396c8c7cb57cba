"""A wallet and a node that hiccups: nothing is lost, done twice, or waited for without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from stellar_sdk import Asset, Keypair, SorobanServer
from stellar_sdk.exceptions import BadResponseError, SorobanRpcErrorResponse

from stellarsettle import devnet
from stellarsettle.chain import Chain, ChainError
from stellarsettle.patience import PatientClient


class Scene:
    """A local ledger with an account, and a wallet's view of it through a replica."""

    def __init__(self, network: devnet.Devnet) -> None:
        self.network = network
        self.key = Keypair.random()
        network.fund(self.key.public_key)
        self.chain = Chain(network.replica("shaky"), network.passphrase)

    def disturb(self, **rule: Any) -> None:
        self.network.set_faults({"replica": "shaky", **rule})

    def sequence(self) -> int:
        return SorobanServer(self.network.rpc).load_account(self.key.public_key).sequence

    def act(self) -> None:
        """One transaction, with its sequence number and no other."""
        before = self.sequence()
        self.chain.execute(self.key, lambda tx: tx.append_set_options_op(home_domain="a.org"))
        assert self.sequence() == before + 1


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with devnet.running() as network:
        yield Scene(network)


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "cut", "every": 2},
        {"fault": "status", "status": 503, "every": 2},
        {"fault": "error", "code": -32603, "every": 2},
        {"fault": "truncate", "every": 2},
        {"fault": "garbage", "every": 2},
    ],
    ids=lambda rule: str(rule["fault"]),
)
def test_what_passes_is_waited_for(scene: Scene, rule: dict[str, Any]) -> None:
    scene.disturb(**rule)
    scene.act()
    assert scene.network.faults()[0]["hits"] > 0


@pytest.mark.parametrize("fault", ["cut", "status", "error"])
def test_a_transaction_whose_answer_was_lost_is_found_by_its_hash(scene: Scene, fault: str) -> None:
    """It is in a ledger when it is sent again, and its sequence number is gone."""
    extra = {"status": 504} if fault == "status" else {}
    scene.disturb(fault=fault, methods=["sendTransaction"], applied=True, times=1, **extra)
    scene.act()
    assert scene.network.faults()[0]["hits"] == 1


def test_a_refusal_is_still_a_refusal(scene: Scene) -> None:
    scene.disturb(fault="cut", every=2)
    poor = Keypair.random()
    scene.network.fund(poor.public_key)
    with pytest.raises(ChainError, match="txFAILED"):
        scene.chain.execute(
            poor, lambda tx: tx.append_payment_op(Keypair.random().public_key, Asset.native(), "1")
        )


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"fault": "status", "status": 503}, BadResponseError),
        ({"fault": "error", "code": -32603}, SorobanRpcErrorResponse),
    ],
)
def test_patience_ends(scene: Scene, rule: dict[str, Any], error: type[Exception]) -> None:
    scene.disturb(**rule)
    server = SorobanServer(scene.network.replica("shaky"), PatientClient(patience=0.2))
    with pytest.raises(error):
        server.get_health()
    assert scene.network.faults()[0]["hits"] > 1


def test_what_means_something_is_not_asked_again(scene: Scene) -> None:
    scene.disturb(fault="error", code=-32602)
    with pytest.raises(SorobanRpcErrorResponse):
        scene.chain.server.get_health()
    assert scene.network.faults()[0]["hits"] == 1
