"""Build what is not committed: the contracts' wasm and the local ledger.

`python -m contracts.build wasm devnet`, in the project's environment. Results land in `build/` and
are built again only when what they are made from has changed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from contracts.metadata import SOURCE, describe
from contracts.shaking import shake

ROOT = Path(__file__).resolve().parent
BUILD = ROOT.parent / "build"
TARGET = "wasm32v1-none"
OLDEST_RUST = (1, 91)
CONTRACTS = ("invoice_escrow", "invoice_token", "payment_distributor")
DEEP = ("invariants", "properties", "exact")
DEBIAN_COMPILER = ("rustc-web", "cargo-web", "libstd-rust-web-dev")
DEBIAN_WASM = (*DEBIAN_COMPILER, "rust-web-src", "lld-19")
_SHAKING = {"SOROBAN_SDK_BUILD_SYSTEM_SUPPORTS_SPEC_SHAKING_V2": "1"}


class BuildError(Exception):
    """Something is missing or does not compile; the message says what to do."""


class Toolchain(NamedTuple):
    """A cargo and the environment it needs to be run with."""

    cargo: str
    rustc: str
    environment: dict[str, str]


def build_wasm() -> None:
    """Compile the three contracts to `build/wasm/*.wasm`."""
    outputs = [BUILD / "wasm" / f"{name}.wasm" for name in CONTRACTS]
    sources = contract_sources()
    facts = {SOURCE: _digest(sources)}

    def compile_contracts() -> None:
        tools = wasm_toolchain()
        command = [tools.cargo, "build", "--locked", "--release", "--target", TARGET]
        command += ["--target-dir", str(ROOT / "target" / "wasm")]
        for name in CONTRACTS:
            command += ["--package", name.replace("_", "-")]
        _run(command, ROOT, tools)
        for output in outputs:
            built = ROOT / "target" / "wasm" / TARGET / "release" / output.name
            _install(describe(shake(built.read_bytes()), facts), output)

    _once("contracts (wasm)", outputs, sources, compile_contracts)


def contract_sources() -> list[Path]:
    """What the wasm is made of: manifests, lock file and code, without tests and harness."""
    crates = [ROOT / name for name in ("shared", *(n.replace("_", "-") for n in CONTRACTS))]
    manifests = [ROOT / "Cargo.toml", ROOT / "Cargo.lock", *(c / "Cargo.toml" for c in crates)]
    return sorted([*manifests, *_rust_sources([crate / "src" for crate in crates])])


def say_source() -> None:
    """The digest of the contracts' sources, as it stands in the wasm built from them."""
    sys.stdout.write(f"{_digest(contract_sources())}\n")


def build_devnet() -> None:
    """Compile the local ledger to `build/bin/stellarsettle-devnet`."""
    folder = ROOT / "devnet"
    output = BUILD / "bin" / "stellarsettle-devnet"
    crates = [folder, folder / "interpreter"]
    manifests = [folder / "Cargo.lock", *(crate / "Cargo.toml" for crate in crates)]
    sources = [*manifests, *_rust_sources([crate / "src" for crate in crates])]

    def compile_devnet() -> None:
        tools = native_toolchain()
        _run([tools.cargo, "build", "--locked", "--release"], folder, tools)
        _install((folder / "target" / "release" / output.name).read_bytes(), output)
        output.chmod(0o755)

    _once("local ledger", [output], sources, compile_devnet)


def test_contracts() -> None:
    """The contracts' tests, natively and against the compiled wasm; 500 random histories each."""
    _on_both([])


def test_contracts_deep() -> None:
    """The random histories and the fuzzed arithmetic alone, natively and on the wasm.

    `HISTORIES` says how many (10,000) and `SEED` which ones; both are said, so that a run can be
    repeated.
    """
    histories = os.environ.setdefault("HISTORIES", "10000")
    seed = os.environ.setdefault("SEED", str(time.time_ns() % 2**32))
    _say(f"HISTORIES={histories} SEED={seed}")
    started = time.monotonic()
    _on_both([word for name in DEEP for word in ("--test", name)])
    _say(f"{histories} histories natively and on the wasm in {time.monotonic() - started:.0f} s")


