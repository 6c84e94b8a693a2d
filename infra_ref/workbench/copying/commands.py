"""The sub-commands that copy. Each one opens the target, works out what to do, does it, and reports it."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from infra_ref.workbench.copying.changing import Changes
    from infra_ref.workbench.copying.library import Library
    from infra_ref.workbench.copying.target import CopyTarget

# What is imported inside the functions keeps `infra-ref --help` and `status` quick.

_Items = Annotated[list[str], typer.Argument(metavar="ITEM...", help="As `infra-ref list` has them.")]
_SomeItems = Annotated[
    list[str] | None, typer.Argument(metavar="[ITEM...]", help="Items; all of them unless given.")
]
_To = Annotated[
    Path | None, typer.Option("--to", help="The folder that was copied to; needed where there are several.")
]
_From = Annotated[
    str | None,
    typer.Option("--from", help="Another collection: a folder, or one that an installed package offers."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print it for machines.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
_Into = Annotated[
    Path | None, typer.Option("--to", help="The folder to copy to, as in src/shop/infra; asked for once.")
]
_Tests = Annotated[bool, typer.Option("--tests/--no-tests", help="Bring the contract and its test.")]
_TestsTo = Annotated[
    Path | None, typer.Option(help="The folder for the tests, tests/NAME unless given; asked for once.")
]
_Package = Annotated[str | None, typer.Option(help="What the folder is imported as, where it is not plain.")]


class Imports(StrEnum):
    """How copied files import one another."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"


_Imports = Annotated[Imports | None, typer.Option(help="As the project does unless given.")]


def add(
    items: _Items,
    to: _Into = None,
    from_: _From = None,
    tests: _Tests = True,
    tests_to: _TestsTo = None,
    package: _Package = None,
    imports: _Imports = None,
    write_deps: Annotated[
        bool, typer.Option("--write-deps", help="Write the requirements into pyproject.toml.")
    ] = False,
    write_config: Annotated[
        bool, typer.Option("--write-config", help="Write what ruff must ignore into pyproject.toml.")
    ] = False,
    test: Annotated[bool, typer.Option("--test", help="Run the copied tests.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is in the way.")] = False,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Copy items into a project: their port and what they need, and among its tests their contract's test."""
    from infra_ref.workbench.copying import changing, collection, report
    from infra_ref.workbench.copying.running import run_tests
    from infra_ref.workbench.copying.write_deps import pyproject_with

    target = _target(to, tests_to, package, imports)
    chosen = collection.named(from_)
    done = changing.prepare_add(target, chosen, items, tests=tests, force=force)
    ignores = _ignores(target, done)
    written = pyproject_with(
        target.layout.project, done.plan if write_deps else None, ignores if write_config else {}
    )
    if not dry_run:
        target.commit([*done.changes, *written.changes])
    told = report.of_changes(target, done, dry_run=dry_run)
    told["declared_in"] = written.path
    told["notes"] += [*written.notes, *([] if write_config else _ignore_notes(ignores))]
    told["goes_with"] = _goes_with(target.library(), items, target)
    paths = [one.entry.path for one in done.plan.files.values() if one.entry.kind == "test"]
    ready = [path for path in paths if path.rpartition("/")[2].startswith("test_")]
    told["tests_passed"] = run_tests(target.layout, ready, quiet=as_json) if test and not dry_run else None
    _print(told, as_json, lambda one: report.changes_text(one, adding=True))
    if told["tests_passed"] is False:
        raise typer.Exit(1)


def adopt(
    items: _Items,
    to: _Into = None,
    from_: _From = None,
    tests: _Tests = True,
    tests_to: _TestsTo = None,
    package: _Package = None,
    imports: _Imports = None,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Take files that were copied by hand for copies of items: what differs in them counts as your edit."""
    from infra_ref.workbench.copying import changing, collection, report

    target = _target(to, tests_to, package, imports)
    done = changing.prepare_add(target, collection.named(from_), items, tests=tests, adopt=True)
    if not dry_run:
        target.commit(done.changes)
    told = report.of_changes(target, done, dry_run=dry_run)
    _print(told, as_json, lambda one: report.changes_text(one, adding=True))


def status(
    to: _To = None,
    from_: _From = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 for files outdated, conflicted or missing.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Say of each copied file whether it is unchanged, edited, outdated, both, conflicted, or missing."""
    from infra_ref.workbench.copying import report
    from infra_ref.workbench.copying.states import FAILS, states
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to, from_)
    found = list(states(target))
    _print(report.of_states(target, found), as_json, report.states_text)
    if check and any(one.word in FAILS for one in found):
        raise typer.Exit(1)


def diff(
    items: _SomeItems = None,
    newest: Annotated[
        bool, typer.Option("--newest", help="Against the newest version, not against what was copied.")
    ] = False,
    to: _To = None,
    from_: _From = None,
    as_json: _Json = False,
) -> None:
    """Show what you changed in copied files. Formatting is no change."""
    from infra_ref.workbench.copying import report
    from infra_ref.workbench.copying.states import differences
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to, from_)
    found = [{"path": path, "diff": text} for path, text in differences(target, items or [], newest=newest)]
    _print({**report.of_target(target), "files": found}, as_json, report.diff_text)


