"""A collection: a folder of items, and how it is found without running any of it."""

from __future__ import annotations

import importlib.machinery
import importlib.metadata as metadata
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import infra_ref
from infra_ref.workbench.refused import Refused

GROUP = "infra_ref.items"
"""Entry point by which an installed package offers items: `acme = "acme_items"`, the name of a package."""

OWN = "infra_ref"


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Files that import one another by `package`, below the folder `root`.

    `declare` gives the requirements by extra, "" for those without one; `tests`
    is the folder of its tests, where it has one. `hidden` folders are not offered;
    from `untested` ones no test comes along.
    """

    name: str
    package: str
    root: Path
    version: str
    tests: Path | None = None
    declare: Callable[[], Mapping[str, Sequence[str]]] = dict
    hidden: frozenset[str] = frozenset()
    untested: frozenset[str] = frozenset()
    licence: str = ""


def own() -> Collection:
    """Return the collection that is infra_ref itself."""
    root = Path(infra_ref.__file__).parent
    clone = root.parent
    in_clone = (clone / "pyproject.toml").is_file() and (clone / "tests").is_dir()
    return Collection(
        name=OWN,
        package=OWN,
        root=root,
        version=infra_ref.__version__,
        tests=clone / "tests" if in_clone else root / "workbench" / "tests",
        declare=partial(_of_pyproject, clone) if in_clone else partial(_of_distribution, "infra-ref"),
        hidden=frozenset({"workbench"}),
        untested=frozenset({"contract"}),
        licence="MIT",
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
    told = _pyproject(project).get("project", {})
    tests = root / "tests" if (root / "tests").is_dir() else root.parent / "tests"
    return Collection(
        root.name,
        root.name,
        root,
        told.get("version", "0"),
        tests,
        partial(_of_pyproject, project),
        _NO_ITEMS,
    )


_NO_ITEMS = frozenset({"tests"})


def _installed(point: metadata.EntryPoint) -> Collection:
    package = point.value
    top, *rest = package.split(".")
    spec = importlib.machinery.PathFinder.find_spec(top)  # finds, and does not import
    for location in (spec.submodule_search_locations or []) if spec else []:
        root = Path(location).joinpath(*rest)
        if root.is_dir() and point.dist is not None:
            return Collection(
                point.name,
                package,
                root.resolve(),
                point.dist.version,
                root / "tests",
                partial(_of_distribution, point.dist.name),
                _NO_ITEMS,
            )
    raise Refused(f"{point.name} offers items in {package}, and there is no such folder: install it again.")


def _of_distribution(name: str) -> dict[str, list[str]]:
    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return {}
    declared: dict[str, list[str]] = {}
    for line in lines:
        requirement, _, marker = line.partition(";")
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", marker)
        declared.setdefault(extra[1] if extra else "", []).append(requirement.strip())
    return declared


def _of_pyproject(folder: Path) -> dict[str, list[str]]:
    told = _pyproject(folder).get("project", {})
    return {"": told.get("dependencies", []), **told.get("optional-dependencies", {})}


def _pyproject(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