def _on_both(selection: list[str]) -> None:
    """Run tests natively, then against the wasm."""
    tools = native_toolchain()
    command = [tools.cargo, "test", "--locked", "--quiet", *selection]
    _run(command, ROOT, tools)
    wasm = {**tools.environment, "STELLARSETTLE_WASM": str(BUILD / "wasm")}
    _run(command, ROOT, tools._replace(environment=wasm))


def test_devnet() -> None:
    """The local ledger's tests, in release mode: that shares what the program was built from."""
    tools = native_toolchain()
    command = [tools.cargo, "test", "--locked", "--quiet", "--release", "--workspace"]
    _run(command, ROOT / "devnet", tools)


def run_lints() -> None:
    """Clippy over both workspaces, warnings denied."""
    tools = native_toolchain()
    for folder in (ROOT, ROOT / "devnet"):
        command = [tools.cargo, "clippy", "--locked", "--quiet", "--workspace", "--all-targets"]
        _run([*command, "--", "-D", "warnings"], folder, tools)


def native_toolchain() -> Toolchain:
    """A compiler for this machine: the one on PATH if it is new enough, else Debian's."""
    for cargo, rustc in (("cargo", "rustc"), ("/usr/bin/cargo", "/usr/bin/rustc")):
        if shutil.which(cargo) and shutil.which(rustc) and _version_of(rustc) >= OLDEST_RUST:
            return Toolchain(cargo, rustc, {**_SHAKING, "RUSTC": rustc})
    _install_packages(DEBIAN_COMPILER)
    return Toolchain("/usr/bin/cargo", "/usr/bin/rustc", {**_SHAKING, "RUSTC": "/usr/bin/rustc"})


def wasm_toolchain() -> Toolchain:
    """A compiler for wasm32v1-none: rustup's target where it can be had, else Debian's compiler.

    `STELLARSETTLE_RUST=debian` chooses Debian's at once.
    """
    if os.environ.get("STELLARSETTLE_RUST") != "debian":
        native = native_toolchain()
        if _has_target(native) or _add_target(native):
            return native
        _say(f"rustup has no {TARGET} here; using the compiler of Debian's packages")
    return _debian_wasm_toolchain()


def _has_target(tools: Toolchain) -> bool:
    words = [tools.rustc, "--print", "target-libdir", "--target", TARGET]
    folder = subprocess.run(words, capture_output=True, text=True, check=False)
    return folder.returncode == 0 and any(Path(folder.stdout.strip()).glob("libcore*.rlib"))


def _add_target(tools: Toolchain) -> bool:
    if not shutil.which("rustup"):
        return False
    words = ["rustup", "target", "add", TARGET]
    try:
        subprocess.run(words, capture_output=True, check=True, timeout=300)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return _has_target(tools)


def _debian_wasm_toolchain() -> Toolchain:
    rustc = "/usr/bin/rustc"
    if not (Path(rustc).exists() and _library(rustc) and shutil.which("wasm-ld-19")):
        _install_packages(DEBIAN_WASM)
    library = _library(rustc)
    if library is None:
        raise BuildError(f"{rustc} has no matching sources in /usr/src: install rust-web-src")
    sysroot = BUILD / "sysroot" / _version_text(rustc)
    if not (sysroot / "complete").exists():
        _build_sysroot(rustc, library, sysroot)
    variable = TARGET.upper().replace("-", "_")
    environment = {
        **_SHAKING,
        "RUSTC": rustc,
        "RUSTC_BOOTSTRAP": "1",
        f"CARGO_TARGET_{variable}_RUSTFLAGS": f"--sysroot {sysroot}",
        f"CARGO_TARGET_{variable}_LINKER": "wasm-ld-19",
    }
    return Toolchain("/usr/bin/cargo", rustc, environment)


def _library(rustc: str) -> Path | None:
    """The compiler's own sources of core, which must be of the very same version."""
    library = Path("/usr/src") / f"rustc-{_version_text(rustc)}" / "library"
    return library if library.is_dir() else None


