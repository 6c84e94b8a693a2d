"""The benchmarks, from site-src/benchmarks/*.json; the page stands without any too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tree import ROOT

FIGURES = ROOT / "site-src" / "benchmarks"


def page(folder: Path = FIGURES) -> str:
    """Return the page's Markdown."""
    lines = [
        "# Benchmarks\n",
        "What the patterns cost beside the raw client, and beside libraries that do the same.\n",
    ]
    files = sorted(folder.glob("*.json"))
    if not files:
        lines.append("No figures were recorded yet. `make bench` measures.\n")
    for path in files:
        lines += _section(path.stem, json.loads(path.read_text(encoding="utf-8")))
    return "\n".join(lines) + "\n"


def _section(name: str, read: dict[str, Any]) -> Iterator[str]:
    yield f"## {name}\n"
