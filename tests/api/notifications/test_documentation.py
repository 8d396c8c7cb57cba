"""The example of the page verifies what we sign, and nothing else."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.notifications import signing

PAGE = Path(__file__).parents[3] / "docs" / "notifications.md"


def _example() -> Callable[[str, dict[str, str], bytes], str]:
    found = re.search(r"<!-- verify -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found.group(1), names)  # noqa: S102 -- our own page
    verified: Callable[[str, dict[str, str], bytes], str] = names["verified"]
    return verified


def test_the_documented_receiver_believes_us_and_nobody_else() -> None:
    verified, webhook, body = _example(), uuid.uuid4(), b'{"type":"payout"}'
    former, key = (signing.secret(b"k" * 32, webhook, number) for number in (1, 2))
    now = int(time.time())
    headers = signing.headers("msg_1", now, body, (key, former))
    assert verified(signing.shown(key), headers, body) == "msg_1"
    assert verified(signing.shown(former), headers, body) == "msg_1"
    stranger = signing.shown(signing.secret(b"x" * 32, webhook, 1))
    late = signing.headers("msg_1", now - 301, body, (key,))
    for secret, given, content in (
        (stranger, headers, body),
        (signing.shown(key), headers, body + b" "),
        (signing.shown(key), headers | {"webhook-id": "msg_2"}, body),
        (signing.shown(key), late, body),
    ):
        with pytest.raises(ValueError, match=r"old|secret"):
            verified(secret, given, content)
