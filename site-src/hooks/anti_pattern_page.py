"""The catalogue of anti-patterns, from the modules, which are run, and from what the linter measured."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from tree import ROOT

from infra_ref.workbench.linting.finding import ENOUGH, Told, catalogue
from infra_ref.workbench.linting.rules import ALL

URI = "anti-patterns.md"
JUDGED = ROOT / "tests" / "workbench" / "linting" / "judged.json"
EXPERIMENTAL = {rule.code for rule in ALL if rule.experimental}
INTRODUCTION = """\
# Anti-patterns

Each one as code that runs, with the damage that it does to the sample shop, and what finds it: a rule of
`infra-ref lint`, or a code of ruff that it asks for. [Why](why/anti-patterns.md), and
[how to run it](how-to/lint.md).

**Right** is how many reports were right, of those that we read and judged, at most 30 for each rule, on
{packages} packages from PyPI with 20.7 million lines. `make test-deep` downloads those that have
judged reports again, and compares. Some packages were at hand when the rules were written, the others were
looked at later, for the rules that had few reports. There, {wrong} reports of IR001, IR002 and IR005 to
IR008 were wrong, most of them on ports that are named for a product. The rules have learned to let these
pass, so they are not counted. A rule is on once {enough} reports or more were judged, and at most one in ten
was wrong. The others are experimental: `--select` asks for them. IR004 has learned more idioms since the
first 209 packages were read; 37 of these were read again with it. IR006 and IR008 were widened by what the
next 162 packages showed, and run on all. Then 96 more were picked by their summaries, to see what is right of
what was not known: 3 of 3 reports of IR006, and none of the only one of IR008, which is let pass since. Three
that were read with all rules that are on had 19 reports, 17 of them right; the other two are let pass since.

**Found** is how many bad examples a rule finds of those that were rewritten in the idioms of psycopg,
asyncpg, Django, aiohttp, boto3 and requests: 47 of 98 at first sight, and as below once the rules had
learned from them. **gaudi** is how many of the bad examples in its tests gaudi-linter 0.3.0
finds; the rule itself finds all of them.
"""
ONLY_SHOWN = {
    "secrets_in_logs": Told(
        "secrets_in_logs",
        "Whoever reads the log, or its backup, can log in.",
        "Log where a call goes and which headers it has, not what is in them.",
    ),
    "client_at_import": Told(
        "client_at_import",
        "Whoever imports the file needs the server: the tests, `--help`, a job that has no use for it.",
        "Make the client where the application is put together, close it there, and pass it in.",
    ),
}
NOT_FOUND = {
    "secrets_in_logs": "what is a secret cannot be seen in the code",
    "client_at_import": "many clients connect at their first call only, and that cannot be seen either",
}


def page() -> str:
    """Return the page's Markdown."""
    return "\n".join([*_head(), *_table(), *(line for told in _all() for line in _section(told))])


def _all() -> list[Told]:
    found = catalogue() | ONLY_SHOWN
    return [*(told for name, told in found.items() if name != "layers"), found["layers"]]


def _head() -> Iterator[str]:
    judged = json.loads(JUDGED.read_text(encoding="utf-8"))
    wrong = sum(one["reports"] for one in judged["let_pass"])
    yield INTRODUCTION.format(packages=len(judged["packages"]), wrong=wrong, enough=ENOUGH)


def _table() -> Iterator[str]:
    yield "| rule | anti-pattern | on | right | found | gaudi |\n|---|---|---|--:|--:|--:|"
    for told in catalogue().values():
        if told.figures:
            right, rest = _right(told.figures), "{found} of {examples} | {gaudi} of {bad}"
            title = f"[{_title(told)}](#{_anchor(told)})"
            on = "no" if told.code in EXPERIMENTAL else "yes"
            yield f"| {told.code} | {title} | {on} | {right} | {rest.format_map(told.figures)} |"
    yield ""


def _section(told: Told) -> Iterator[str]:
    yield f"\n## {_title(told)}\n\n{told.why}\n"
    if (module := _module(told.name)) is not None:
        bad, repaired = asyncio.run(_damage(module))
        yield f"**Measured:** {bad} {module.UNIT}; repaired, {repaired}.\n"
        yield f"```py\n{_source(module, 'bad')}\n```\n\n{told.fix}\n"
        yield f"```py\n{_source(module, 'repaired')}\n```\n"
    else:
        yield f"{told.fix}\n"
    yield _found_by(told)


def _found_by(told: Told) -> str:
    if told.ruff:
        return f"Found by ruff: {', '.join(f'`{code}`' for code in told.ruff)}.\n"
    if told.name == "layers":
        return (
            "Found by import-linter, whose contracts are made from the layers that pyproject.toml declares.\n"
        )
    if not told.code:
        return f"No rule finds it: {NOT_FOUND[told.name]}.\n"
    off = " It is experimental, and off unless it is selected." if told.code in EXPERIMENTAL else ""
    return f"Found by `{told.code}`: {told.measured}.{off} It does not see: {told.unseen}\n"


async def _damage(module: ModuleType) -> tuple[Any, Any]:
    return await module.measure(module.bad), await module.measure(module.repaired)


def _module(name: str) -> ModuleType | None:
    there = (ROOT / "infra_ref" / "anti_patterns" / f"{name}.py").is_file()
    return importlib.import_module(f"infra_ref.anti_patterns.{name}") if there else None


def _source(module: ModuleType, name: str) -> str:
    for text in {"bad": ("BAD_PORT", "BAD_FILE"), "repaired": ("PORT", "FILE")}[name]:
        if hasattr(module, text):
            return str(getattr(module, text)).strip()
    return textwrap.dedent(inspect.getsource(getattr(module, name))).strip()


def _title(told: Told) -> str:
    return told.name.replace("_", " ").capitalize()


def _anchor(told: Told) -> str:
    return told.name.replace("_", "-")


def _right(figures: Mapping[str, int]) -> str:
    return f"{figures['right']} of {figures['judged']}" if figures["judged"] else "no report"
