"""What the pages for readers name exists, and each page can be found from the README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from stellarsettle import document
from stellarsettle.cli import cli
from stellarsettle.settings import Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted(
    path for place in ("docs/*.md", "contracts/**/README.md") for path in ROOT.glob(place)
)
_LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")
_COMMAND = re.compile(r"`(?:\$ )?stellarsettle ([a-z-]+)|^\$ stellarsettle ([a-z-]+)", re.MULTILINE)
_TARGET = re.compile(r"[`$] ?make ([a-z][a-z-]+)")


def _linked(page: Path) -> Iterator[Path]:
    for place in _LINK.findall(page.read_text(encoding="utf-8")):
        yield (page.parent / place).resolve()


def test_every_page_is_found_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [README]
    while ahead:
        page = ahead.pop()
        assert page.exists(), page
        if page not in seen:
            seen.add(page)
            ahead += _linked(page) if page.suffix == ".md" else ()
    assert set(PAGES) <= seen


def test_the_readme_lists_every_command() -> None:
    paragraph = README.read_text(encoding="utf-8").split("## Commands")[1].split("##")[0]
    listed = set(re.findall(r"`([a-z]+)`", paragraph)) - {"stellarsettle"}
    assert listed == set(cli.commands)


def test_the_page_of_settings_is_as_they_are_declared() -> None:
    said = dict(document.meanings())
    assert tuple(said) == Settings.__struct_fields__
    assert all(said.values())
    assert document.PAGE.read_text(encoding="utf-8") == document.render(), "make docs"


def test_commands_and_targets_on_pages_exist() -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for page in (README, ROOT / "CHANGELOG.md", *PAGES):
        text = page.read_text(encoding="utf-8")
        commands = {first or second for first, second in _COMMAND.findall(text)}
        assert commands <= set(cli.commands), page
        assert set(_TARGET.findall(text)) <= set(targets), page
