"""A measured figure in the middle of a sentence, so that no text says one by heart.

    <!-- measured repository | PostgreSQL: get | asyncpg pool, no reset -->

becomes ours / theirs, linked to the benchmarks; without a rival, the time or memory itself.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from benchmark_page import FIGURES, quantity

ASKED = re.compile(r"<!-- measured (\w+) \| ([^|]+?)(?: \| ([^|]+?))? -->")


def filled(markdown: str, benchmarks: str, folder: Path = FIGURES) -> tuple[str, list[str]]:
    """Return the page with its figures, and what it asks for that was not measured.

    `benchmarks` is the link to their page.
    """
    lost: list[str] = []

    def figure(asked: re.Match[str]) -> str:
        pattern, operation, rival = asked.groups()
        found = _figure(folder / f"{pattern}.json", operation, rival)
        if found is None:
            lost.append(" | ".join(filter(None, asked.groups())))
            return "(not measured)"
        return f"[{_shown(found)}]({benchmarks}#{pattern.replace('_', '-')})"

    return ASKED.sub(figure, markdown), lost


def _figure(path: Path, operation: str, rival: str | None) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
    same = (one for one in figures if (one["operation"], one["rival"]) == (operation, rival))
    return next(same, None)


def _shown(figure: dict[str, Any]) -> str:
    shown = (
        f"{figure['measured']:.2g} ×"
        if figure["rival"]
        else quantity(figure["ours"], figure.get("unit", "s"))
    )
    return shown.replace(" ", "&nbsp;")
