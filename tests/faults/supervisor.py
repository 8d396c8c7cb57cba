"""Starts the indexer again and again, as an operator's supervisor would; notes what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from stellarsettle.settings import Settings

_ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 120
_NAMES = {name.upper() for name in Settings.__struct_fields__}
_EXPECTED_ENDS = (
    "no longer holds",  # a gap: the operator finds a source, here the plan's fault ends
    "did not answer",  # no node at the start
    "The database does not answer",  # it is just being restarted
)
_PASSING_TRACES = ("psycopg.OperationalError", "psycopg.errors.AdminShutdown")
"""What may end a start while the database goes away under it."""


class UnexpectedEndError(AssertionError):
    """The process ended by itself with words that nobody planned."""


class Indexer:
    """One process after the other with the same environment and one log."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in _NAMES}
        self._environment = {**kept, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0
        self._armed = False
        self.starts = 0

    def ensure(self, dies_at: str = "") -> None:
        """Start it unless it runs and is not to die; what it said when it ended must be known."""
        if self.running() and not self._armed:
            return
        self.kill()
        self._armed = bool(dies_at)
        self._look_at_the_end()
        self._read_from = self._log.stat().st_size if self._log.exists() else 0
        environment = {**self._environment, "DIES_AT": dies_at} if dies_at else self._environment
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.program"],
                cwd=_ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.starts += 1

    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL, at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill_reader(self) -> None:
        """SIGKILL to the process that reads for it, if there is one now."""
        if self.running() and self._process is not None:
            own = self._process.pid
            for child in Path(f"/proc/{own}/task/{own}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)

    def pause(self, seconds: float) -> None:
        """Take the processor away, as a suspended machine would: its clocks jump."""
        if self.running() and self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._process.wait(timeout=_STOP_SECONDS)

    def said(self) -> str:
        """What the newest process wrote."""
        if not self._log.exists():
            return ""
        return self._log.read_bytes()[self._read_from :].decode(errors="replace")

    def _look_at_the_end(self) -> None:
        if self._process is None or self._process.returncode in (0, -signal.SIGKILL):
            return
        said = self.said()
        known = _PASSING_TRACES if "Traceback" in said else _EXPECTED_ENDS
        if not any(words in said for words in known):
            raise UnexpectedEndError(f"exit {self._process.returncode}: {said[-3000:]}")
