"""Layers through import-linter: its contracts from the declared layers, run as a command."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from infra_ref.workbench.linting.files import dotted_name
from infra_ref.workbench.linting.finding import Finding
from infra_ref.workbench.linting.layers import Layers, declared_layer

ORDER: Final = ("composition", "adapter", "application", "port", "domain")
"""From the outside in: a layer imports those to its right."""
WHY = "An inner layer that knows an outer one cannot be used, tested or replaced without it."
FIX = "Let the inner layer declare a port, and let the outer one keep it."
_BROKEN = re.compile(r"^\s*-?\s*([\w.]+) -> ([\w.]+) \(l\.(\d+)")
_RUN = "from importlinter.cli import lint_imports_command as run; run()"


def installed() -> bool:
    """Return whether import-linter is in this environment."""
    return find_spec("importlinter") is not None


def layer_findings(files: Iterable[Path], root: Path, layers: Layers) -> tuple[list[Finding], str]:
    """Return what import-linter finds in these files, given from `root`, and why it could not look if so."""
    paths = {dotted_name(root / path).removesuffix(".__init__"): path for path in files}
    modules: dict[str, list[str]] = defaultdict(list)
    for name, path in paths.items():
        if "." in name:
            modules[declared_layer(path, layers)].append(name)
    configuration = contracts(modules)
    if not configuration.sections():
        return [], ""
    source = root / "src" if (root / "src").is_dir() else root
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "layers.ini")
        with file.open("w", encoding="utf-8") as opened:
            configuration.write(opened)
        command = [sys.executable, "-c", _RUN, "--config", str(file), "--no-cache"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=source)
    found = set()
    for broken in filter(None, map(_BROKEN.match, done.stdout.splitlines())):
        place = int(broken[3]), 1, int(broken[3]), 1
        message = f"{broken[1]} imports {broken[2]}, which is further out"
        found.add(
            Finding(paths[broken[1]].as_posix(), *place, "LAYER", message, WHY, FIX, "anti-patterns/#layers")
        )
    failed = done.returncode and not found
    return sorted(found), (done.stdout + done.stderr).strip().splitlines()[-1] if failed else ""


def contracts(modules: Mapping[str, Sequence[str]]) -> ConfigParser:
    """Return import-linter's configuration for modules by layer: none imports one that is further out."""
    written, outer = ConfigParser(), list[str]()
    for layer in ORDER:
        if outer and modules.get(layer):
            written[f"importlinter:contract:{layer}"] = {
                "name": f"{layer} knows no outer layer",
                "type": "forbidden",
                "source_modules": _lines(modules[layer]),
                "forbidden_modules": _lines(outer),
                "allow_indirect_imports": "True",
            }
        outer += modules.get(layer, [])
    if written.sections():
        roots = sorted({name.partition(".")[0] for name in outer})
        written["importlinter"] = {"root_packages": _lines(roots)}
    return written


def _lines(names: Sequence[str]) -> str:
    return "\n".join(["", *names])
