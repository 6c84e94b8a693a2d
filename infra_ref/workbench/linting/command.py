"""`infra-ref lint`: anti-patterns of the infrastructure layer in your project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Exit, Option

from infra_ref.workbench.linting import narrowing, other_tools
from infra_ref.workbench.linting.finding import Rule
from infra_ref.workbench.linting.layers import declared, write_guesses
from infra_ref.workbench.linting.output import FORMATS, explained, summary
from infra_ref.workbench.linting.project import Project
from infra_ref.workbench.linting.rules import ALL, RULES
from infra_ref.workbench.refused import Refused

Form = Literal["text", "json", "sarif", "github"]


def lint(
    paths: Annotated[list[Path] | None, Argument(help="Files or folders; the current one if none.")] = None,
    form: Annotated[Form, Option("--format", help="How to write findings.")] = "text",
    select: Annotated[list[str] | None, Option(metavar="IR003", help="Only this rule; repeatable.")] = None,
    explain: Annotated[str | None, Option(metavar="IR003", help="Say what a rule finds and misses.")] = None,
    diff: Annotated[str | None, Option(metavar="BASE", help="Only what changed since this commit.")] = None,
    baseline: Annotated[Path | None, Option(metavar="FILE", help="Leave out what this file knows.")] = None,
    write_baseline: Annotated[Path | None, Option(metavar="FILE", help="Keep what is found there.")] = None,
    init: Annotated[bool, Option("--init", help="Write the guessed layers into pyproject.toml.")] = False,
    dry_run: Annotated[bool, Option(help="With --init: show the change, and write nothing.")] = False,
    others: Annotated[bool, Option("--others/--no-others", help="Also ask ruff and import-linter.")] = True,
    memory: Annotated[bool, Option("--cache/--no-cache", help="Keep results of whole folders.")] = True,
) -> None:
    """Find anti-patterns of the infrastructure layer: ours, and those that ruff and import-linter know.

    `# noqa: IR003 -- reason` lets one pass. Exits with 0 when nothing was found, with 1 when something was,
    with 2 when a file could not be looked at.
    """
    if explain is not None:
        print(explained(_rule(explain)))
        return
    given = [Path(os.path.realpath(path)) for path in paths or [Path()]]
    if missing := [path for path in paths or () if not os.path.lexists(path)]:
        raise Refused(f"There is no {missing[0]}: give files or folders that are there.")
    root, layers = declared(Path(os.path.commonpath(given)))
    kept = root / ".infra_ref_cache/lint.json" if memory and any(map(os.path.isdir, given)) else None
    project = Project(root, [_rule(code) for code in select] if select else RULES, layers, kept)
    if init:
        project.take(given)
        found = [Path(one.path) for one in project.sources.values()]
        print(write_guesses(root / "pyproject.toml", found, dry_run=dry_run))
        return
    outcome = project.lint(given)
    if others and not select:
        theirs = other_tools.of_ruff(given, project) + other_tools.of_import_linter(project)
        outcome.findings = sorted(outcome.findings + theirs)
    if write_baseline is not None:
        narrowing.write_baseline(outcome, write_baseline)
        print(f"{write_baseline} knows {summary(outcome)}")
        raise Exit(2 if outcome.troubles else 0)
    if diff is not None:
        outcome.findings = narrowing.in_change(outcome, diff)
    if baseline is not None:
        outcome.findings = narrowing.not_known(outcome, baseline)
    print(*FORMATS[form](outcome), sep="\n")
    raise Exit(2 if outcome.troubles else 1 if outcome.findings else 0)


def _rule(code: str) -> Rule:
    found = next((one for one in ALL if code.upper() in {one.code, one.told.name.upper()}), None)
    if found is None:
        raise Refused(f"There is no rule {code}: ours are {ALL[0].code} to {ALL[-1].code}, see `ruff rule`.")
    return found
