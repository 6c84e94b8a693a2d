"""`infra-ref lint`: anti-patterns of the infrastructure layer in your project."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Annotated

import typer

from infra_ref.workbench.linting import layer_contracts, narrowing, output, ruff_preset
from infra_ref.workbench.linting.figures import figures
from infra_ref.workbench.linting.files import dotted_name, python_files
from infra_ref.workbench.linting.finding import Finding, Rule
from infra_ref.workbench.linting.layers import Layers, declared, declared_layer, layer_of, written_down
from infra_ref.workbench.linting.layers import init as init_layers
from infra_ref.workbench.linting.project import Outcome, Project
from infra_ref.workbench.linting.rules import ALL, RULES
from infra_ref.workbench.refused import Refused

MEMORY = Path(".infra_ref_cache", "lint.json")


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; the current one if none is given.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write findings.")] = Format.TEXT,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="IR003", help="Only this rule of ours, experimental or not; may be repeated."),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="IR003", help="Say what a rule finds, what it does not see, and how often it is right."
        ),
    ] = None,
    diff: Annotated[
        str | None, typer.Option(metavar="BASE", help="Only what was changed since this commit or branch.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave out what this file knows.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep today's findings there, and exit with 0.")
    ] = None,
    init: Annotated[
        bool,
        typer.Option("--init", help="Write the guessed layers into pyproject.toml, to be corrected there."),
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="With --init: show the change, and write nothing.")] = False,
    others: Annotated[
        bool, typer.Option("--others/--no-others", help="Also ask ruff and import-linter.")
    ] = True,
    memory: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep results until a file changes.")
    ] = True,
) -> None:
    """Find anti-patterns of the infrastructure layer: ours, and those that ruff and import-linter know.

    `# noqa: IR003 -- reason` lets one pass. Exits with 0 when nothing was found, with 1 when something was,
    with 2 when a file could not be looked at.
    """
    if explain is not None:
        print(explained(_rule(explain)))
        return
    rules = [_rule(code) for code in select] if select else RULES
    given = paths or [Path()]
    if missing := [path for path in given if not os.path.lexists(path)]:
        raise Refused(f"There is no {missing[0]}: give files or folders that are there.")
    root, layers = declared((given[0] if given[0].is_dir() else given[0].parent).resolve())
    if init:
        table = written_down(_from(root, given))
        print(init_layers(root / "pyproject.toml", table, dry_run=dry_run))
        return
    outcome = Project(root, rules, layers, root / MEMORY if memory else None).lint(given)
    if others and not select:
        outcome.findings = sorted(outcome.findings + _from_others(root, given, layers))
    if write_baseline is not None:
        narrowing.write_baseline(outcome.findings, write_baseline)
        print(f"{write_baseline} knows {len(outcome.findings)} findings")
        return
    if diff is not None:
        outcome.findings = narrowing.in_change(outcome.findings, narrowing.changed_lines(diff, root))
    if baseline is not None:
        outcome.findings = narrowing.not_known(outcome.findings, baseline)
    _print(outcome, form, root)
    if outcome.troubles:
        raise typer.Exit(2)
    if outcome.findings:
        raise typer.Exit(1)


def _rule(code: str) -> Rule:
    found = next((one for one in ALL if code.upper() in {one.code, one.told.name.upper()}), None)
    if found is None:
        known = f"ours are {ALL[0].code} to {ALL[-1].code}; `ruff rule {code}` explains ruff's"
        raise Refused(f"There is no rule {code}: {known}.")
    return found


def explained(rule: Rule) -> str:
    """Return what `--explain` prints."""
    off = " (experimental: off unless selected)" if rule.experimental else ""
    return f"""\
{rule.code} {rule.told.name.replace("_", " ")}{off}
  why:          {rule.told.why}
  fix:          {rule.told.fix}
  does not see: {rule.told.unseen}
  measured:     {figures(rule.code)}
  page:         {rule.told.page}"""


def _from(root: Path, given: Sequence[Path]) -> list[PurePath]:
    found = [one.absolute() for one in python_files(given) if isinstance(one, Path)]
    return [one.relative_to(root) if one.is_relative_to(root) else one for one in found]


def _from_others(root: Path, given: Sequence[Path], layers: Layers) -> list[Finding]:
    found: list[Finding] = []
    if ruff_preset.installed():
        theirs = ruff_preset.ruff_findings(given, root)
        found += [one for one in theirs if layer_of(PurePath(one.path), layers) != "test"]
    else:
        _note(
            "ruff is not installed: what it finds of our anti-patterns was not looked for (pip install ruff)"
        )
    if not layers:
        return found  # what is only guessed forbids nothing
    if not layer_contracts.installed():
        _note("import-linter is not installed: layers were not checked (pip install import-linter)")
        return found
    modules: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for path in _from(root, given):
        name = dotted_name(root / path).removesuffix(".__init__")
        shown[name] = path.as_posix()
        if "." in name and (layer := declared_layer(path, layers)) in layer_contracts.ORDER:
            modules.setdefault(layer, []).append(name)
    configuration = layer_contracts.contract(modules)
    source = root / "src" if (root / "src").is_dir() else root
    broken, failed = (
        layer_contracts.layer_findings(configuration, source, shown) if configuration else ([], "")
    )
    if failed:
        _note(f"import-linter could not check the layers: {failed}")
    return found + broken


def _note(text: str) -> None:
    print(f"infra-ref: {text}", file=sys.stderr)


def _print(outcome: Outcome, form: Format, root: Path) -> None:
    match form:
        case Format.JSON:
            print(output.as_json(outcome))
        case Format.SARIF:
            print(output.sarif(outcome))
        case Format.GITHUB:
            print(*output.github(outcome), sep="\n")
        case Format.TEXT:
            print(*output.text(outcome, root), sep="\n")
