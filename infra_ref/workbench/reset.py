"""`infra-ref reset`: the shipped notebook again, without its outputs, and the edited one kept beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra_ref.workbench.lab import NOTEBOOKS, WORKSPACE
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import notebook_named, notebooks_folder, shipped_files
from infra_ref.workbench.workspace import Workspace, workspace_folder


def _complete(incomplete: str) -> list[str]:
    try:
        stems = [Path(name).stem for name in shipped_files(notebooks_folder()) if name.endswith(".ipynb")]
    except Refused:
        return []
    return [stem for stem in stems if stem.startswith(incomplete)]


def reset(
    notebook: Annotated[
        str,
        typer.Argument(
            help="Its number, slug or file name: 5, caching, 05_caching.ipynb", autocompletion=_complete
        ),
    ],
    workspace: Annotated[Path | None, WORKSPACE] = None,
    notebooks: Annotated[Path | None, NOTEBOOKS] = None,
) -> None:
    """Put a notebook back as it was shipped; yours is kept beside it under another name."""
    source = notebooks or notebooks_folder()
    name = notebook_named(notebook, source)
    backup = Workspace(workspace_folder(workspace), source).reset(name)
    kept = f" Yours is now {backup.name}." if backup else ""
    print(f"{name} is as shipped, and not run yet.{kept} If it is open, choose File > Reload from Disk.")
