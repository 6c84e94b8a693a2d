"""Findings as text, JSON, SARIF 2.1.0 and annotations of GitHub Actions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import quote

import infra_ref
from infra_ref.workbench.linting.finding import Finding, Outcome, Rule
from infra_ref.workbench.linting.rules import ALL
from infra_ref.workbench.validating.findings import github_line


def text(outcome: Outcome) -> Iterator[str]:
    """Give lines for people: each finding with its line underlined, why, what to do, and the page."""
    for one in outcome.findings:
        line = outcome.line(one)
        before, number = re.sub(r"[^\t]", " ", line[: one.column - 1]), str(one.line)
        end = one.end_column if one.end_line == one.line else len(line) + 1
        yield f"{one.path}:{one.line}:{one.column} {one.code} {one.message}"
        yield f"  {number} | {line}"
        yield f"  {' ' * len(number)} | {before}{'^' * max(1, end - one.column)}"
        yield f"  why:  {one.told.why}\n  fix:  {one.told.fix}\n  page: {one.told.page}\n"
    yield from (f"{one.path}: not looked at, {one.reason}" for one in outcome.troubles)
    yield from (f"{one.path}: passed over, {one.reason}" for one in outcome.skipped)
    yield summary(outcome)


def summary(outcome: Outcome) -> str:
    """Return the last line: `3 findings in 40 files`."""
    said = f"{_many(len(outcome.findings), 'finding')} in {_many(outcome.files, 'file')}"
    return said + (f", {len(outcome.troubles)} not looked at" if outcome.troubles else "")


def _many(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def as_json(outcome: Outcome) -> Iterator[str]:
    """Give all of it, with the measured precision and recall of each of our rules."""
    found = [_shown(one, outcome) for one in outcome.findings]
    rules = {rule.code: _measured(rule) for rule in ALL}
    whole = {"version": infra_ref.__version__} | asdict(outcome) | {"findings": found, "rules": rules}
    yield json.dumps(whole, indent=1, default=str)


def _shown(one: Finding, outcome: Outcome) -> dict[str, Any]:
    told, source = one.told, outcome.line(one).strip()
    return asdict(one) | {"why": told.why, "fix": told.fix, "page": told.page, "source": source}


def _measured(rule: Rule) -> dict[str, Any]:
    one = rule.told.figures
    precision = round(one["right"] / one["judged"], 2) if one["judged"] else None
    recall = round(one["found"] / one["examples"], 2)
    return {**one, "precision": precision, "recall": recall, "proven": not rule.experimental}


def sarif(outcome: Outcome) -> Iterator[str]:
    """Give a SARIF log with one run."""
    rules = [
        {"id": code, "shortDescription": {"text": told.why}, "help": {"text": f"{told.fix} {told.page}"}}
        for code, told in sorted({one.code: one.told for one in outcome.findings}.items())
    ]
    notes = [{"level": "error", "message": {"text": f"{one.path}: {one.reason}"}} for one in outcome.troubles]
    run = {
        "tool": {"driver": {"name": "infra-ref lint", "version": infra_ref.__version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": [_result(one) for one in outcome.findings],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    yield json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=1)


def _result(one: Finding) -> dict[str, Any]:
    start = {"startLine": one.line, "startColumn": one.column}
    region = start | {"endLine": one.end_line, "endColumn": one.end_column}
    place = {"artifactLocation": {"uri": quote(one.path, errors="surrogateescape")}, "region": region}
    said = {"text": f"{one.message}. {one.told.why} {one.told.fix}"}
    return {"ruleId": one.code, "message": said, "locations": [{"physicalLocation": place}]}


def github(outcome: Outcome) -> Iterator[str]:
    """Give a line for each finding that GitHub Actions shows at its place, and the summary."""
    for one in outcome.findings:
        place = {"line": one.line, "col": one.column, "endLine": one.end_line}
        said = f"{one.message}\n{one.told.why}\n{one.told.fix}"
        yield github_line("warning", one.path, one.code, said, **place)
    yield from (github_line("error", one.path, "not looked at", one.reason) for one in outcome.troubles)
    yield summary(outcome)


def explained(rule: Rule) -> str:
    """Return what `--explain` prints."""
    off = " (experimental: off unless selected)" if rule.experimental else ""
    return f"""\
{rule.code} {rule.told.name.replace("_", " ")}{off}
  why:          {rule.told.why}
  fix:          {rule.told.fix}
  does not see: {rule.told.unseen}
  measured:     {rule.told.measured}
  page:         {rule.told.page}"""


FORMATS: Final = {"text": text, "json": as_json, "sarif": sarif, "github": github}
