"""Limits as the application asks them, and what answers tell of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from api.config import Limits
from api.errors import Problem
from api.limits.counters import Counter
from api.limits.law import WINDOW_SECONDS, Policy, Verdict
from api.tokens import Subject

EXEMPT = "/health"
"""Under this path nothing is counted: who looks after the service asks from one address."""


class Limiter:
    """Counts requests of addresses, people and keys against the configured quotas."""

    def __init__(self, limits: Limits, counter: Counter) -> None:
        self._counter = counter
        self._proxies = limits.trusted_proxies
        names = ("address", "sign_in", "user", "key")
        self._policies = {
            name: Policy(name.replace("_", "-"), quota)
            for name in names
            if (quota := getattr(limits, name))
        }

    async def of_address(self, scope: Any, name: str = "address") -> None:
        """Count a request of the address it came from; raises "too-many-requests"."""
        if name in self._policies:
            await self._count(scope, name, self.address(scope))

    async def of_subject(self, scope: Any, subject: Subject) -> None:
        """Count a request of an account's people, or of an API key; raises "too-many-requests"."""
        if subject.key is not None and "key" in self._policies:
            await self._count(scope, "key", str(subject.key))
        elif subject.key is None and "user" in self._policies:
            await self._count(scope, "user", subject.address)

    async def _count(self, scope: Any, name: str, who: str) -> None:
        verdict = await self._counter.count(self._policies[name], who)
        told = scope.setdefault("state", {}).setdefault("limits", [])
        told.append(verdict)
        if not verdict.allowed:
            raise Problem("too-many-requests", headers={"Retry-After": str(verdict.retry_after)})

    def address(self, scope: Any) -> str:
        """The network of the client: behind proxies of ours, as the outermost of them saw it."""
        client = scope.get("client") or ("unknown", 0)
        seen = str(client[0])
        if self._proxies:
            given = _forwarded(scope)
            seen = given[-self._proxies] if len(given) >= self._proxies else seen
        return _network(seen)


def headers(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers)."""
    if not verdicts:
        return {}
    policies = [f'"{v.policy.name}";q={v.policy.quota};w={WINDOW_SECONDS}' for v in verdicts]
    states = [f'"{v.policy.name}";r={v.remaining};t={round(v.full_in)}' for v in verdicts]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def _forwarded(scope: Any) -> list[str]:
    values = [v.decode("latin-1") for k, v in scope.get("headers", []) if k == b"x-forwarded-for"]
    return [part.strip() for part in ",".join(values).split(",") if part.strip()]


def _host(written: str) -> str:
    """An address as proxies write it: some add the port, with IPv6 in brackets then."""
    if written.startswith("["):
        return written[1:].partition("]")[0]
    host, colon, _ = written.partition(":")
    return host if colon and written.count(":") == 1 else written


def _network(address: str) -> str:
    """One subscriber: an IPv4 address, an IPv6 network of 64 bits."""
    try:
        known = ipaddress.ip_address(_host(address))
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
