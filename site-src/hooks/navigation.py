"""The site's menu, from what stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import notebook_pages
import options_page
from map_page import page_name
from reference_pages import title
from tree import ROOT, TREE, Pattern, notebooks, patterns

PAGES = ROOT / "site-src" / "pages"
HOW_TO = (
    "first-ten-minutes",
    "run-it",
    "own-adapter",
    "copy",
    "add-a-notebook",
    "validate-in-ci",
    "lint",
    "real-server",
    "change-a-table",
)
"""The order of these pages; one that is not named here comes after them."""


def navigation() -> list[Any]:
    """Return the menu as mkdocs.yml would have it."""
    return [
        {"Home": "index.md"},
        {
            "Notebooks": [
                "notebooks/index.md",
                *(_notebook(path) for path in notebooks()),
                {"Playground": notebook_pages.PLAYGROUND},
            ]
        },
        {"Why": ["why/index.md", *_why()]},
        {"How to": ["how-to/index.md", *_how_to()]},
        {
            "Reference": [
                "reference/index.md",
                *(_pattern(one) for one in patterns()),
                {"Sample": ["reference/sample/index.md", {"contract": "reference/sample/contract.md"}]},
                {"Shared": _shared()},
            ]
        },
        {"Anti-patterns": "anti-patterns.md"},
        {"Map": "map.md"},
        {"Benchmarks": "benchmarks.md"},
        {"Soak": "soak.md"},
    ]


def _notebook(path: Path) -> dict[str, str]:
    return {notebook_pages.heading(path)[0]: f"notebooks/{path.name}"}


def _why() -> list[dict[str, str]]:
    """Return the pages that say why, in the order of the patterns."""
    named = ((one.title, f"why/{one.name.replace('_', '-')}.md") for one in patterns())
    written = [{title: uri} for title, uri in named if (PAGES / uri).is_file()]
    return [*written, {"Anti-patterns": "why/anti-patterns.md"}]


def _how_to() -> list[dict[str, str]]:
    stems = [path.stem for path in sorted((PAGES / "how-to").glob("*.md")) if path.stem != "index"]
    known = [name for name in HOW_TO if name in stems]
    return [{_heading(name): f"how-to/{name}.md"} for name in dict.fromkeys([*known, *stems])]


def _heading(name: str) -> str:
    text = (PAGES / "how-to" / f"{name}.md").read_text(encoding="utf-8")
    return re.findall(r"^# (.+)$", text, re.M)[0]


def _pattern(pattern: Pattern) -> dict[str, Any]:
    folder = f"reference/{pattern.name}"
    pages: list[Any] = [f"{folder}/index.md"]
    pages += [{source.stem: f"{folder}/{source.stem}.md"} for source in pattern.promise]
    if pattern.contracts:
        pages.append({"contract": f"{folder}/contract.md"})
    if options_page.URI.startswith(f"{folder}/"):
        pages.append({"all options": options_page.URI})
    within: dict[str, list[Any]] = {}  # the files of a folder in the pattern, such as gateway/decisions
    for source in pattern.others:
        place = within.setdefault(source.role, [])
        place.append({title(source): f"{folder}/{page_name(source)}.md"})
    pages += within.pop("", [])
    pages += [{name: inner} for name, inner in within.items()]
    return {pattern.title: pages}


def _shared() -> list[dict[str, str]]:
    return [{page_name(source): f"reference/shared/{page_name(source)}.md"} for source in TREE.shared()]
