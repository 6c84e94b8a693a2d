"""Cache the catalog beside Python's own bytecode, so that listing does not parse all files each time."""

from __future__ import annotations

import gc
import hashlib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra_ref.workbench.catalog import Adapter, ContractClass, PatternEntry, Port, catalog
from infra_ref.workbench.kept import keep, kept, stamp, stamps
from infra_ref.workbench.source_tree import SourceTree

CACHE = Path(__file__).parent / "__pycache__" / "catalog.json"


def cached_catalog(package: Path, notebooks: Path, cache: Path = CACHE) -> tuple[PatternEntry, ...]:
    """Return the catalog from the cache, or read it anew where a file has changed since.

    Like bytecode, it is good as long as time and size of every file are what they
    were, is not written where Python is told to write none, and may be deleted at any time.
    """
    state = _state(package, notebooks)
    if (found := kept(cache, state)) is not None:
        return tuple(map(_pattern, found))
    gc.disable()  # the trees stay in use to the end: to look for garbage among them takes as long as to parse
    try:
        patterns = catalog(SourceTree(package), notebooks)
    finally:
        gc.enable()
    if not sys.dont_write_bytecode:
        keep(cache, state, [asdict(one) for one in patterns])
    return patterns


def _state(package: Path, notebooks: Path) -> str:
    """Return a hash over name, time and size of all that the catalog is read from."""
    seen = [sys.version, str(package), *(str(path) for path in sorted(notebooks.glob("*.ipynb")))]
    declared = package.parent / "pyproject.toml"
    seen += [*stamps(package, ".py"), *([stamp(str(declared))] if declared.exists() else [])]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def _pattern(one: dict[str, Any]) -> PatternEntry:
    parts: dict[str, Any] = {
        "ports": tuple(Port(**_tuples(port)) for port in one["ports"]),
        "adapters": tuple(Adapter(**_tuples(adapter)) for adapter in one["adapters"]),
        "contracts": tuple(ContractClass(**_tuples(contract)) for contract in one["contracts"]),
    }
    return PatternEntry(**{**_tuples(one), **parts})


def _tuples(one: dict[str, Any]) -> dict[str, Any]:
    return {name: _tuple(value) for name, value in one.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
