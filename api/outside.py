"""Asking servers whose names strangers gave us: none of our own networks, and never for long."""

from __future__ import annotations

import ipaddress
import socket

import anyio
import httpx

_SECONDS = 5.0
_LARGEST = 100_000


class OutsideError(Exception):
    """A server could not be asked; the message says why in a sentence."""


async def address_of(host: str, port: int, *, local: bool) -> str:
    """An IP address of `host` that may be asked; `local`: those of our own networks too.

    Whoever connects must use this very address: a name may mean another one a moment later.
    """
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutsideError(f"{host} has no address.") from error
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    if not local and not all(address.is_global for address in addresses):
        raise OutsideError(f"{host} is in a network that is not public.")
    return str(addresses[0])


async def get(url: str, *, local: bool = False) -> bytes:
    """The body of an address: no redirects, 100 kB at most, five seconds at most."""
    asked = httpx.URL(url)
    host, port = asked.host, asked.port or (443 if asked.scheme == "https" else 80)
    try:
        with anyio.fail_after(_SECONDS):
            address = await address_of(host, port, local=local)
            request = httpx.Request(
                "GET",
                asked.copy_with(host=address),
                headers={"Host": asked.netloc.decode()},
                extensions={"sni_hostname": host, "timeout": httpx.Timeout(_SECONDS).as_dict()},
            )
            async with httpx.AsyncClient(trust_env=False) as client:
                return await _body(client, request, host)
    except (httpx.HTTPError, TimeoutError) as error:
        raise OutsideError(f"{host} does not answer.") from error


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
