"""Say which files outgrew their budget. A feeling for size, no law: this never fails.

When a file outgrows its budget, look for the second idea hiding in it.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_PATTERN = {"contract", "sample", "workbench"}
PORT, ADAPTER, CONTRACT, FACTORY, CELL, MEDIAN_CELL = 80, 120, 250, 60, 12, 4


def budget(file: Path) -> int | None:
    """Return the lines that a file of the package may have, or None where none were set."""
    if len(file.parts) != 3 or file.parts[1] in NO_PATTERN:
        return None
    if file.stem.startswith("make_"):
        return FACTORY
    return {"port": PORT, "contract": CONTRACT}.get(file.stem, ADAPTER)


def outgrown(root: Path) -> Iterator[str]:
    """Yield a line for each file and each notebook that is over its budget."""
    for path in sorted((root / "infra_ref").rglob("*.py")):
        file = path.relative_to(root)
        lines, allowed = len(path.read_text(encoding="utf-8").splitlines()), budget(file)
        if allowed and lines > allowed:
            yield f"{file} has {lines} lines; its budget is {allowed}"
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
        sizes = [len("".join(cell["source"]).splitlines()) for cell in cells if cell["cell_type"] == "code"]
        if sizes and (max(sizes) > CELL or statistics.median(sizes) > MEDIAN_CELL):
            yield (
                f"notebooks/{path.name}: longest cell {max(sizes)} lines, "
                f"median {statistics.median(sizes):g}; the budget is {CELL} and {MEDIAN_CELL}"
            )


if __name__ == "__main__":
    for line in outgrown(ROOT):
        print("  ", line)
