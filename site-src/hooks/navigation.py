"""The site's menu, from what stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import notebook_pages
from map_page import page_name
from reference_pages import title
from tree import ROOT, Pattern, notebooks, patterns, shared

HOW_TO = {
    "run-it": "Run it",
    "own-adapter": "Hold your own adapter to a contract",
    "copy": "Copy an adapter into your project",
    "add-a-notebook": "Add a notebook",
    "validate-in-ci": "Validate notebooks in CI",
    "real-server": "Use a real server",
    "change-a-table": "Change a table",
}

WHY = {
    "repository": "Repository",
    "unit-of-work": "Unit of work",
    "gateway": "Gateway",
    "caching": "Caching",
}


def navigation() -> list[Any]:
    """Return the menu as mkdocs.yml would have it."""
    return [
        {"Home": "index.md"},
        {"Notebooks": ["notebooks/index.md", *(_notebook(path) for path in notebooks())]},
        {"Why": ["why/index.md", *_written("why", WHY)]},
        {"How to": ["how-to/index.md", *_written("how-to", HOW_TO)]},
        {
            "Reference": [
                "reference/index.md",
                *(_pattern(one) for one in patterns()),
                {"Sample": "reference/sample.md"},
                {"Shared": _shared()},
            ]
        },
        {"Map": "map.md"},
        {"Benchmarks": "benchmarks.md"},
    ]


def _notebook(path: Path) -> dict[str, str]:
    return {notebook_pages.heading(path)[0]: f"notebooks/{path.name}"}


def _written(folder: str, titles: dict[str, str]) -> list[dict[str, str]]:
    pages = ROOT / "site-src" / "pages" / folder
    return [
        {says: f"{folder}/{name}.md"} for name, says in titles.items() if (pages / f"{name}.md").is_file()
    ]


def _pattern(pattern: Pattern) -> dict[str, Any]:
    folder = f"reference/{pattern.name}"
    pages: list[Any] = [f"{folder}/index.md"]
    pages += [{source.name: f"{folder}/{source.name}.md"} for source in pattern.ports]
    if pattern.contracts:
        pages.append({"contract": f"{folder}/contract.md"})
    within: dict[str, list[Any]] = {}  # the files of a folder in the pattern, such as gateway/decisions
    for source in pattern.adapters:
        place = within.setdefault("/".join(source.path.parts[2:-1]), [])
        place.append({title(source): f"{folder}/{page_name(source)}.md"})
    pages += within.pop("", [])
    pages += [{name: inner} for name, inner in within.items()]
    return {pattern.title: pages}


def _shared() -> list[dict[str, str]]:
    return [{page_name(source): f"reference/shared/{page_name(source)}.md"} for source in shared()]
