"""The budgets of the house: what a person reads or receives, in lines. A figure may only go down.

    python tests/house/sizes.py           what is too large, and which recorded figure could be lowered
    python tests/house/sizes.py --lower   write the lower figures into budgets.toml and README.md

What is over its budget today is recorded in budgets.toml, and may not grow. When a file outgrows its
budget, look for the second idea hiding in it.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from infra_ref.workbench.pattern_folder import Pattern  # noqa: E402
from infra_ref.workbench.sizes import Row, partners, rows  # noqa: E402
from infra_ref.workbench.sizes import budget as size_budget  # noqa: E402
from infra_ref.workbench.source_file import Module  # noqa: E402
from infra_ref.workbench.source_tree import SourceTree  # noqa: E402

RECORDED = "tests/house/budgets.toml"
PORT, ADAPTER, DECORATOR, CONTRACT, FACTORY, OTHER = 120, 150, 120, 250, 60, 150
SHARED, WORKBENCH = 200, 250
LINT = 500
OF_RULES = {"acts", "annotations", "answers", "entities", "flow", "kinds", "module", "syntax", "vendors"}
"""What the linter's rules know of code. All else beside the rules is its frame."""
READING_FILES, PATTERN, BRINGS, COMPOSITION = 5, 1800, 650, 1600
CELL, MEDIAN_CELL, COLUMNS = 12, 4, 80
BARE = "without contracts"
TOLERANCE = 1.1
"""README may be this much above a figure, so that not every change of a line touches it."""


@dataclass(frozen=True)
class Figure:
    """One measure and its budget."""

    what: str
    value: int
    budget: int


def frame(tree: SourceTree) -> list[Module]:
    """Return the modules of the linter that are neither a rule nor what rules know of code."""
    linter = [one for one in tree.modules.values() if one.place.parts[1:-1] == ("workbench", "linting")]
    return [one for one in linter if not one.is_package and one.stem not in OF_RULES]


def figures(root: Path) -> Iterator[Figure]:
    """Yield every figure that has a budget."""
    tree = SourceTree(root / "infra_ref", hidden=())
    for module in tree.modules.values():
        if not module.is_package and "exercises" not in module.place.parts:
            yield Figure(f"file {module.place.as_posix()}", module.lines, budget(module))
    for pattern in tree.patterns.values():
        yield from _of_pattern(pattern)
    yield Figure("the linter's frame", sum(one.lines for one in frame(tree)), LINT)
    yield from (Figure(f"{one.pattern}: {one.what}", one.lines, one.at_most or 0) for one in rows(tree))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        yield from _of_notebook(path)


def budget(module: Module) -> int:
    """Return the lines that a file may have, by its role."""
    parts = module.place.parts
    if len(parts) == 2:
        return SHARED
    if parts[1] in {"workbench", "contract"}:
        return WORKBENCH
    if module.stem == "port" or module.stem.endswith("_port"):
        return PORT
    if module.stem.startswith("make_"):
        return FACTORY
    return {"contracts": CONTRACT, "decorators": DECORATOR, "": ADAPTER}.get(module.role, OTHER)


def _of_pattern(pattern: Pattern) -> Iterator[Figure]:
    for_tests = {"contracts", "testing"}
    code = [one for one in pattern.modules if not for_tests & set(one.place.parts)]
    whole = any("items" not in one for one in pattern.table.get("sizes", {}).values())
    if not whole:
        lines = sum(one.lines for one in code)
        yield Figure(f"{pattern.name} {BARE}", lines, size_budget(pattern, BARE, PATTERN))
    yield Figure(f"{pattern.name}: files of the reading path", len(pattern.reading_path), READING_FILES)
    for module in code:
        if not module.is_package:
            brought = pattern.tree.closure([module, *partners(module, pattern.tree)])
            lines = sum(one.lines for one in brought)
            composes = module.stem.startswith("make_") or _knows_another(module, pattern)
            name = f"add {pattern.tree.item(module)}"
            yield Figure(name, lines, COMPOSITION if composes else BRINGS)


