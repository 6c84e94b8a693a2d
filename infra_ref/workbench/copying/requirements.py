"""What a project must install for copied files: from their imports and what their collection declares."""

from __future__ import annotations

import importlib.metadata as metadata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from infra_ref.workbench.copying.collection import Collection
from infra_ref.workbench.refused import Refused


def requirements(collections: Iterable[Collection], imports: Iterable[str]) -> list[str]:
    """Return a requirement for each top name that is imported, sorted: `redis>=7`.

    An extra that has the name of a distribution holds all that it takes to use
    that one: `sqlalchemy` brings the driver too. What no collection declares is
    asked for by its bare name.
    """
    declared = [one.declare() for one in collections]
    found: dict[str, str] = {}
    for name in sorted(set(imports)):
        lines = _declaring(canonicalize_name(name), declared) or _declaring(_distribution(name), declared)
        lines = lines or _declaring(_longer(canonicalize_name(name), declared), declared)
        for line in lines or [_distribution(name)]:
            found[distribution(line)] = line
    return [found[name] for name in sorted(found)]


def distribution(requirement: str) -> str:
    """Return the normal form of the distribution that a requirement names."""
    return canonicalize_name(Requirement(requirement).name)


def _declaring(wanted: str, declared: Sequence[Mapping[str, Sequence[str]]]) -> list[str]:
    for extras in declared:
        lines_of = {extra: list(lines) for extra, lines in extras.items()}
        for extra, lines in lines_of.items():
            if canonicalize_name(extra) == wanted and wanted in map(distribution, lines):
                return lines
        for lines in lines_of.values():
            for line in lines:
                if distribution(line) == wanted:
                    return [line]
    return []


def _longer(name: str, declared: Sequence[Mapping[str, Sequence[str]]]) -> str:
    """Return the declared distribution that has this name with something after it: argon2, argon2-cffi."""
    lines = [line for extras in declared for some in extras.values() for line in some]
    longer = {one for one in map(distribution, lines) if one.startswith(f"{name}-")}
    return longer.pop() if len(longer) == 1 else name


def _distribution(name: str) -> str:
    """Return the distribution that an import comes from, as far as this environment can tell."""
    plain = canonicalize_name(name)
    try:
        metadata.distribution(plain)
    except metadata.PackageNotFoundError:
        return canonicalize_name(next(iter(_providers().get(name, [])), plain))
    return plain


@cache
def _providers() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def refuse_older_python(pyproject: Mapping[str, Any], collections: Iterable[Collection]) -> None:
    """Raise Refused where the project runs on a Python that cannot run the files of these collections."""
    project, poetry = pyproject.get("project", {}), pyproject.get("tool", {}).get("poetry", {})
    declared = str(project.get("requires-python") or poetry.get("dependencies", {}).get("python") or "")
    try:
        allowed = SpecifierSet(declared.replace("^", ">=").replace("~3", "~=3"))
    except InvalidSpecifier:
        return  # its own build refuses it too
    for collection in collections:
        minors = (minor for minor in range(100) if declared and allowed.contains(f"3.{minor}.99"))
        oldest = next(minors, None)
        if oldest is not None and not SpecifierSet(collection.python).contains(f"3.{oldest}.99"):
            raise Refused(
                f"The project runs on Python 3.{oldest} too (it says {declared}), and what is to be copied "
                f"from {collection.name} needs {collection.python}: raise requires-python first."
            )
