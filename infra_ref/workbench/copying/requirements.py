"""What a project must install for copied files: from their imports and what their collection declares."""

from __future__ import annotations

import importlib.metadata as metadata
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from infra_ref.workbench.copying.collection import Collection


def requirements(collections: Iterable[Collection], imports: Iterable[str]) -> list[str]:
    """Return a requirement for each top name that is imported, sorted: `redis>=7`.

    An extra that has the name of a distribution holds all that it takes to use
    that one: `sqlalchemy` brings the driver too. What no collection declares is
    asked for by its bare name.
    """
    declared = [one.declare() for one in collections]
    found: dict[str, str] = {}
    for name in sorted(set(imports)):
        wanted = _normal(name)
        lines = _declaring(wanted, declared) or _declaring(_distribution(name), declared)
        for line in lines or [_distribution(name)]:
            found[_normal(_name(line))] = line
    return [found[name] for name in sorted(found)]


def _declaring(wanted: str, declared: Sequence[Mapping[str, Sequence[str]]]) -> list[str]:
    for extras in declared:
        for extra, lines in extras.items():
            if wanted in {_normal(_name(line)) for line in lines} and _normal(extra) == wanted:
                return list(lines)
        for lines in extras.values():
            for line in lines:
                if _normal(_name(line)) == wanted:
                    return [line]
    return []


def _distribution(name: str) -> str:
    """Return the distribution that an import comes from, as far as this environment can tell."""
    plain = _normal(name)
    try:
        metadata.distribution(plain)
    except metadata.PackageNotFoundError:
        return _normal(next(iter(_providers().get(name, [])), plain))
    return plain


@cache
def _providers() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    return found[0] if found else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
