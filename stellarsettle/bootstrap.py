"""Make the Python environment `.venv` from `requirements.lock`; standard library only.

Run by `make` before anything is installed, and again when the lock changes.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
OLDEST = (3, 11)


def main() -> int:
    """Create or update the environment; returns the exit status."""
    if sys.version_info < OLDEST:
        return _fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    started = time.monotonic()
    python = ENVIRONMENT / "bin" / "python"
    try:
        if not python.exists():
            _say("Python environment: making .venv")
            _run([sys.executable, "-m", "venv", str(ENVIRONMENT)])
        if not (ENVIRONMENT / "bin" / "uv").exists():
            _run([str(python), "-m", "pip", "install", "--quiet", *_uv()])
        install = [str(ENVIRONMENT / "bin" / "uv"), "pip"]
        target = ["--quiet", "--python", str(python)]
        _run([*install, "sync", *target, "--require-hashes", str(LOCK)])
        local = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
        _run([*install, "install", *target, *local])
    except subprocess.CalledProcessError as error:
        if not python.exists() or not (ENVIRONMENT / "bin" / "pip").exists():
            shutil.rmtree(ENVIRONMENT, ignore_errors=True)
            return _fail("the environment could not be made (Debian: apt-get install python3-venv)")
        return _fail(f"{' '.join(map(str, error.cmd[:4]))} ... failed")
    (ENVIRONMENT / ".ready").touch()
    _say(f"Python environment: ready in {time.monotonic() - started:.0f} s")
    return 0


def _uv() -> list[str]:
    """The installer at the version the lock names."""
    for line in LOCK.read_text().splitlines():
        if line.startswith("uv=="):
            return [line.rstrip(" \\")]
    return ["uv"]


def _run(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _fail(text: str) -> int:
    _say(f"error: {text}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
