"""Settings are read once, checked, and refuse to go on in words that name what is wrong."""

from __future__ import annotations

import pytest

from stellarsettle import settings


def test_fresh_keys_are_accepted_and_differ() -> None:
    first, second = settings.fresh_keys(), settings.fresh_keys()
    chosen = settings.load(first)
    assert len(chosen.token_seed()) == len(chosen.natural_secret()) == 32
    assert not set(first.values()) & set(second.values())


def test_numbers_come_from_text_and_empty_means_default() -> None:
    chosen = settings.load({"API_PORT": "9000", "POLL_SECONDS": "0.25", "RPC_URL": ""})
    assert (chosen.api_port, chosen.poll_seconds) == (9000, 0.25)
    assert chosen.rpc_url == settings.Settings().rpc_url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ESCROW", "GABC"),
        ("SIGNING_SEED", "GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2H"),
        ("TOKEN_KEY", "c2hvcnQ="),
        ("NATURAL_KEY", "not base64!"),
        ("API_PORT", "eighty"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(settings.SettingsError, match=rf"(?i){name}"):
        settings.load({name: value})


def test_what_is_missing_is_named() -> None:
    with pytest.raises(settings.SettingsError, match="ESCROW, TOKEN_KEY"):
        settings.load({}).require("escrow", "rpc_url", "token_key")


def test_nodes_are_named_once_and_comparing_needs_two() -> None:
    first, second = "http://one", "https://two"
    chosen = settings.load({"RPC_URL": first, "RPC_URLS": f" {second}, ,{first}"})
    assert chosen.nodes() == [first, second]
    with pytest.raises(settings.SettingsError, match="add it to RPC_URLS"):
        settings.load({"RPC_URL": first, "COMPARE_EVERY": "10"})
    with pytest.raises(settings.SettingsError, match="RPC_URLS begins with"):
        settings.load({"RPC_URLS": "two:8000"})


def test_what_is_secret_is_not_written_into_logs() -> None:
    secrets = settings.fresh_keys() | {
        "DATABASE_URL": "postgresql://me:password-of-the-database@host/db",
        "MAIL_URL": "smtp://me:password-of-the-mail@host",
        "PINATA_TOKEN": "token-of-pinata",
    }
    shown = repr(settings.load(secrets))
    assert "Settings(" in shown
    for value in (*secrets.values(), "password", "token-of"):
        assert value not in shown
