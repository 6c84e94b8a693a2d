"""An environment with nothing but what some requirements bring, linked from this one: no network."""

from __future__ import annotations

import importlib.metadata as metadata
import sys
import venv
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def distributions(requirements: Iterable[str]) -> dict[str, metadata.Distribution]:
    """Return all that pip would install for the requirements, out of this environment."""
    found: dict[str, metadata.Distribution] = {}
    todo = [(Requirement(one), "") for one in requirements]
    seen: set[tuple[str, str]] = set()
    while todo:
        wanted, extra = todo.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        here = metadata.distribution(wanted.name)
        assert wanted.specifier.contains(here.version, prereleases=True), f"{wanted} is not what is installed"
        found[canonicalize_name(wanted.name)] = here
        for one in ("", *wanted.extras):
            if (wanted.name, one) not in seen:
                seen.add((wanted.name, one))
                todo += [(Requirement(line), one) for line in here.requires or []]
    return found


def make_environment(folder: Path, requirements: Iterable[str]) -> Path:
    """Make it and return its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    home = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for distribution in distributions(requirements).values():
        for file in distribution.files or []:
            top = file.parts[0]
            source = Path(str(distribution.locate_file(top)))
            if top in ("..", "__pycache__") or (home / top).exists():
                continue
            (home / top).symlink_to(source)
    return folder / "bin" / "python"
