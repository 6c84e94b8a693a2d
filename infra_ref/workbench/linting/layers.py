"""Which layer a file is in: as `[tool.infra_ref.layers]` declares it, or guessed from its path.

[tool.infra_ref.layers]
domain = ["src/shop/domain"]            # folders, files, or patterns such as "src/*/model.py"
adapter = ["src/shop/infrastructure"]
"""

from __future__ import annotations

import difflib
import fnmatch
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from infra_ref.workbench.atomic_write import write_atomically
from infra_ref.workbench.linting.syntax import words
from infra_ref.workbench.refused import Refused

Layers = Mapping[str, tuple[str, ...]]

WORDS = {
    "test": words("test tests testing conftest fixtures testdata pytest_plugin"),
    "script": words("""
        scripts bin tools examples docs benchmarks migrations migration alembic versions management
    """),
    "composition": words("""
        main __main__ cli manage setup bootstrap composition container wiring settings config configuration
        conf env dependencies factory factories
    """),
    "port": words("port ports abstractions"),
    "adapter": words("""
        adapter adapters infrastructure infra repository repositories gateway gateways persistence clients
        storages dao integrations
    """),
    "domain": words("domain entity entities aggregates"),
    "application": words("application use_case use_cases usecases handlers services"),
}
"""The layers, outermost first, and the names of folders and files that each is guessed from."""


def guessed(path: PurePath) -> str:
    """Return the layer that a path suggests, by its innermost telling part; "" for none."""
    for part in (path.stem, *reversed(path.parts[:-1])):
        for layer, names in WORDS.items():
            if part in names:
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
    """Return the layer of a file, given relative to the project; a declared one wins over a guess."""
    return declared_layer(path, layers) or guessed(path)


def declared_layer(path: PurePath, layers: Layers) -> str:
    """Return the layer that a file was put in, "" for none."""
    for layer, patterns in layers.items():
        for pattern in patterns:
            folder = pattern.rstrip("/") + "/*"
            if fnmatch.fnmatch(path.as_posix(), pattern) or fnmatch.fnmatch(path.as_posix(), folder):
                return layer
    return ""


def declared(folder: Path) -> tuple[Path, Layers]:
    """Return the nearest folder upwards that has a pyproject.toml, else the current one, and its layers."""
    root = next((one for one in (folder, *folder.parents) if (one / "pyproject.toml").is_file()), None)
    if root is None:
        return Path.cwd() if folder.is_relative_to(Path.cwd()) else folder, {}
    file = root / "pyproject.toml"
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("infra_ref", {})
    except (OSError, ValueError) as error:
        raise Refused(f"{file} cannot be read: {error}.") from error
    return root, _checked(found.get("layers", {}), file)


def _checked(found: dict[str, Any], file: Path) -> Layers:
    for layer, patterns in found.items():
        if layer not in WORDS:
            raise Refused(f"{file}: there is no layer {layer!r}; the layers are {', '.join(WORDS)}.")
        if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
            raise Refused(f"{file}: layer {layer} is a list of folders or patterns, not {patterns!r}.")
    return {layer: tuple(patterns) for layer, patterns in found.items()}


def written_down(files: list[PurePath]) -> str:
    """Return the guesses for these files as `[tool.infra_ref.layers]`: the outermost folder of each layer."""
    found: dict[str, dict[str, None]] = {}
    for path in files:
        for n, part in enumerate(path.parts):
            if layer := next((layer for layer, names in WORDS.items() if Path(part).stem in names), ""):
                found.setdefault(layer, {})["/".join(path.parts[: n + 1])] = None
                break
    if not found:
        raise Refused("No folder's name tells its layer: declare [tool.infra_ref.layers] by hand.")
    lines = [f"{layer} = {json.dumps(list(found[layer]))}" for layer in reversed(WORDS) if layer in found]
    return "\n".join(["[tool.infra_ref.layers]", *lines]) + "\n"


def init(file: Path, table: str, *, dry_run: bool) -> str:
    """Put the table at the end of a pyproject.toml, all else as it is; return what changed, as a diff.

    Raises Refused where layers are declared already, or the table cannot be there.
    """
    before = file.read_bytes().decode() if file.is_file() else ""
    newline = "\r\n" if "\r\n" in before else "\n"
    gap = newline * (2 - before.endswith(newline)) if before.strip() else ""
    after = before + gap + table.replace("\n", newline)
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise Refused(
            f"{file.name} has such a table already, or no room for it ({error}): edit it."
        ) from error
    if not dry_run:
        write_atomically(file, after.encode())
    names = f"a/{file.name}", f"b/{file.name}"
    return "\n".join(difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm=""))
