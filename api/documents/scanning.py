"""Malware: every byte that is taken in goes through ClamAV's daemon, or nothing is taken in.

What cannot be scanned is not clean: a daemon that is away, an error of its own, signatures that
are too old or none but those of the tests all stop a document where it is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

_PIECE: Final = 1 << 16
_SECONDS: Final = 60.0
MARKER: Final = b"stellarsettle: when were the test signatures made?"
"""What a database of test signatures knows under a name that tells when it was made."""
_TEST_NAME: Final = re.compile(r"StellarSettle-Test-(\d+)")


class ScannerUnavailableError(Exception):
    """Nothing can be scanned now; the message says why."""


class Infected(msgspec.Struct, frozen=True):
    """The scanner knows the bytes; `signature` is its name for them."""

    signature: str

    @property
    def is_bomb(self) -> bool:
        """Whether it only says that there is more to unpack than it will."""
        return self.signature.startswith("Heuristics.Limits.Exceeded")


class Signatures(msgspec.Struct, frozen=True):
    """The scanner's database: when it was made; `test`: it knows nothing but the EICAR test file.

    Only official databases tell clamd their date; ours are asked with `MARKER`.
    """

    made_at: dt.datetime
    test: bool


class Scanner:
    """clamd, on a local socket (a path) or at `host:port`.

    `max_age` is how old its signatures may be; `allow_test_signatures` accepts the database of
    `stellarsettle documents scanner`, which knows the EICAR test file only.
    """

    def __init__(
        self, address: str, *, max_age: dt.timedelta, allow_test_signatures: bool = False
    ) -> None:
        self._address = address
        self._max_age = max_age
        self._allow_test_signatures = allow_test_signatures

    async def scan(self, pieces: Iterable[bytes]) -> Infected | None:
        """None if clean. Raises ScannerUnavailableError."""
        await self.check()
        return await self._scan(pieces)

    async def _scan(self, pieces: Iterable[bytes]) -> Infected | None:
        said = await self._ask(b"zINSTREAM\0", pieces)
        result = said.partition(": ")[2]
        if result == "OK":
            return None
        if result.endswith(" FOUND"):
            return Infected(result.removesuffix(" FOUND").removesuffix(".UNOFFICIAL"))
        raise ScannerUnavailableError(f"the scanner did not scan: {said}")

    async def check(self) -> Signatures:
        """The signatures it scans with. Raises ScannerUnavailableError if they may not be used."""
        signatures = _official(await self._ask(b"zVERSION\0")) or await self._test_signatures()
        if signatures.test and not self._allow_test_signatures:
            raise ScannerUnavailableError("the scanner has none but test signatures")
        age = dt.datetime.now(dt.UTC) - signatures.made_at
        if age > self._max_age:
            raise ScannerUnavailableError(f"the scanner's signatures are {age.days} days old")
        return signatures

    async def _test_signatures(self) -> Signatures:
        found = await self._scan([MARKER])
        made = _TEST_NAME.fullmatch(found.signature) if found else None
        if made is None:
            raise ScannerUnavailableError("the scanner does not tell how old its signatures are")
        return Signatures(dt.datetime.fromtimestamp(int(made[1]), dt.UTC), test=True)

    async def _ask(self, command: bytes, pieces: Iterable[bytes] = ()) -> str:
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._talk(command, pieces)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise ScannerUnavailableError(f"the scanner does not answer: {error!r}") from error

    async def _talk(self, command: bytes, pieces: Iterable[bytes]) -> str:
        reader, writer = await self._connect()
        try:
            writer.write(command)
            for piece in pieces:
                for start in range(0, len(piece), _PIECE):
                    part = piece[start : start + _PIECE]
                    writer.write(len(part).to_bytes(4, "big") + part)
                    await writer.drain()
            if command == b"zINSTREAM\0":
                writer.write(bytes(4))
            await writer.drain()
            return (await reader.readuntil(b"\0"))[:-1].decode("utf-8", "replace")
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, colon, port = self._address.rpartition(":")
        if colon and port.isdecimal():
            return await asyncio.open_connection(host, int(port))
        return await asyncio.open_unix_connection(Path(self._address))


def _official(version: str) -> Signatures | None:
    """From `ClamAV 1.4.6/27480/Fri Nov 28 08:21:02 2026`; without such a database only the first.

    The time is the daemon's local one, which is taken to be ours.
    """
    parts = version.split("/")
    if len(parts) < 3:
        return None
    try:
        made_at = dt.datetime.strptime(parts[2], "%a %b %d %H:%M:%S %Y").astimezone(dt.UTC)
    except ValueError as error:
        raise ScannerUnavailableError(f"the scanner tells no signatures: {version}") from error
    return Signatures(made_at, test=False)
