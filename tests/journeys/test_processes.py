"""Three processes answer for one service: sessions and limits are the same in each of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api.sessions.service import GRACE_SECONDS
from stellarsettle.local import LocalPlatform
from stellarsettle.wallet import RefusedError, Wallet
from tests.journeys.storms import NewPlatform

_LIMIT = 60
_WHO = "/v1/sessions/current"
_SETTINGS = {"API_WORKERS": "3", "LIMITS_SHARED": "true", "LIMIT_USER": str(_LIMIT)}


@pytest.fixture(scope="module")
def platform(new_platform: NewPlatform) -> Iterator[LocalPlatform]:
    """A platform whose API are three processes that count together."""
    with new_platform(further=_SETTINGS) as running:
        yield running


def _ask(platform: LocalPlatform, token: str, times: int) -> Counter[int]:
    """What as many connections are answered, each in whichever process takes it."""

    def one(_: int) -> int:
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        return httpx.get(platform.api_url + _WHO, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(one, range(times)))


def _refresh(platform: LocalPlatform, token: str) -> httpx.Response:
    return httpx.post(f"{platform.api_url}/auth/refresh", json={"refresh_token": token})


def _session(wallet: Wallet) -> tuple[str, str]:
    """Sign in; token and refresh token."""
    return wallet.sign_in(), wallet._refresh_token


def test_they_count_together(platform: LocalPlatform) -> None:
    token, _ = _session(platform.person("Ada"))
    began = time.monotonic()
    answered = _ask(platform, token, 2 * _LIMIT)
    regained = (time.monotonic() - began) * _LIMIT / 60
    assert set(answered) == {200, 429}
    assert _LIMIT <= answered[200] <= _LIMIT + regained + 1


def test_a_session_goes_on_and_ends_in_all_of_them(platform: LocalPlatform) -> None:
    wallet = platform.person("Ben")
    _, first = _session(wallet)
    second = _refresh(platform, first).json()
    third = _refresh(platform, second["refresh_token"]).json()
    assert _ask(platform, third["token"], 6) == {200: 6}
    assert _refresh(platform, first).status_code == 401, "used before: the session is over"
    until = time.monotonic() + GRACE_SECONDS
    while (answered := _ask(platform, third["token"], 3)) != {401: 3}:
        assert time.monotonic() < until, answered
        time.sleep(1)


def test_a_wallet_goes_on_when_its_token_has_ended(platform: LocalPlatform) -> None:
    wallet = platform.person("Cleo")
    before = wallet.sign_in()
    wallet._http.headers["authorization"] = "Bearer ended"
    assert wallet.get("/v1/me")["address"] == wallet.address
    assert wallet._http.headers["authorization"] not in {"Bearer ended", f"Bearer {before}"}
    wallet._ask("DELETE", "/v1/sessions")
    with pytest.raises(RefusedError, match="Sign in first"):
        wallet.get("/v1/me")
