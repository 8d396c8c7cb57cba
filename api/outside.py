"""Asking servers whose names strangers gave us: none of our own networks, and never for long."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

import anyio
import httpx

_SECONDS = 5.0
_LARGEST = 100_000


class OutsideError(Exception):
    """A server could not be asked; the message says why in a sentence."""


async def addresses_of(host: str, port: int, *, local: bool) -> list[str]:
    """The IP addresses of `host`, all of which may be asked; `local`: of our own networks too.

    Whoever connects must use one of these: a name may mean another one a moment later.
    """
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutsideError(f"{host} has no address.") from error
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    if not local and not all(address.is_global for address in addresses):
        raise OutsideError(f"{host} is in a network that is not public.")
    return list(dict.fromkeys(str(address) for address in addresses))


async def get(url: str, *, local: bool = False) -> bytes:
    """The body of an address: no redirects, 100 kB at most, five seconds at most."""
    asked = httpx.URL(url)
    host, port = asked.host, asked.port or (443 if asked.scheme == "https" else 80)
    try:
        with anyio.fail_after(_SECONDS):
            addresses = await addresses_of(host, port, local=local)
            async with httpx.AsyncClient(trust_env=False) as client:
                for address in addresses:
                    with contextlib.suppress(httpx.ConnectError):
                        return await _body(client, _request(asked, address), host)
    except (httpx.HTTPError, TimeoutError) as error:
        raise OutsideError(f"{host} does not answer.") from error
    raise OutsideError(f"{host} does not answer.")


def _request(asked: httpx.URL, address: str) -> httpx.Request:
    """A request that goes to `address`, and to the server that the URL names there."""
    return httpx.Request(
        "GET",
        asked.copy_with(host=address),
        headers={"Host": asked.netloc.decode()},
        extensions={"sni_hostname": asked.host, "timeout": httpx.Timeout(_SECONDS).as_dict()},
    )


async def _body(client: httpx.AsyncClient, request: httpx.Request, host: str) -> bytes:
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        if response.status_code != httpx.codes.OK:
            raise OutsideError(f"{host} answers with the status {response.status_code}.")
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _LARGEST:
                raise OutsideError(f"{host} answers with more than 100 kB.")
        return bytes(body)
    finally:
        await response.aclose()
