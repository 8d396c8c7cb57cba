"""Every screen: where it is and who sees it. Tests, shots and figures go through the same list."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from stellarsettle.wallet import Wallet
from tests.web.scenes import Scene

Where = Callable[[Scene], str]
Who = Callable[[Scene], Wallet]


class Screen(msgspec.Struct, frozen=True):
    """A page of one kind; `who` is signed in there, nobody where it is None."""

    where: Where
    who: Who | None = None


def _seller(scene: Scene) -> Wallet:
    return scene.cast.seller


def _investor(scene: Scene) -> Wallet:
    return scene.cast.investors[0]


def _debtor(scene: Scene) -> Wallet:
    return scene.cast.debtor


def _owner(scene: Scene) -> Wallet:
    return scene.cast.owner


PUBLIC = {
    "home": Screen(lambda _: "/"),
    "market": Screen(lambda _: "/market"),
    "open": Screen(lambda scene: f"/market/{scene.left.begun}"),
    "settled": Screen(lambda scene: f"/market/{scene.told.settled}"),
    "refunded": Screen(lambda scene: f"/market/{scene.told.refunded}"),
    "statistics": Screen(lambda _: "/stats"),
    "analytics": Screen(lambda _: "/analytics"),
    "metrics": Screen(lambda _: "/metrics"),
    "metric": Screen(lambda _: "/metrics/M04"),
    "past": Screen(lambda scene: f"/market/{scene.told.settled}?as_of=45"),
    "compared": Screen(lambda _: "/compare?from=30&to=60"),
    "proof": Screen(lambda scene: f"/prove/invoice/{scene.told.settled}"),
    "platform's proof": Screen(lambda _: "/prove/platform"),
    "verify": Screen(lambda _: "/verify"),
    "help": Screen(lambda _: "/help"),
    "missing": Screen(lambda _: "/market/none"),
    "login": Screen(lambda _: "/login"),
    "tour": Screen(lambda _: "/tour"),
}
OWN = {
    "investor": Screen(lambda _: "/investor", _investor),
    "offer": Screen(lambda scene: f"/market/{scene.left.fresh}?amount=5", _investor),
    "account": Screen(lambda _: "/account", _investor),
    "kyc": Screen(lambda _: "/kyc?kind=business", _investor),
    "notifications": Screen(lambda _: "/notifications", _investor),
    "preferences": Screen(lambda _: "/account/preferences", _investor),
    "keys": Screen(lambda _: "/account/keys", _investor),
    "webhooks": Screen(lambda _: "/account/webhooks", _investor),
    "organisations": Screen(lambda _: "/account/organisations", _investor),
    "seller": Screen(lambda _: "/seller", _seller),
    "asking": Screen(lambda scene: f"/seller/debtors/{scene.left.fresh}", _seller),
    "new": Screen(lambda _: "/seller/new", _seller),
    "documents": Screen(lambda _: "/seller/documents", _seller),
    "debtor": Screen(lambda _: "/debtor", _debtor),
    "position": Screen(lambda scene: f"/portfolio/{scene.told.settled}", _investor),
    "statements": Screen(lambda _: "/investor/statements", _investor),
    "own analytics": Screen(lambda _: "/investor/analytics", _investor),
    "operators": Screen(lambda _: "/admin", lambda scene: scene.cast.verifier),
    "reviews": Screen(lambda _: "/admin/reviews", lambda scene: scene.cast.verifier),
    "cases": Screen(lambda _: "/admin/kyc", lambda scene: scene.cast.compliance),
    "members": Screen(lambda _: "/admin/members", lambda scene: scene.cast.compliance),
    "parameters": Screen(lambda _: "/admin/params", _owner),
    "money": Screen(lambda _: "/admin/money", _owner),
    "system": Screen(lambda _: "/admin/system", _owner),
    "audit log": Screen(lambda _: "/admin/audit", _owner),
}
SCREENS = PUBLIC | OWN
