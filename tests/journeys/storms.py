"""How badly a node can behave while people go about their business."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from stellarsettle.local import Faults, LocalPlatform

NewPlatform = Callable[..., AbstractContextManager[LocalPlatform]]

SEED = int(os.environ.get("JOURNEY_SEED", "20261122"))
STORM = Faults(
    seed=SEED,
    rules=(
        {"fault": "latency", "ms": 5, "jitterMs": 40, "chance": 0.2},
        {"fault": "status", "status": 503, "chance": 0.04},
        {"fault": "status", "status": 504, "applied": True, "chance": 0.02},
        {"fault": "error", "code": -32603, "chance": 0.04},
        {"fault": "error", "code": -32603, "applied": True, "chance": 0.02},
        {"fault": "cut", "chance": 0.03},
        {"fault": "cut", "applied": True, "chance": 0.03},
        {"fault": "truncate", "chance": 0.02},
        {"fault": "garbage", "chance": 0.02},
        {"fault": "stale", "ledgers": 3, "chance": 0.1},
        {"fault": "emptyPage", "methods": ["getEvents"], "chance": 0.1},
        {"fault": "shortPage", "methods": ["getEvents"], "chance": 0.1},
        {"fault": "duplicatePage", "methods": ["getEvents"], "chance": 0.05},
    ),
)
"""What a public node does on a bad day, all at once; JOURNEY_SEED chooses another day."""
