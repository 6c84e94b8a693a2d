"""Which layer a file is in: as `[tool.infra_ref.layers]` declares it, or guessed from its path.

[tool.infra_ref.layers]
domain = ["src/shop/domain"]            # folders, files, or patterns such as "src/*/model.py"
adapter = ["src/shop/infrastructure"]
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch, translate
from pathlib import Path, PurePath

from infra_ref.workbench.atomic_write import write_atomically
from infra_ref.workbench.project_files import project_of
from infra_ref.workbench.pyproject import read_pyproject
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.text_file import TextFile, read_text_file

Layers = Mapping[str, Sequence[str]]

NAMES = {
    "test": "test tests testing conftest fixtures testdata pytest_plugin test_* *_test",
    "script": "scripts bin tools examples docs benchmarks migrations migration alembic versions management",
    "composition": """
        main __main__ cli manage setup bootstrap composition container wiring settings config configuration
        conf env dependencies factory factories make_*
    """,
    "port": "port ports abstractions *_port *_ports",
    "adapter": """
        adapter adapters infrastructure infra repository repositories gateway gateways persistence clients
        storages dao integrations *_repository *_gateway *_adapter
    """,
    "domain": "domain entity entities aggregates",
    "application": "application use_case use_cases usecases handlers services",
}
"""The layers, outermost first, and the names of folders and files that each is guessed from."""
_NAMED = {layer: re.compile("|".join(map(translate, names.split()))) for layer, names in NAMES.items()}


def layer_of(path: PurePath, layers: Layers) -> str:
    """Return the layer of a file, given relative to the project: the declared one, else the guessed one.

    The innermost folder that suggests one decides; "" where none does.
    """
    return declared_layer(path, layers) or next(filter(None, map(_suggested, reversed(path.parts))), "")


def declared_layer(path: PurePath, layers: Layers) -> str:
    """Return the layer that a file was put in, "" for none."""
    name = path.as_posix()
    pairs = ((layer, pattern.rstrip("/")) for layer, patterns in layers.items() for pattern in patterns)
    return next((layer for layer, one in pairs if fnmatch(name, one) or fnmatch(name, f"{one}/*")), "")


def _suggested(part: str) -> str:
    return next((layer for layer, names in _NAMED.items() if names.match(PurePath(part).stem)), "")


def declared(path: Path) -> tuple[Path, Layers]:
    """Return the nearest folder upwards that has a pyproject.toml, else the current one, and its layers."""
    root = project_of(path if path.is_dir() else path.parent, ["pyproject.toml"])
    file, layers = root / "pyproject.toml", read_pyproject(root)
    for table in ("tool", "tool.infra_ref", "tool.infra_ref.layers"):
        layers = layers.get(table.rpartition(".")[2], {})
        if not isinstance(layers, dict):
            raise Refused(f"{file}: {table} is a table, not {layers!r}.")
    for layer, patterns in layers.items():
        if layer not in NAMES:
            raise Refused(f"{file}: there is no layer {layer!r}; the layers are {', '.join(NAMES)}.")
        if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
            raise Refused(f"{file}: layer {layer} is a list of folders or patterns, not {patterns!r}.")
    return root, layers


def write_guesses(file: Path, paths: Iterable[PurePath], *, dry_run: bool) -> str:
    """Put the layers of these paths, by outermost folder, at the end of a pyproject.toml; return the diff.

    Raises Refused where nothing suggests a layer, or layers are declared already.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for path in paths:
        part = next((one for one in (*reversed(path.parents), path) if _suggested(one.name)), path)
        found[_suggested(part.name)][part.as_posix()] = None
    lines = [f"{layer} = {json.dumps(list(found[layer]))}\n" for layer in reversed(NAMES) if layer in found]
    if not lines:
        raise Refused("No folder's name tells its layer: declare [tool.infra_ref.layers] by hand.")
    old = read_text_file(file) or TextFile("")
    gap = "\n" * (2 - old.text.endswith("\n")) if old.text.strip() else ""
    new = "".join([old.text, gap, "[tool.infra_ref.layers]\n", *lines])
    try:
        tomllib.loads(new)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{file} has such a table already, or no room for it ({error}): edit it.") from error
    if not dry_run:
        write_atomically(file, old.like(new))
    names = f"a/{file.name}", f"b/{file.name}"
    return "\n".join(difflib.unified_diff(old.text.splitlines(), new.splitlines(), *names, lineterm=""))
