"""Which layer a file is in: as `[tool.infra_ref.layers]` declares it, or guessed from its path.

[tool.infra_ref.layers]
domain = ["src/shop/domain"]            # folders, files, or patterns such as "src/*/model.py"
adapter = ["src/shop/infrastructure"]
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from infra_ref.workbench.refused import Refused

Layers = Mapping[str, tuple[str, ...]]

WORDS = {
    "test": {"test", "tests", "testing", "conftest", "fixtures", "testdata"},
    "script": {
        "scripts",
        "bin",
        "tools",
        "examples",
        "docs",
        "benchmarks",
        "migrations",
        "alembic",
        "versions",
    },
    "composition": {
        *("main", "__main__", "cli", "manage", "setup", "bootstrap", "composition", "container", "wiring"),
        *("settings", "config", "configuration", "conf", "env", "dependencies", "factory", "factories"),
    },
    "port": {"port", "ports", "interfaces", "abstractions", "protocols", "contracts"},
    "adapter": {
        *("adapter", "adapters", "infrastructure", "infra", "repository", "repositories", "gateways"),
        *("gateway", "persistence", "clients", "storages", "dao", "integrations"),
    },
    "domain": {"domain", "entities", "entity", "aggregates"},
    "application": {"application", "use_cases", "usecases", "use_case", "handlers", "services"},
}
"""The layers, outermost first, and the names of folders and files that each is guessed from."""


def guessed(path: PurePath) -> str:
    """Return the layer that a path suggests, by its innermost telling part; "" for none."""
    for part in (path.stem, *reversed(path.parts[:-1])):
        for layer, words in WORDS.items():
            if part in words:
                return layer
        if part.startswith("test_") or part.endswith("_test"):
            return "test"
        if part.startswith("make_"):
            return "composition"
        if part.endswith(("_port", "_ports")):
            return "port"
        if part.endswith(("_repository", "_gateway", "_adapter")):
            return "adapter"
    return ""


def layer_of(path: PurePath, layers: Layers) -> str:
    """Return the layer of a file, given relative to the project; declared ones win over guesses."""
    text = path.as_posix()
    for layer, patterns in layers.items():
        for pattern in patterns:
            if fnmatch.fnmatch(text, pattern) or text.startswith(pattern.rstrip("/") + "/"):
                return layer
    return guessed(path)


def declared(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the nearest folder upwards that has a pyproject.toml, and its `[tool.infra_ref]`."""
    for above in (folder, *folder.parents):
        if (file := above / "pyproject.toml").is_file():
            try:
                found = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("infra_ref", {})
            except (OSError, ValueError) as error:
                raise Refused(f"{file} cannot be read: {error}.") from error
            return above, _checked(found, file)
    return folder, {}


def _checked(found: dict[str, Any], file: Path) -> dict[str, Any]:
    for layer, patterns in found.get("layers", {}).items():
        if layer not in WORDS:
            raise Refused(f"{file}: there is no layer {layer!r}; the layers are {', '.join(WORDS)}.")
        if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
            raise Refused(f"{file}: layer {layer} is a list of folders or patterns, not {patterns!r}.")
    return found


def written_down(folder: Path, files: list[PurePath]) -> str:
    """Return the guesses for these files as `[tool.infra_ref.layers]`: the outermost folder of each layer."""
    found: dict[str, dict[str, None]] = {}
    for path in files:
        for n, part in enumerate(path.parts):
            if layer := next((layer for layer, words in WORDS.items() if Path(part).stem in words), ""):
                found.setdefault(layer, {})["/".join(path.parts[: n + 1])] = None
                break
    lines = [f"{layer} = {list(places)!r}".replace("'", '"') for layer, places in found.items()]
    return "\n".join(["[tool.infra_ref.layers]", *lines]) + "\n"