def _build_sysroot(rustc: str, library: Path, sysroot: Path) -> None:
    """Compile core, compiler_builtins and alloc for the target into `sysroot`."""
    _say(f"building {TARGET}'s core library with {rustc} (about half a minute)")
    out = sysroot / "lib" / "rustlib" / TARGET / "lib"
    out.mkdir(parents=True, exist_ok=True)
    flags = f"--target {TARGET} --edition=2024 -Copt-level=3 -Cpanic=abort -Cembed-bitcode=yes"
    flags += " -Ccodegen-units=1 -Zforce-unstable-if-unmarked -Cmetadata=ss -Cextra-filename=-ss"
    flags += f" --crate-type rlib --out-dir {out} -L {out} --cap-lints allow"
    builtins = library / "compiler-builtins" / "compiler-builtins" / "src" / "lib.rs"
    memory = ["--cfg", 'feature="compiler-builtins"', "--cfg", 'feature="mem"']
    core = ["--extern", f"core={out}/libcore-ss.rlib"]
    both = [*core, "--extern", f"compiler_builtins={out}/libcompiler_builtins-ss.rlib"]
    crates: list[tuple[str, Path, list[str]]] = [
        ("core", library / "core" / "src" / "lib.rs", []),
        ("compiler_builtins", builtins, [*core, *memory]),
        (
            "alloc",
            library / "alloc" / "src" / "lib.rs",
            [*both, "--cfg", 'feature="compiler-builtins-mem"'],
        ),
    ]
    tools = Toolchain("", rustc, {"RUSTC_BOOTSTRAP": "1"})
    for name, source, extra in crates:
        _run([rustc, *flags.split(), "--crate-name", name, str(source), *extra], library, tools)
    (sysroot / "complete").touch()


def _install_packages(packages: tuple[str, ...]) -> None:
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise BuildError(
            f"A Rust compiler of {'.'.join(map(str, OLDEST_RUST))} or newer with the target"
            f" {TARGET} is needed. Install Rust with rustup, or as root run: {' '.join(command)}"
        )
    _say(f"installing {', '.join(packages)} (Debian packages)")
    for words in (["apt-get", "update"], command):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")


def _once(
    name: str, outputs: list[Path], sources: Iterable[Path], make: Callable[[], None]
) -> None:
    """Run `make` unless the outputs are there and come from exactly these sources."""
    mark = outputs[0].parent / f".{outputs[0].name}.sources"
    key = os.environ.get("STELLARSETTLE_RUST", "") + _digest(sources)
    if all(path.exists() for path in outputs) and mark.exists() and mark.read_text() == key:
        return
    started = time.monotonic()
    _say(f"{name}: building (a few minutes the first time)")
    make()
    mark.write_text(key)
    _say(f"{name}: built in {time.monotonic() - started:.0f} s")


def _digest(sources: Iterable[Path]) -> str:
    """SHA-256 of names and contents of files, in the order of their names."""
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def _rust_sources(folders: Iterable[Path]) -> list[Path]:
    return [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".rs", ".toml"} and "target" not in path.relative_to(ROOT).parts
    ]


def _install(content: bytes, output: Path) -> None:
    """Put a result in its place by one rename, so that no reader sees half of it."""
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh = output.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(output)


def _run(command: list[str], folder: Path, tools: Toolchain) -> None:
    environment = {**os.environ, **tools.environment}
    done = subprocess.run(command, cwd=folder, env=environment, check=False)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command[:4])} ... failed in {folder.name}/ (see above)")


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _version_text(rustc: str) -> str:
    return _output([rustc, "--version"]).split()[1]


def _version_of(rustc: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", _version_text(rustc))[:2])


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


TASKS: dict[str, Callable[[], None]] = {
    "wasm": build_wasm,
    "source": say_source,
    "devnet": build_devnet,
    "test-contracts": test_contracts,
    "test-contracts-deep": test_contracts_deep,
    "test-devnet": test_devnet,
    "lint": run_lints,
}


def main(names: list[str]) -> int:
    """Run the named tasks in order; returns the exit status."""
    unknown = [name for name in names if name not in TASKS]
    if unknown or not names:
        _say(f"usage: python -m contracts.build {{{' | '.join(TASKS)}}} ...")
        return 2
    try:
        for name in names:
            TASKS[name]()
    except BuildError as error:
        _say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
