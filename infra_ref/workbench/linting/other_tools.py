"""What other tools find: ruff with a preset of its codes, import-linter with contracts for the layers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from infra_ref.workbench.linting.finding import Finding, catalogue
from infra_ref.workbench.linting.layers import declared_layer
from infra_ref.workbench.linting.project import Project
from infra_ref.workbench.linting.source import dotted_name, python_files

PRESET: Final = [code for one in catalogue().values() for code in one.ruff]
INWARDS: Final = ("composition", "adapter", "application", "port", "domain")
"""A layer imports those to its right."""
_CONTRACT = """
[[tool.importlinter.contracts]]
name = "{layer} knows no outer layer"
type = "forbidden"
source_modules = {inner}
forbidden_modules = {outer}
allow_indirect_imports = true
as_packages = false
"""
_LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
_BROKEN = re.compile(r"^\s*-?\s*([\w.]+) -> ([\w.]+) \(l\.(\d+)", re.M)


def of_ruff(paths: Iterable[Path], project: Project) -> list[Finding]:
    """Return what ruff finds of the preset in what was read of these paths; it obeys its own `noqa`."""
    own = {str(project.root / one.path): one.path for one in project.sources.values() if one.layer != "test"}

    def findings(said: str) -> Iterator[Finding]:
        for one in json.loads(said or "[]"):
            if one["code"] in PRESET and (path := own.get(one["filename"])):
                start, end = one["location"], one["end_location"]
                place = start["row"], start["column"], end["row"], end["column"]
                yield Finding(path, *place, one["code"], one["message"])

    options = ["--isolated", f"--select={','.join(PRESET)}", "--exit-zero", "--no-cache", "--quiet"]
    command = ["-m", "ruff", "check", *options, "--output-format=json", "--", *map(str, paths)]
    return _ask("ruff", command, findings)


def of_import_linter(project: Project) -> list[Finding]:
    """Return the imports from a declared layer of the project to an outer one, in the files of this run."""
    files = python_files([project.root] if project.layers else [])
    names = {file.relative_to(project.root).as_posix(): dotted_name(file) for file in files}
    paths = {name.removesuffix(".__init__"): path for path, name in names.items() if "." in name}

    def findings(said: str) -> Iterator[Finding]:
        for inner, outer, line in _BROKEN.findall(said):
            message = f"{inner} imports {outer}, which is further out"
            yield Finding(paths[inner], int(line), 1, int(line), 1, "LAYER", message)

    contracts, outer = "", list[str]()
    for layer in INWARDS:  # a list of names reads the same in TOML
        inner = [name for name, path in paths.items() if declared_layer(Path(path), project.layers) == layer]
        if outer and inner:
            contracts += _CONTRACT.format(layer=layer, inner=inner, outer=outer)
        outer += inner
    if not contracts:
        return []
    with tempfile.TemporaryDirectory() as folder:
        file, roots = Path(folder, "layers.toml"), sorted({name.partition(".")[0] for name in outer})
        file.write_text(f"[tool.importlinter]\nroot_packages = {roots}\n{contracts}", encoding="utf-8")
        command = ["-c", _LINT_IMPORTS, f"--config={file}", "--no-cache"]
        source = project.root / "src"
        found = _ask("import-linter", command, findings, source if source.is_dir() else project.root)
    looked_at = {one.path for one in project.sources.values()}
    return [one for one in found if one.path in looked_at]


def _ask(
    tool: str, command: list[str], findings: Callable[[str], Iterable[Finding]], folder: Path | None = None
) -> list[Finding]:
    """Return the findings in what a tool says; where it is missing or fails, a note to stderr tells it."""
    if any(distributions(name=tool)):
        run = [sys.executable, *command]
        done = subprocess.run(run, check=False, capture_output=True, text=True, cwd=folder)
        if (found := sorted(set(findings(done.stdout)))) or not done.returncode:
            return found
        why = f"could not be asked: {(done.stdout + done.stderr).strip().splitlines()[-1]}"
    else:
        why = f"is not installed: what it knows was not looked for (pip install {tool})"
    print(f"infra-ref: {tool} {why}", file=sys.stderr)
    return []
