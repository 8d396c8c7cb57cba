"""Asking servers whose names strangers gave us: none of our own networks, and never for long."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import httpx

_SECONDS = 5.0
_LARGEST = 100_000
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""What the open network gives out of IPv6."""
_TRANSLATED = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
"""6to4 and Teredo: IPv4 addresses inside those of IPv6."""

T = TypeVar("T")


class OutsideError(Exception):
    """A server could not be asked; the message says why in a sentence."""


def place(url: str) -> tuple[str, int]:
    """Host and port of an address, as the requests below take them; raises OutsideError."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise OutsideError("This is no address of a server.") from error
    return parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80)


async def addresses_of(host: str, port: int, *, local: bool) -> list[str]:
    """The IP addresses of `host`, all of which may be asked; `local`: of our own networks too.

    Whoever connects must use one of these: a name may mean another one a moment later.
    """
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutsideError(f"{host} has no address.") from error
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    if not local and not all(map(is_public, addresses)):
        raise OutsideError(f"{host} is in a network that is not public.")
    return list(dict.fromkeys(str(address) for address in addresses))


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is somebody's on the open network, in whatever form it is written.

    IPv6 has several ways to write an IPv4 address; all of them are refused, as none of them is
    what a server that wants to be found publishes.
    """
    if isinstance(address, ipaddress.IPv6Address):
        translated = any(address in network for network in _TRANSLATED)
        return address in _UNICAST and address.is_global and not translated
    return address.is_global and not address.is_multicast


async def get(url: str, *, local: bool = False) -> bytes:
    """The body of an address: no redirects, 100 kB at most, five seconds at most.

    It is taken as it comes: a packed one, which nobody asked for, would be any size unpacked.
    """
    request = httpx.Request("GET", url, headers={"Accept-Encoding": "identity"})
    return await _asked(request, _body, local=local)


async def post(url: str, content: bytes, headers: dict[str, str], *, local: bool = False) -> int:
    """Send `content` to an address: the status of the answer, whose body is not read.

    The same rules as for `get`; a redirect is an answer like any other and not followed.
    """
    request = httpx.Request("POST", url, headers=headers, content=content)
    return await _asked(request, _status, local=local)


async def _asked(
    request: httpx.Request, read: Callable[[httpx.Response, str], Awaitable[T]], *, local: bool
) -> T:
    host, port = place(str(request.url))
    try:
        with anyio.fail_after(_SECONDS):
            addresses = await addresses_of(host, port, local=local)
            async with httpx.AsyncClient(trust_env=False) as client:
                for address in addresses:
                    with contextlib.suppress(httpx.ConnectError):
                        return await _answer(client, _directed(request, address), read, host)
    except (httpx.HTTPError, TimeoutError) as error:
        raise OutsideError(f"{host} does not answer.") from error
    raise OutsideError(f"{host} does not answer.")


def _directed(request: httpx.Request, address: str) -> httpx.Request:
    """The request as it goes to `address`, and to the server that its URL names there."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        content=request.content,
        extensions={
            "sni_hostname": request.url.host,
            "timeout": httpx.Timeout(_SECONDS).as_dict(),
        },
    )


async def _answer(
    client: httpx.AsyncClient,
    request: httpx.Request,
    read: Callable[[httpx.Response, str], Awaitable[T]],
    host: str,
) -> T:
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        return await read(response, host)
    finally:
        await response.aclose()


async def _status(response: httpx.Response, _: str) -> int:
    return response.status_code


async def _body(response: httpx.Response, host: str) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise OutsideError(f"{host} answers with the status {response.status_code}.")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > _LARGEST:
            raise OutsideError(f"{host} answers with more than 100 kB.")
    return bytes(body)
