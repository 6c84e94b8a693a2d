"""`infra-ref validate`: whether notebooks are true, yours as well as ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from infra_ref.workbench.refused import Refused


def validate(
    paths: Annotated[list[Path], typer.Argument(help="Notebooks, or folders of them.", show_default=False)],
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit's XML there.")
    ] = None,
    github: Annotated[bool, typer.Option("--github", help="Print annotations for GitHub Actions.")] = False,
    seconds: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="What one cell may take.")
    ] = 60.0,
    sanitize: Annotated[
        Path | None,
        typer.Option(
            "--sanitize-with", metavar="FILE", help="Replacements made in outputs first, as nbval has them."
        ),
    ] = None,
    processes: Annotated[
        int, typer.Option("--processes", "-n", metavar="N", min=1, help="Run that many notebooks at once.")
    ] = 1,
    update: Annotated[
        bool, typer.Option("--update", help="Run them and write what they show now; compare nothing.")
    ] = False,
) -> None:
    """Run notebooks from top to bottom, and compare every output with the one they were saved with.

    Each must have been saved as it was run: whole, in order, with its outputs; a
    cell that is not checked says why. Each exercise in them is proved: its blank is
    not attempted, its wrong answers break the rules they should, its solution holds.

    Exits with 0 when all are true, with 1 when one is not.
    """
    from infra_ref.workbench.validating.exercises import exercise_findings
    from infra_ref.workbench.validating.findings import github_lines, junit, summary
    from infra_ref.workbench.validating.guards import examined
    from infra_ref.workbench.validating.run import check_installed, run_all

    if update:
        _update(_found(paths), seconds)
        return
    check_installed()
    sys.path.insert(0, str(Path.cwd()))  # as pytest would have it, for exercises of your own
    notebooks = [examined(path) for path in _found(paths)]
    if sanitize is not None and not sanitize.is_file():
        raise Refused(f"There is no file {sanitize}: give one of replacements to --sanitize-with.")
    run_all([one for one in notebooks if one.cells], seconds=seconds, sanitize=sanitize, processes=processes)
    for one in notebooks:
        one.findings += exercise_findings(one)
        print(one)
    print(summary(notebooks))
    if github:
        for line in github_lines(notebooks):
            print(line)
    if junit_file is not None:
        try:
            junit_file.write_bytes(junit(notebooks))
        except OSError as error:
            raise Refused(
                f"{junit_file} cannot be written ({error.strerror}): give another file to --junit."
            ) from error
    if not all(one.true for one in notebooks):
        raise typer.Exit(1)


def _update(paths: list[Path], seconds: float) -> None:
    from infra_ref.workbench.validating.updating import updated

    for path in paths:
        changed = updated(path, seconds=seconds)
        cells = "1 cell shows" if len(changed) == 1 else f"{len(changed) or 'no'} cells show"
        print("\n".join([f"{path}   {cells} something else now", *map(str, changed)]))


def _found(paths: list[Path]) -> list[Path]:
    """Return all notebooks, each once. Raises Refused for a path that leads to none."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = [one for one in sorted(path.rglob("*.ipynb")) if not _hidden(one.relative_to(path))]
        else:
            inside = [path] if path.is_file() and path.suffix == ".ipynb" else []
        if not inside:
            raise Refused(f"There is no notebook at {path}: give .ipynb files, or folders that hold some.")
        found |= dict.fromkeys(inside)
    return list(found)


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)
