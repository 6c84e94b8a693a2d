"""A collection: a folder of items, and how it is found without running any of it."""

from __future__ import annotations

import importlib.machinery
import importlib.metadata as metadata
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import infra_ref
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.source_tree import SourceTree

GROUP = "infra_ref.items"
"""Entry point by which an installed package offers items: `acme = "acme_items"`, the name of a package."""
OWN = "infra_ref"
DISTRIBUTION = "infra-ref"


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Files that import one another by the package of `tree`.

    `declare` gives the requirements by extra, "" for those without one; `tests` is the
    folder of its tests, where it has one; `python` what it asks of Python, as `>=3.11`;
    `distribution` what to install for it to be importable, where that can be.
    """

    name: str
    tree: SourceTree
    version: str
    python: str = ""
    tests: Path | None = None
    declare: Callable[[], Mapping[str, Sequence[str]]] = dict
    licence: str = ""
    distribution: str = ""


@cache
def own() -> Collection:
    """Return the collection that is infra_ref itself; its files are read once in a process."""
    root = Path(infra_ref.__file__).parent
    clone = root.parent
    in_clone = (clone / "pyproject.toml").is_file() and (clone / "tests").is_dir()
    return Collection(
        name=OWN,
        tree=SourceTree(root),
        version=infra_ref.__version__,
        python=_python_of(DISTRIBUTION) or _pyproject(clone).get("project", {}).get("requires-python", ""),
        tests=clone / "tests" if in_clone else root / "workbench" / "tests",
        declare=partial(_of_pyproject, clone) if in_clone else partial(_of_distribution, DISTRIBUTION),
        licence="MIT",
        distribution=DISTRIBUTION,
    )


def named(name: str | None) -> Collection:
    """Return the collection of that name: a folder, or one that an installed package offers.

    Raises Refused if there is none.
    """
    if name is None or name == OWN:
        return own()
    if Path(name).is_dir():
        return _folder(Path(name).resolve())
    points = metadata.entry_points(group=GROUP)
    for point in points:
        if point.name == name:
            return _installed(point)
    known = ", ".join(sorted({OWN, *points.names}))
    raise Refused(f"There is no collection {name}: --from takes a folder, or one of {known}.")


def _folder(root: Path) -> Collection:
    if not root.name.isidentifier():
        raise Refused(f"{root} cannot be a collection: its name is what its files import, and no identifier.")
    project = root if (root / "pyproject.toml").is_file() else root.parent
    declared = _pyproject(project).get("project", {})
    tests = root / "tests" if (root / "tests").is_dir() else root.parent / "tests"
    return Collection(
        root.name,
        SourceTree(root, hidden={"tests"}),
        declared.get("version", "0"),
        declared.get("requires-python", ""),
        tests,
        partial(_of_pyproject, project),
    )


def _installed(point: metadata.EntryPoint) -> Collection:
    top, *rest = point.value.split(".")
    spec = importlib.machinery.PathFinder.find_spec(top)  # finds, and does not import
    for location in (spec.submodule_search_locations or []) if spec else []:
        root = Path(location).joinpath(*rest)
        if root.is_dir() and point.dist is not None:
            return Collection(
                point.name,
                SourceTree(root.resolve(), hidden={"tests"}, package=point.value),
                point.dist.version,
                _python_of(point.dist.name),
                root / "tests",
                partial(_of_distribution, point.dist.name),
                distribution=point.dist.name,
            )
    raise Refused(
        f"{point.name} offers items in {point.value}, and there is no such folder: install it again."
    )


def _of_distribution(name: str) -> dict[str, list[str]]:
    declared: dict[str, list[str]] = {}
    try:
        wanted = [Requirement(line) for line in metadata.requires(name) or []]
        extras = metadata.metadata(name).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return {}
    for one in wanted:
        marker, one.marker = one.marker, None
        of = [extra for extra in extras if marker and f'extra == "{extra}"' in str(marker)]
        declared.setdefault(of[0] if of else "", []).append(str(one))
    return declared


def _python_of(name: str) -> str:
    try:
        return ", ".join(metadata.metadata(name).get_all("Requires-Python") or [])
    except metadata.PackageNotFoundError:
        return ""


def _of_pyproject(folder: Path) -> dict[str, list[str]]:
    declared = _pyproject(folder).get("project", {})
    return {"": declared.get("dependencies", []), **declared.get("optional-dependencies", {})}


def _pyproject(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
