"""Write files as the project's own linter wants them: its ruff sorts imports, fixes and formats."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra_ref.workbench.copying.layout import Layout
from infra_ref.workbench.pyproject import read_pyproject, read_toml

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class ProjectStyle:
    """The ruff of a project that has settings for it; without one, texts stay as they are.

    `wanted` says whether there are settings; `first_party` are packages that it cannot find, for
    their files are not written yet.
    """

    project: Path
    ruff: str | None
    wanted: bool = False
    first_party: tuple[str, ...] = ()

    def styled(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return texts by path as ruff's safe fixes and its formatter leave them."""
        if self.ruff is None:
            return dict(texts)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(texts, pool.map(self._styled, texts, texts.values()), strict=True))

    def complaints(self, texts: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the rules that ruff still complains of, each with the paths."""
        found: dict[str, list[str]] = {}
        for path, text in texts.items() if self.ruff else ():
            done = self._run(
                text, "check", "--no-fix", "--quiet", "--output-format=json", "--stdin-filename", path, "-"
            )
            for one in json.loads(done or "[]"):
                paths = found.setdefault(str(one["code"]), [])
                if path not in paths:
                    paths.append(path)
        return found

    @property
    def missing(self) -> list[str]:
        """What to say where there are settings and no ruff to obey them."""
        said = (
            "The project has settings for ruff, and no ruff in its environment: run yours over the new files."
        )
        return [said] if self.wanted and self.ruff is None else []

    def _styled(self, path: str, text: str) -> str:
        if not text:
            return text
        check = ("check", "--quiet", "--fix-only", "--stdin-filename", path, "-")
        for command in (check, ("format", "--quiet", "--stdin-filename", path, "-")):
            text = self._run(text, *command) or text
        return text

    def _run(self, text: str, *arguments: str) -> str:
        more = [f"--config=lint.isort.known-first-party={json.dumps(self.first_party)}"]
        done = subprocess.run(
            [str(self.ruff), arguments[0], "--no-cache", *(more if self.first_party else []), *arguments[1:]],
            cwd=self.project,
            input=text.encode(),
            capture_output=True,
            check=False,
        )
        return done.stdout.decode()


def style_of(layout: Layout) -> ProjectStyle:
    """Look for the ruff of a target's project, where it has settings for one."""
    project = layout.project
    own = (read_toml(project / name) for name in (".ruff.toml", "ruff.toml"))
    settings = next(filter(None, own), None) or read_pyproject(project).get("tool", {}).get("ruff")
    if settings is None:
        return ProjectStyle(project, None)
    known = settings.get("lint", {}).get("isort", {}).get("known-first-party", [])
    first_party = (*known, layout.package) if layout.package else ()
    return ProjectStyle(project, executable(project, "ruff"), True, first_party)


def executable(project: Path, name: str) -> str | None:
    """Return a program of the project's environment, of the active one, or of the path."""
    for home in (project / ".venv", project / "venv", os.environ.get("VIRTUAL_ENV")):
        for folder, end in (("bin", ""), ("Scripts", ".exe")):
            if home and (path := Path(home) / folder / f"{name}{end}").exists():
                return str(path)
    return shutil.which(name)
