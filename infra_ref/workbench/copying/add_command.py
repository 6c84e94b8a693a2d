"""`infra-ref add` and `adopt`: the two sub-commands that bring items into a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra_ref.workbench.copying.lock import Kit, Style
from infra_ref.workbench.copying.options import DryRun, From, Items, Json, Package, output

if TYPE_CHECKING:
    from infra_ref.workbench.copying.changing import Changes
    from infra_ref.workbench.copying.target import CopyTarget

_Into = Annotated[
    Path | None, typer.Option("--to", help="The folder to copy to, as in src/shop/infra; asked for once.")
]
_Tests = Annotated[bool, typer.Option("--tests/--no-tests", help="Bring the contract and its test.")]
_TestsTo = Annotated[
    Path | None, typer.Option(help="The folder for the tests, tests/NAME unless given; asked for once.")
]
_Imports = Annotated[Style | None, typer.Option(help="As the project does unless given.")]
_Kit = Annotated[
    Kit | None,
    typer.Option(
        help="Copy all that the tests need, or import from infra-ref what can be; copied unless given."
    ),
]


def add(
    items: Items,
    to: _Into = None,
    from_: From = None,
    tests: _Tests = True,
    tests_to: _TestsTo = None,
    package: Package = None,
    imports: _Imports = None,
    kit: _Kit = None,
    write_deps: Annotated[
        bool, typer.Option("--write-deps", help="Write the requirements into pyproject.toml.")
    ] = False,
    write_config: Annotated[
        bool, typer.Option("--write-config", help="Write what ruff must ignore into pyproject.toml.")
    ] = False,
    test: Annotated[bool, typer.Option("--test", help="Run the copied tests.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is in the way.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Copy items into a project: their port and what they need, and among its tests their contract's test."""
    from infra_ref.workbench.copying import changing, collection, report
    from infra_ref.workbench.copying.project_style import style_of
    from infra_ref.workbench.copying.running import run_tests
    from infra_ref.workbench.copying.write_deps import pyproject_with

    target = _target(to, tests_to, package, imports, kit)
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
    told["notes"] += [*written.notes, *style_of(target.layout).missing]
    told["notes"] += [] if write_config else _ignore_notes(ignores)
    have = {one.item for one in target.entries if one.kind == "code"}
    told["goes_with"] = target.library().goes_with(items, have)
    ready = [path for path, one in done.plan.files.items() if one.entry.is_ready_test]
    told["tests_passed"] = run_tests(target.layout, ready, quiet=as_json) if test and not dry_run else None
    output(told, as_json, report.added_lines)
    if told["tests_passed"] is False:
        raise typer.Exit(1)


def adopt(
    items: Items,
    to: _Into = None,
    from_: From = None,
    tests: _Tests = True,
    tests_to: _TestsTo = None,
    package: Package = None,
    imports: _Imports = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take files that were copied by hand for copies of items: what differs in them counts as your edit."""
    from infra_ref.workbench.copying import changing, collection, report

    target = _target(to, tests_to, package, imports, None)
    done = changing.prepare_add(target, collection.named(from_), items, tests=tests, adopt=True)
    if not dry_run:
        target.commit(done.changes)
    told = report.of_changes(target, done, dry_run=dry_run)
    output(told, as_json, report.added_lines)


def _target(
    to: Path | None, tests_to: Path | None, package: str | None, imports: Style | None, kit: Kit | None
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
        layout = find_layout(to, tests=tests_to, package=package, imports=imports)
        target = target_for(replace(layout, kit=kit) if kit else layout)
    was = target.layout
    tests = tests_to.resolve() if tests_to else was.project / was.tests
    if (
        package not in (None, was.package)
        or imports not in (None, was.imports)
        or kit not in (None, was.kit)
        or tests != was.project / was.tests
    ):
        raise Refused(
            f"What is in {was.folder} was copied as {was.package or 'top-level modules'} with {was.imports} "
            f"imports, tests in {was.tests} and `--kit {was.kit}`: leave out --package, --imports, "
            "--tests-to and --kit, or give these."
        )
    return target


def _ignores(target: CopyTarget, done: Changes) -> dict[str, list[str]]:
    """Return the rules that the project's ruff still complains of in all copied files, by folder."""
    from infra_ref.workbench.copying.project_style import style_of

    texts = {path: one.text for path, one in done.plan.files.items()}
    found: dict[str, set[str]] = {}
    for rule, paths in style_of(target.layout).complaints(texts).items():
        for path in paths:
            among_tests = path.startswith(f"{target.layout.tests}/")
            folder = target.layout.tests if among_tests else target.layout.target
            found.setdefault(f"{folder}/**", set()).add(rule)
    return {folder: sorted(rules) for folder, rules in sorted(found.items())}


def _ignore_notes(ignores: dict[str, list[str]]) -> list[str]:
    lines = [f'  "{folder}" = {json.dumps(rules)}' for folder, rules in ignores.items()]
    head = "Your ruff has more to say; under [tool.ruff.lint.per-file-ignores], or with --write-config:"
    return [head, *lines] if lines else []
