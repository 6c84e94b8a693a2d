"""The repository as the pages see it: infra_ref's own reader of the tree, and the notebooks."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from infra_ref.workbench.pattern_folder import Pattern  # noqa: E402
from infra_ref.workbench.requirements import requirement  # noqa: E402
from infra_ref.workbench.source_file import Module  # noqa: E402
from infra_ref.workbench.source_tree import SourceTree  # noqa: E402

PACKAGE = "infra_ref"
NOTEBOOKS = ROOT / "notebooks"
TREE = SourceTree(ROOT / PACKAGE)


def patterns() -> list[Pattern]:
    """Return the patterns, those with a notebook first, in its order."""
    return sorted(TREE.patterns.values(), key=lambda one: (_number(one), one.name))


def _number(pattern: Pattern) -> str:
    notebook = pattern.notebook(NOTEBOOKS)
    return notebook.name if notebook else "~"


SAMPLE = Pattern(TREE, "sample")
"""The application that the patterns serve; it has ports and contracts too."""


def contracted() -> dict[str, Pattern]:
    """Return by name what has contracts: patterns, and the sample."""
    return {one.name: one for one in [*patterns(), SAMPLE] if one.contracts}


def notebooks() -> list[Path]:
    """Return the notebooks in reading order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def needs(module: Module) -> list[str]:
    """Return the distributions that a file needs, each with the versions that the project allows."""
    return sorted(map(requirement, TREE.strangers(module)))


def commands() -> set[str]:
    """Return the sub-commands that `infra-ref` has."""
    from infra_ref.workbench.cli import COMMANDS

    return set(COMMANDS)
