"""The service's stellar.toml (SEP-1)."""

from __future__ import annotations

import json

from api.config import ApiConfig


def stellar_toml(config: ApiConfig, signing_key: str) -> str:
    """Network, contracts and the sign-in endpoint, in TOML."""
    lines = {
        "VERSION": "2.7.0",
        "NETWORK_PASSPHRASE": config.network_passphrase,
        "SIGNING_KEY": signing_key,
        "WEB_AUTH_ENDPOINT": f"{config.public_url}/auth",
    }
    text = "".join(f"{name} = {_quoted(value)}\n" for name, value in lines.items())
    return (
        f"{text}"
        f"ACCOUNTS = [{_quoted(signing_key)}]\n\n"
        "[DOCUMENTATION]\n"
        f'ORG_NAME = "StellarSettle"\nORG_URL = {_quoted(config.public_url)}\n'
    )


def _quoted(value: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's."""
    return json.dumps(value, ensure_ascii=False)
