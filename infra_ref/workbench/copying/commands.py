"""The sub-commands that keep copies current. Each opens the target, works out what to do, and does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra_ref.workbench.copying.options import DryRun, From, Items, Json, Package, SomeItems, To, output

# What is imported inside the functions keeps `infra-ref --help` and `status` quick.


def status(
    to: To = None,
    from_: From = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 for files outdated, conflicted or missing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say of each copied file whether it is unchanged, edited, outdated, both, conflicted, or missing."""
    from infra_ref.workbench.copying import report
    from infra_ref.workbench.copying.states import FAILS, states
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to, from_)
    found = list(states(target))
    output(report.of_states(target, found), as_json, report.states_lines)
    if check and any(one.word in FAILS for one in found):
        raise typer.Exit(1)


def diff(
    items: SomeItems = None,
    newest: Annotated[
        bool, typer.Option("--newest", help="Against the newest version, not against what was copied.")
    ] = False,
    to: To = None,
    from_: From = None,
    as_json: Json = False,
) -> None:
    """Show what you changed in copied files. Formatting is no change."""
    from infra_ref.workbench.copying import report
    from infra_ref.workbench.copying.states import differences
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to, from_)
    found = [{"path": path, "diff": text} for path, text in differences(target, items or [], newest=newest)]
    output({**report.of_target(target), "files": found}, as_json, report.diff_lines)


def update(
    items: SomeItems = None,
    to: To = None,
    from_: From = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Bring copied files to the newest version and keep your edits. Exits with 1 for conflicts to decide."""
    from infra_ref.workbench.copying import changing, report
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to, from_)
    done = changing.prepare_update(target, items or [])
    if not dry_run:
        target.commit(done.changes)
    told = report.of_changes(target, done, dry_run=dry_run)
    output(told, as_json, report.updated_lines)
    if done.conflicts:
        raise typer.Exit(1)


def remove(
    items: Items,
    to: To = None,
    force: Annotated[bool, typer.Option("--force", help="Delete edited files too.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Delete copied items: what nobody else needs, and nobody edited."""
    from infra_ref.workbench.copying import report
    from infra_ref.workbench.copying.removing import prepare_remove
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to)
    done = prepare_remove(target, items, force=force)
    if not dry_run:
        target.commit(done.changes)
    output(report.of_removed(target, done, dry_run=dry_run), as_json, report.removed_lines)


def moved(
    old: Annotated[Path, typer.Argument(help="The folder as the lock has it.")],
    new: Annotated[Path, typer.Argument(help="The folder as it is now.")],
    package: Package = None,
) -> None:
    """Follow a target, or its tests, to the folder that you moved it to."""
    from infra_ref.workbench.copying.moving import follow

    print(follow(old, new, package))


def view(items: Items, from_: From = None, as_json: Json = False) -> None:
    """Show what `add` would bring for items: the files and why, and the requirements."""
    from infra_ref.workbench.copying import collection, report
    from infra_ref.workbench.copying.layout import Layout
    from infra_ref.workbench.copying.library import Library
    from infra_ref.workbench.copying.plan import make_plan
    from infra_ref.workbench.copying.project_style import ProjectStyle

    library = Library(collection.named(from_), collection.own())
    names = [library.item(name).item for name in items]
    layout = Layout(Path("project"), "infra", "tests/infra", "infra", "absolute")
    plan = make_plan(library, names, names, layout, ProjectStyle(layout.project, None))
    told = report.of_view(names, plan) | {"goes_with": library.goes_with(names, set())}
    output(told, as_json, report.view_lines)
