"""Findings as text, JSON, SARIF 2.1.0 and annotations of GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import infra_ref
from infra_ref.workbench.linting.figures import figures
from infra_ref.workbench.linting.finding import Finding
from infra_ref.workbench.linting.project import Outcome
from infra_ref.workbench.linting.rules import ALL
from infra_ref.workbench.validating.findings import github_line


def text(outcome: Outcome, root: Path) -> Iterator[str]:
    """Give lines for people: each finding with its line underlined, why, what to do, and the page."""
    for one in outcome.findings:
        yield f"{one.path}:{one.line}:{one.column} {one.code} {one.message}"
        yield from _underlined(one, root)
        yield f"  why:  {one.why}\n  fix:  {one.fix}\n  page: {one.page}\n"
    for trouble in outcome.troubles:
        yield f"{trouble.path}: not looked at, {trouble.reason}"
    for skipped in outcome.skipped:
        yield f"{skipped.path}: passed over, {skipped.reason}"
    yield summary(outcome)


def summary(outcome: Outcome) -> str:
    """Return the last line: `3 findings in 40 files`."""
    said = f"{_many(len(outcome.findings), 'finding')} in {_many(outcome.files, 'file')}"
    return said + (f", {len(outcome.troubles)} not looked at" if outcome.troubles else "")


def _many(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _underlined(one: Finding, root: Path) -> Iterator[str]:
    try:
        line = (root / one.path).read_text(encoding="utf-8", errors="replace").split("\n")[one.line - 1]
    except (OSError, IndexError):
        line = " " * (one.column - 1) + one.source
    end = one.end_column - 1 if one.end_line == one.line else len(line.rstrip())
    number = str(one.line)
    marks = "".join("\t" if character == "\t" else " " for character in line[: one.column - 1])
    yield f"  {number} | {line.rstrip()}"
    yield f"  {' ' * len(number)} | {marks}{'^' * max(1, end - one.column + 1)}"


def as_json(outcome: Outcome) -> str:
    """Return all of it, with the measured precision and recall of each of our rules."""
    return json.dumps(
        {
            "version": infra_ref.__version__,
            "files": outcome.files,
            "lines": outcome.lines,
            "findings": [asdict(one) for one in outcome.findings],
            "troubles": [asdict(one) for one in outcome.troubles],
            "skipped": [asdict(one) for one in outcome.skipped],
            "rules": {one.code: figures(one.code).to_dict() for one in ALL},
        },
        indent=1,
    )


def sarif(outcome: Outcome) -> str:
    """Return a SARIF log with one run."""
    known = {one.code: one for one in outcome.findings}
    rules = [
        {
            "id": code,
            "shortDescription": {"text": one.why},
            "help": {"text": f"{one.fix} {one.page}"},
        }
        for code, one in sorted(known.items())
    ]
    driver = {"name": "infra-ref lint", "version": infra_ref.__version__, "rules": rules}
    notes = [{"level": "error", "message": {"text": f"{one.path}: {one.reason}"}} for one in outcome.troubles]
    invocation = {"executionSuccessful": not outcome.troubles, "toolExecutionNotifications": notes}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_result(one) for one in outcome.findings],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=1)


def _result(one: Finding) -> dict[str, Any]:
    region = {
        "startLine": one.line,
        "startColumn": one.column,
        "endLine": one.end_line,
        "endColumn": one.end_column,
    }
    place = {"artifactLocation": {"uri": one.path}, "region": region}
    return {
        "ruleId": one.code,
        "level": "warning",
        "message": {"text": f"{one.message}. {one.why} {one.fix}"},
        "locations": [{"physicalLocation": place}],
    }


def github(outcome: Outcome) -> Iterator[str]:
    """Give a line for each finding that GitHub Actions shows at its place, and the summary."""
    for one in outcome.findings:
        said = f"{one.message}\n{one.why}\n{one.fix}"
        yield github_line(
            "warning", one.path, one.code, said, line=one.line, col=one.column, endLine=one.end_line
        )
    for trouble in outcome.troubles:
        yield github_line("error", trouble.path, "not looked at", trouble.reason)
    yield summary(outcome)
