"""Read a project's settings, whatever shape they have."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from infra_ref.workbench.refused import Refused

T = TypeVar("T")


def read_pyproject(project: Path) -> dict[str, Any]:
    """Return pyproject.toml, {} where there is none. Raises Refused where it cannot be read."""
    return read_toml(project / "pyproject.toml")


def read_toml(path: Path) -> dict[str, Any]:
    """Return a file of settings, {} where there is none. Raises Refused where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.is_file() else {}
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"{path} cannot be read as TOML: {error}.") from error


def read_setting(table: Any, *keys: str, default: T) -> T:
    """Return the setting at a path of keys, `default` where there is none of its type."""
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, type(default)) else default
