"""`infra-ref lab`: JupyterLab on the learner's own copy of the notebooks."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import notebooks_folder
from infra_ref.workbench.workspace import Refreshed, Workspace, workspace_folder

WORKSPACE = typer.Option(
    "--workspace",
    metavar="DIR",
    help="Your copy of the notebooks. Without it: the one around the current folder, "
    "else workspace/ in a clone, else ~/infra-ref-workspace.",
)
NOTEBOOKS = typer.Option(
    "--notebooks", metavar="DIR", help="Copy these notebooks instead of those that come with infra-ref."
)


def lab(
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=65535, help="Without it: 8888, or the next that is free."),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser, or only print the address.")
    ] = True,
    workspace: Annotated[Path | None, WORKSPACE] = None,
    notebooks: Annotated[Path | None, NOTEBOOKS] = None,
) -> None:
    """Open JupyterLab on your own copy of the notebooks.

    The copy is yours: a notebook that you edited survives an update, and
    `infra-ref reset` brings the shipped one back. Ctrl+C ends the server.
    """
    if not _installed("jupyterlab"):
        raise Refused("JupyterLab is not installed here: pip install 'infra-ref[lab]'")
    mine = Workspace(workspace_folder(workspace), notebooks or notebooks_folder())
    tell(mine.refresh(), mine.folder)

    from infra_ref.workbench.serving import serve

    serve(mine.folder, port=port, browser=browser)


def tell(done: Refreshed, folder: Path) -> None:
    """Say in a line each what was copied, updated and kept."""
    copied, updated, kept = (
        [Path(name).stem for name in names if name.endswith(".ipynb")]
        for names in (done.copied, done.updated, done.kept)
    )
    if copied:
        print(f"Copied {_counted(copied)} to {folder}; they are yours to edit.")
    if updated:
        print(f"Updated {', '.join(updated)}, which you had not edited.")
    if kept:
        print(
            f"Kept your edited {', '.join(kept)}, though a newer one is shipped: "
            f"`infra-ref reset {kept[0]}` gets it and keeps yours beside it."
        )


def _installed(package: str) -> bool:
    """Tell without importing it, so that the notebooks are copied while nothing heavy is loaded yet."""
    try:
        return importlib.util.find_spec(package) is not None
    except ImportError:
        return False


def _counted(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} notebooks"
