"""The notebooks that come with infra_ref: where they lie, and how one is named."""

from __future__ import annotations

import difflib
from pathlib import Path

import infra_ref
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.source_tree import SourceTree

PACKAGE = Path(infra_ref.__file__).parent
_NOT_SHIPPED = {"__pycache__"}


def clone() -> Path | None:
    """Return the folder of the clone that infra_ref runs from, or None where it was installed."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def package_tree() -> SourceTree:
    """Return the files of infra_ref itself, without the workbench."""
    return SourceTree(PACKAGE)


def notebooks_folder() -> Path:
    """Return the folder of the shipped notebooks: the clone's own, else those in the wheel."""
    root = clone()
    return root / "notebooks" if root else PACKAGE / "workbench" / "notebooks"


def shipped_files(folder: Path) -> list[str]:
    """Return the paths of all shipped files, relative to `folder`, in reading order.

    Raises Refused when there is no notebook among them.
    """
    names = [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _hidden(path.relative_to(folder))
    ]
    if not any(name.endswith(".ipynb") for name in names):
        raise Refused(
            f"There are no notebooks in {folder}: give a folder that has some with --notebooks DIR."
        )
    return names


def notebook_named(name: str, folder: Path) -> str:
    """Return the shipped notebook that `name` means: its number (`5`, `05`), slug (`caching`) or file name.

    Raises Refused, with the nearest names, when none or several do.
    """
    notebooks = [one for one in shipped_files(folder) if one.endswith(".ipynb")]
    wanted = Path(name).name.removesuffix(".ipynb").lower()
    found = [one for one in notebooks if wanted in _names(one)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{name} is the name of {' and of '.join(found)}: give the file's whole name.")
    slugs = {known: one for one in notebooks for known in _names(one)}
    near = [slugs[close] for close in difflib.get_close_matches(wanted, slugs, n=3)]
    raise Refused(
        f"There is no notebook {name}: give one of {', '.join(dict.fromkeys(near)) or ', '.join(notebooks)}."
    )


def _names(notebook: str) -> set[str]:
    stem = Path(notebook).stem.lower()
    number, _, slug = stem.partition("_")
    if not number.isdigit():
        return {stem}
    return {stem, number, str(int(number)), slug}


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") or part in _NOT_SHIPPED for part in relative.parts)
