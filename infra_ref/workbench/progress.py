"""`infra-ref progress`: what was predicted, what is solved, what is left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from infra_ref.workbench.lab import WORKSPACE
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import notebook_named
from infra_ref.workbench.teaching.progress import OWN, Kept, ProgressUnreadable, Standing, forget, standings
from infra_ref.workbench.workspace import workspace_folder


def progress(
    reset: Annotated[
        str | None,
        typer.Option(metavar="NOTEBOOK|all", help="Forget what is kept of one notebook, or of all."),
    ] = None,
    workspace: Annotated[Path | None, WORKSPACE] = None,
) -> None:
    """Tell what you predicted and solved, and what is left."""
    folder = workspace_folder(workspace)
    file = Path(os.environ.get("INFRA_REF_PROGRESS") or folder / OWN / "progress.json")
    notebooks = [one for one in folder.glob("*.ipynb") if ".mine-" not in one.name]
    try:
        kept = Kept.read(file)
        found = standings(notebooks, kept)
        if not found:
            raise Refused(f"No notebook in {folder} asks for anything: `infra-ref lab` brings some.")
        gone = sum(forget(kept, one) for one in _asked(reset, found, folder)) if reset else 0
        if reset:
            kept.write(file)
    except (ProgressUnreadable, OSError) as error:
        raise Refused(f"Progress cannot be kept: {error}.") from error
    told = [f"Forgotten: {gone} {'answer' if gone == 1 else 'answers'}."] if reset else found
    print("\n".join(map(str, told)))


def _asked(reset: str, found: list[Standing], folder: Path) -> list[Standing]:
    if reset == "all":
        return found
    stem = Path(notebook_named(reset, folder)).stem
    return [one for one in found if one.notebook == stem]
