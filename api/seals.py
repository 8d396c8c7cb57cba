"""Seals: short proofs that a text was written here, for one purpose, by a key that we have."""

from __future__ import annotations

import base64
import hashlib
import hmac

from api.config import ApiConfig


class Seals:
    """HMAC-SHA256 under keys derived from the tokens' keys, the newest first.

    What an earlier key sealed stays good for as long as that key is configured.
    """

    def __init__(self, config: ApiConfig) -> None:
        self._seeds = (config.token_seed, *config.former_token_seeds)

    def seal(self, purpose: str, text: str) -> str:
        """The seal of `text` for one purpose: 43 characters, safe in URLs."""
        return _seal(self._seeds[0], purpose, text)

    def fits(self, purpose: str, text: str, seal: str) -> bool:
        """Whether `seal` was made here of this text, for this purpose."""
        given = seal.encode("utf-8", "replace")
        return any(
            hmac.compare_digest(_seal(seed, purpose, text).encode(), given) for seed in self._seeds
        )


def _seal(seed: bytes, purpose: str, text: str) -> str:
    key = hmac.digest(seed, b"stellarsettle seal " + purpose.encode(), hashlib.sha256)
    made = hmac.digest(key, text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