def update(
    items: _SomeItems = None,
    to: _To = None,
    from_: _From = None,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Bring copied files to the newest version and keep your edits. Exits with 1 for conflicts to decide."""
    from infra_ref.workbench.copying import changing, report
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to, from_)
    done = changing.prepare_update(target, items or [])
    if not dry_run:
        target.commit(done.changes)
    told = report.of_changes(target, done, dry_run=dry_run)
    _print(told, as_json, lambda one: report.changes_text(one, adding=False))
    if done.conflicts:
        raise typer.Exit(1)


def remove(
    items: _Items,
    to: _To = None,
    force: Annotated[bool, typer.Option("--force", help="Delete edited files too.")] = False,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Delete copied items: what nobody else needs, and nobody edited."""
    from infra_ref.workbench.copying import report
    from infra_ref.workbench.copying.removing import prepare_remove
    from infra_ref.workbench.copying.target import open_target

    target = open_target(to)
    done = prepare_remove(target, items, force=force)
    if not dry_run:
        target.commit(done.changes)
    _print(report.of_removed(target, done, dry_run=dry_run), as_json, report.removed_text)


def moved(
    old: Annotated[Path, typer.Argument(help="The folder as the lock has it.")],
    new: Annotated[Path, typer.Argument(help="The folder as it is now.")],
    package: _Package = None,
) -> None:
    """Follow a target, or its tests, to the folder that you moved it to."""
    from infra_ref.workbench.copying.moving import follow

    print(follow(old, new, package))


def view(items: _Items, from_: _From = None, as_json: _Json = False) -> None:
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
    told = report.of_view(names, plan) | {"goes_with": _goes_with(library, names, None)}
    _print(told, as_json, report.view_text)


def _target(
    to: Path | None, tests_to: Path | None, package: str | None, imports: Imports | None
) -> CopyTarget:
    """Return the target that is named, or the only one that there is.

    Raises Refused for settings that are not those of the files which are there already.
    """
    from dataclasses import replace

    from infra_ref.workbench.copying.layout import find_layout
    from infra_ref.workbench.copying.target import open_target, target_for
    from infra_ref.workbench.refused import Refused

    if to is None:
        target = open_target(None)
    else:
        layout = find_layout(to, tests=tests_to, package=package)
        target = target_for(replace(layout, imports=imports.value) if imports else layout)
    was = target.layout
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
    return target


def _goes_with(library: Library, names: list[str], target: CopyTarget | None) -> list[str]:
    """Return the commands that add what one will want beside the items and does not have."""
    have = {one.item for one in target.entries} if target else set[str]()
    wanted = [one for name in names for one in library.goes_with(library.item(name)) if one not in have]
    return [f"infra-ref add {one}" for one in dict.fromkeys(wanted)]


def _ignores(target: CopyTarget, done: Changes) -> dict[str, list[str]]:
    """Return the rules that the project's ruff still complains of in new files, by folder."""
    from infra_ref.workbench.copying.project_style import style_of

    written = {one.entry.path: one.text for one in done.written}
    found: dict[str, set[str]] = {}
    for rule, paths in style_of(target.layout).complaints(written).items():
        for path in paths:
            among_tests = path.startswith(f"{target.layout.tests}/")
            folder = target.layout.tests if among_tests else target.layout.target
            found.setdefault(f"{folder}/**", set()).add(rule)
    return {folder: sorted(rules) for folder, rules in sorted(found.items())}


def _ignore_notes(ignores: dict[str, list[str]]) -> list[str]:
    lines = [f'  "{folder}" = {json.dumps(rules)}' for folder, rules in ignores.items()]
    head = "Your ruff has more to say; under [tool.ruff.lint.per-file-ignores], or with --write-config:"
    return [head, *lines] if lines else []


def _print(told: dict[str, Any], as_json: bool, text: Callable[[dict[str, Any]], str]) -> None:
    print(json.dumps(told, indent=1) if as_json else text(told))