def _knows_another(module: Module, pattern: Pattern) -> bool:
    tops = {name.split(".")[1] for name in pattern.tree.imports_here(module)}
    return bool((tops - {pattern.name}) & pattern.tree.patterns.keys())


def _of_notebook(path: Path) -> Iterator[Figure]:
    cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
    code = ["".join(one["source"]).splitlines() for one in cells if one["cell_type"] == "code"]
    if code:
        name = f"notebooks/{path.name}"
        widest = max((len(line) for lines in code for line in lines), default=0)
        yield Figure(f"{name}: longest cell", max(map(len, code)), CELL)
        yield Figure(f"{name}: median cell", int(statistics.median(map(len, code))), MEDIAN_CELL)
        yield Figure(f"{name}: columns", widest, COLUMNS)


def recorded(root: Path) -> dict[str, int]:
    """Return the figures that were over their budget when they were last written down."""
    path = root / RECORDED
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def complaints(root: Path) -> Iterator[str]:
    """Yield what outgrew its budget, or the figure that was recorded for it."""
    known = recorded(root)
    for one in figures(root):
        limit = max(one.budget, known.get(one.what, 0))
        if one.value > limit:
            why = "as recorded" if limit > one.budget else "its budget"
            yield f"{one.what}: {one.value}, and {limit} is {why}"


def lower(root: Path) -> dict[str, tuple[int, int]]:
    """Return what can be lowered: each recorded figure, and what it is today (0: within its budget)."""
    known = recorded(root)
    today = {one.what: one.value if one.value > one.budget else 0 for one in figures(root)}
    pairs = {what: (old, min(old, today.get(what, 0))) for what, old in known.items()}
    return {what: pair for what, pair in pairs.items() if pair[0] != pair[1]}


def write(root: Path) -> None:
    """Write the lower figures, and README's table."""
    known = recorded(root) | {what: new for what, (_, new) in lower(root).items()}
    lines = (f'"{what}" = {value}\n' for what, value in sorted(known.items()) if value)
    (root / RECORDED).write_text(HEAD + "".join(lines), encoding="utf-8")
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    table = readme_table(rows(SourceTree(root / "infra_ref")))
    readme.write_text(re.sub(TABLE, lambda _: table, text, flags=re.S), encoding="utf-8")


HEAD = """\
# What is over its budget (tests/house/sizes.py has the budgets). A figure here may only go down:
# `python tests/house/sizes.py --lower` does it. To raise one, say why in the commit.
"""
TABLE = r"<!-- sizes -->.*?<!-- /sizes -->"


def readme_table(found: Iterator[Row]) -> str:
    """Return README's table of sizes."""
    lines = [f"| {one.pattern} | {one.what} | {one.files} | {one.lines:,} |\n" for one in found]
    return (
        "<!-- sizes -->\n| pattern | what | files | lines |\n|---|---|--:|--:|\n"
        + "".join(lines)
        + "<!-- /sizes -->"
    )


def readme_complaints(root: Path) -> Iterator[str]:
    """Yield the rows of README that are not what is measured."""
    text = (root / "README.md").read_text(encoding="utf-8")
    said = {
        (pattern, what): int(lines.replace(",", ""))
        for pattern, what, lines in re.findall(r"^\| (\w+) \| ([^|]+) \| \d+ \| ([\d,]+) \|$", text, re.M)
    }
    for one in rows(SourceTree(root / "infra_ref")):
        shown = said.get((one.pattern, one.what), 0)
        if not one.lines / TOLERANCE <= shown <= one.lines * TOLERANCE:
            yield f"README.md, {one.pattern}, {one.what}: {shown}, and it is {one.lines}"


if __name__ == "__main__":
    if "--lower" in sys.argv:
        write(ROOT)
    too_large = list(complaints(ROOT))
    print(*too_large, sep="\n")
    for name, (old, new) in lower(ROOT).items():
        print(f"{name}: {old} could be {new or 'within its budget'}; python tests/house/sizes.py --lower")
    sys.exit(bool(too_large))
