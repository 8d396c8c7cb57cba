"""Where buckets are counted: in this process, or in PostgreSQL for all processes together."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import psycopg
import psycopg_pool

from api.database import Database
from api.limits.law import WINDOW_SECONDS, Policy, Verdict, ask, verdict

_log = logging.getLogger("stellarsettle.api")

_MOST = 50_000
_SWEEP_EVERY = 5_000

_NOW = "extract(epoch FROM clock_timestamp())::float8"
_COUNT = f"""
WITH asked AS (
    INSERT INTO app.rate AS r (bucket, full_at)
    SELECT %(bucket)s, moment.now + %(interval)s FROM (SELECT {_NOW} AS now) AS moment
    ON CONFLICT (bucket) DO UPDATE SET full_at = greatest(r.full_at, {_NOW}) + %(interval)s
        WHERE greatest(r.full_at, {_NOW}) <= {_NOW} + %(window)s - %(interval)s / 2
    RETURNING full_at
)
SELECT coalesce((SELECT full_at FROM asked),
                (SELECT full_at FROM app.rate WHERE bucket = %(bucket)s)) AS full_at,
       EXISTS (SELECT FROM asked) AS allowed, {_NOW} AS now
"""  # noqa: S608
_SWEEP = f"DELETE FROM app.rate WHERE full_at < {_NOW}"  # noqa: S608


class Counter(Protocol):
    """Counts one request of `who` under a policy."""

    async def count(self, policy: Policy, who: str) -> Verdict:
        """The verdict on this request."""
        ...


class MemoryCounter:
    """Counts in this process: each process has limits of its own. Bounded by forgetting."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def count(self, policy: Policy, who: str) -> Verdict:
        """The verdict on this request."""
        now, bucket = self._clock(), (policy.name, who)
        before = self._full_at.get(bucket, 0.0)
        after = ask(policy, before, now)
        if after is None:
            return verdict(policy, before, now, allowed=False)
        self._full_at[bucket] = after
        self._full_at.move_to_end(bucket)
        if len(self._full_at) > _MOST:
            self._full_at.popitem(last=False)
        return verdict(policy, after, now, allowed=True)


class SharedCounter:
    """Counts in PostgreSQL, on its clock; in this process' memory while it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._alone = MemoryCounter()
        self._counted = 0

    async def count(self, policy: Policy, who: str) -> Verdict:
        """The verdict on this request."""
        bucket = hashlib.sha256(f"{policy.name}\n{who}".encode()).digest()[:16]
        values = {"bucket": bucket, "interval": policy.interval, "window": WINDOW_SECONDS}
        try:
            async with self._database.public() as connection:
                row = await (await connection.execute(_COUNT, values)).fetchone()
                self._counted += 1
                if self._counted % _SWEEP_EVERY == 0:
                    await connection.execute(_SWEEP)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            _log.warning("limits are counted in memory, the database is away: %s", error)
            return await self._alone.count(policy, who)
        if row is None or row["full_at"] is None:  # swept between the two looks: it was full
            return verdict(policy, 0.0, 0.0, allowed=True)
        return verdict(policy, row["full_at"], row["now"], allowed=row["allowed"])
