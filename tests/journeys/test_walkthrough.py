"""docs/api.md does what it says: its Python, from top to bottom, against a whole platform."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from stellarsettle import story
from tests.journeys.storms import NewPlatform

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_walk_through_ends_with_a_funded_invoice(
    new_platform: NewPlatform, tmp_path: Path
) -> None:
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) >= 6
    walk = tmp_path / "walk.py"
    walk.write_text("\n".join(blocks))
    with new_platform() as platform:
        cast = story.gather(platform)
        tale = story.Story(platform, cast, lambda _: None)
        tale.admit()
        invoice = tale.list_invoice("INV-WALK")
        platform.wait_until_shown()
        investor = cast.investors[0]
        told = subprocess.run(
            [sys.executable, "-W", "error", str(walk)],
            env=os.environ | {"API": platform.api_url, "SECRET": investor.keypair.secret},
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        assert "in ledger" in told.stdout
        (held,) = investor.get("/v1/portfolio")["positions"]
        assert held["invoice"]["id"] == invoice
        assert int(held["shares"]) > 0
