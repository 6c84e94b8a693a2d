"""The sub-commands that copy. Each one opens the place, works out what to do, says it, and does it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from infra_ref.workbench.copying.place import Place

# What is imported inside the functions keeps `infra-ref --help` and `status` quick.

_Items = Annotated[list[str], typer.Argument(metavar="ITEM...", help="As in caching/redis_cache.")]
_To = Annotated[
    Path | None, typer.Option("--to", help="The folder that was copied to; needed where there are several.")
]
_From = Annotated[
    str | None,
    typer.Option("--from", help="Another collection: a folder, or one that an installed package offers."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print it for machines.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


class Imports(StrEnum):
    """How copied files import one another."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"


def add(
    items: _Items,
    to: Annotated[Path, typer.Option("--to", help="The folder to copy to, as in src/shop/infra.")],
    from_: _From = None,
    tests: Annotated[
        bool, typer.Option("--tests/--no-tests", help="Bring the contract and its test.")
    ] = True,
    tests_to: Annotated[
        Path | None, typer.Option(help="The folder for the tests, tests/NAME unless given.")
    ] = None,
    package: Annotated[
        str | None, typer.Option(help="What the folder is imported as, where it cannot be told.")
    ] = None,
    imports: Annotated[Imports | None, typer.Option(help="As the project does unless given.")] = None,
    write_deps: Annotated[
        bool, typer.Option("--write-deps", help="Write the requirements into pyproject.toml.")
    ] = False,
    test: Annotated[bool, typer.Option("--test", help="Run the copied tests.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is in the way.")] = False,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Copy items into a project: their port, what they need, their contract and its test."""
    from infra_ref.workbench.copying import adding, collection, said
    from infra_ref.workbench.copying.layout import find_layout
    from infra_ref.workbench.copying.place import new_place
    from infra_ref.workbench.copying.write_deps import with_requirements

    layout = find_layout(to, tests=tests_to, package=package, imports=imports.value if imports else None)
    place = new_place(layout)
    _same_settings(place, package, imports, tests_to)
    added = adding.prepare(place, collection.named(from_), items, tests=tests, force=force)
    written = with_requirements(place.layout.project, added.plan) if write_deps else None
    if not dry_run:
        place.commit([*added.changes, *(written.changes if written else [])])
    passed = _run_tests(place, added.plan, as_json) if test and not dry_run else None
    _print(said.added(place, added, written, passed, dry_run=dry_run), as_json, said.added_text)
    if passed is False:
        raise typer.Exit(1)


def status(to: _To = None, from_: _From = None, as_json: _Json = False) -> None:
    """Say of each copied file whether it is unchanged, edited, outdated, both, or missing."""
    from infra_ref.workbench.copying import said
    from infra_ref.workbench.copying.place import open_place
    from infra_ref.workbench.copying.states import states

    place = open_place(to, from_)
    _print(said.status(place, list(states(place))), as_json, said.status_text)


def diff(
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[ITEM...]", help="Items or paths; all unless given.")
    ] = None,
    newest: Annotated[
        bool, typer.Option("--newest", help="Against the newest version, not against what was copied.")
    ] = False,
    to: _To = None,
    from_: _From = None,
    as_json: _Json = False,
) -> None:
    """Show what you changed in copied files. Formatting is no change."""
    from infra_ref.workbench.copying import said
    from infra_ref.workbench.copying.comparing import differences
    from infra_ref.workbench.copying.place import open_place

    place = open_place(to, from_)
    _print(said.diff(place, differences(place, items or [], newest=newest)), as_json, said.diff_text)


def update(
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[ITEM...]", help="Items; all unless given.")
    ] = None,
    to: _To = None,
    from_: _From = None,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Bring copied files to the newest version and keep your edits. Exits with 1 for conflicts to decide."""
    from infra_ref.workbench.copying import said, updating
    from infra_ref.workbench.copying.place import open_place

    place = open_place(to, from_)
    updated = updating.prepare(place, items or [])
    if not dry_run:
        place.commit(updated.changes)
    _print(said.updated(place, updated, dry_run=dry_run), as_json, said.updated_text)
    if updated.conflicts:
        raise typer.Exit(1)


def remove(
    items: _Items,
    to: _To = None,
    force: Annotated[bool, typer.Option("--force", help="Delete edited files too.")] = False,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Delete copied items: what nobody else needs, and nobody edited."""
    from infra_ref.workbench.copying import removing, said
    from infra_ref.workbench.copying.place import open_place

    place = open_place(to)
    removed = removing.prepare(place, items, force=force)
    if not dry_run:
        place.commit(removed.changes)
    _print(said.removed(place, removed, dry_run=dry_run), as_json, said.removed_text)


def view(items: _Items, from_: _From = None, as_json: _Json = False) -> None:
    """Show what `add` would bring for items: the files and why, and the requirements."""
    from infra_ref.workbench.copying import collection, said
    from infra_ref.workbench.copying.layout import Layout
    from infra_ref.workbench.copying.library import Library
    from infra_ref.workbench.copying.plan import make_plan

    library = Library(collection.named(from_), collection.own())
    names = [library.item(name).item for name in items]
    layout = Layout(Path("project"), "infra", "tests", "infra", "absolute")
    _print(said.viewed(names, make_plan(library, names, names, layout)), as_json, said.viewed_text)


def _same_settings(place: Place, package: str | None, imports: Imports | None, tests_to: Path | None) -> None:
    """Refuse settings that are not those of the files which are there already."""
    from infra_ref.workbench.refused import Refused

    was = place.layout
    tests = tests_to.resolve() if tests_to else was.project / was.tests
    if (
        package not in (None, was.package)
        or imports not in (None, was.imports)
        or tests != was.project / was.tests
    ):
        raise Refused(
            f"What is in {was.folder} was copied as {was.package or 'top-level modules'} with {was.imports} "
            f"imports and tests in {was.tests}: leave out --package, --imports and --tests-to, or give these."
        )


def _run_tests(place: Place, plan: Any, quiet: bool) -> bool | None:
    from infra_ref.workbench.copying.proving import prove

    return prove(place, [one for one in plan.entries if one.kind == "test"], quiet=quiet)


def _print(told: dict[str, Any], as_json: bool, text: Any) -> None:
    print(json.dumps(told, indent=1) if as_json else text(told))
