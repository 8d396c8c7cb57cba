"""The key of a wallet's own domain: SIGNING_KEY of its stellar.toml (SEP-1)."""

from __future__ import annotations

import re
import tomllib

from stellar_sdk import StrKey

from api.errors import invalid_field
from api.outside import OutsideError, get

_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*(:[0-9]{1,5})?")


async def signing_key(domain: str, *, local: bool) -> str:
    """The key (G...) that `domain` signs with; raises "invalid-field" for ?client_domain.

    `local`: names of our own networks may be asked, without TLS. For development.
    """
    if _DOMAIN.fullmatch(domain) is None:
        raise invalid_field("?client_domain", "A domain is a host's name in lower case.")
    scheme = "http" if local else "https"
    try:
        text = await get(f"{scheme}://{domain}/.well-known/stellar.toml", local=local)
        key = tomllib.loads(text.decode()).get("SIGNING_KEY")
    except OutsideError as error:
        raise invalid_field("?client_domain", str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_field("?client_domain", "Its stellar.toml is no TOML.") from error
    if not isinstance(key, str) or not StrKey.is_valid_ed25519_public_key(key):
        raise invalid_field("?client_domain", "Its stellar.toml names no SIGNING_KEY.")
    return key
