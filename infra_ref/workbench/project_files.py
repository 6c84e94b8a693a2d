"""A project's files: the folder that it begins in, and which of those below are its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from fnmatch import filter as matching
from pathlib import Path

MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg", ".infra-ref")
_NOT_OURS = {"__pycache__", "node_modules", "site-packages", "build", "dist"}
_OF_AN_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")


def project_of(folder: Path, marks: Iterable[str] = MARKS) -> Path:
    """Return the nearest folder above that has the mark of a project, else the current one if it is above."""
    for one in (folder, *folder.parents):
        if any((one / mark).exists() for mark in marks):
            return one
    here = Path.cwd().resolve()
    return here if folder.is_relative_to(here) else folder


def own_files(
    folder: Path, *, named: str = "*.py", closed: Callable[[OSError], object] | None = None
) -> Iterator[Path]:
    """Yield a project's own files of a name, without environments, builds, hidden folders and linked ones.

    `closed` is called with the error of each folder that cannot be looked into.
    """
    for inside, folders, files in os.walk(folder, onerror=closed):
        folders[:] = sorted(one for one in folders if _is_own(Path(inside, one)))
        yield from (Path(inside, one) for one in matching(sorted(files), named))


def _is_own(folder: Path) -> bool:
    if folder.name in _NOT_OURS or folder.name.startswith("."):
        return False
    # not Path.exists, which raises where it may not look
    return not any(os.path.exists(folder / one) for one in _OF_AN_ENVIRONMENT)  # noqa: PTH110
