"""ClamAV's daemon for this machine: `make clamav` installs it, this starts it in the foreground.

Its signatures are those of freshclam. Where none can be had, a database made here knows the EICAR
test file and nothing else: enough to try everything out, and refused unless CLAMD_TEST says so.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.documents.scanning import MARKER

SIGNATURES: Final = Path("/var/lib/clamav")
"""Where Debian's freshclam puts the signatures of the network."""
_EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_READY_SECONDS: Final = 90.0
_PLACES: Final = "/usr/sbin:/usr/local/sbin:/usr/bin"


class ClamavError(Exception):
    """The daemon is not installed or did not start; the message says what to do."""


def have_signatures() -> bool:
    """Whether freshclam has been here."""
    return any(SIGNATURES.glob("daily.c[vl]d"))


def write_test_signatures(folder: Path, made_at: dt.datetime) -> None:
    """A database that knows the EICAR test file, and tells when it was made."""
    names = {
        "Eicar-Test-Signature": _EICAR,
        f"StellarSettle-Test-{int(made_at.timestamp())}": MARKER,
    }
    lines = [f"{name}:0:*:{text.hex()}" for name, text in names.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.ndb").write_text("\n".join(lines) + "\n")


@contextlib.contextmanager
def running(folder: Path, signatures: Path) -> Iterator[Path]:
    """The daemon with these signatures while the block lasts; gives its socket, in `folder`.

    Raises ClamavError.
    """
    program = shutil.which("clamd", path=_PLACES)
    if program is None:
        raise ClamavError("clamd is not installed: `make clamav`, or apt-get install clamav-daemon")
    folder.mkdir(parents=True, exist_ok=True)
    address, log = folder / "clamd.socket", folder / "clamd.log"
    settings = folder / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {signatures}\nLocalSocket {address}\nForeground yes\n"
        f"User {getpass.getuser()}\nStreamMaxLength 64M\nAlertExceedsMax yes\n"
        f"TemporaryDirectory {folder}\n"
    )
    with log.open("ab") as output:
        process = subprocess.Popen([program, "-c", str(settings)], stdout=output, stderr=output)
    try:
        _wait(process, address, log)
        yield address
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def for_trying_out(folder: Path) -> Iterator[dict[str, str]]:
    """Settings of a daemon with test signatures, which runs while the block lasts; in `folder`.

    Raises ClamavError.
    """
    write_test_signatures(folder / "signatures", dt.datetime.now(dt.UTC))
    with running(folder / "run", folder / "signatures") as address:
        yield {"CLAMD": str(address), "CLAMD_TEST": "true"}


def installed() -> bool:
    """Whether the daemon is on this machine."""
    return shutil.which("clamd", path=_PLACES) is not None


def _wait(process: subprocess.Popen[bytes], address: Path, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(address))
            return
        if process.poll() is not None:
            raise ClamavError(f"clamd ended:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
    raise ClamavError(f"clamd is not ready after {_READY_SECONDS:.0f} s; see {log}")
