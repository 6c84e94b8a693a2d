"""A pattern's contract page: every rule, and what became of it on each adapter that was tried."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from reference_pages import code
from tree import Pattern

SIGN = {"holds": "✓", "broken": "✗", "exempt": "–", "not tried": "?"}
SAID = {outcome: outcome for outcome in SIGN}


INTRODUCTION = """\
# {pattern}: the contract

The promise as numbered rules. What is shown was run while this page was made: ✓ holds; – is not held to,
with the reason below the table.
"""


def page(pattern: Pattern, found: dict[str, Any]) -> str:
    """Return the page's Markdown; `found` is what `parity.py` wrote of this pattern."""
    lines = [INTRODUCTION.format(pattern=pattern.title)]
    if found["elsewhere"]:
        named = ", ".join(f"`{name}`" for name in found["elsewhere"])
        lines.append(
            f"On real servers, which this page was made without, the tests hold these to it: {named}.\n"
        )
    says = {source.name: source.sentence for source in pattern.contracts}
    contracts = sorted(found["contracts"].items(), key=lambda one: _place(one[1]["module"], list(says)))
    adapters = [source.name for source in pattern.others]
    subjects = sorted(found["subjects"], key=lambda one: _place(one["module"], adapters))
    for name, contract in contracts:
        lines += _section(name, contract, subjects, says.get(contract["module"], ""))
    lines.append("## The files { data-search-exclude }\n")
    for source in pattern.contracts:
        lines.append(f'??? abstract "{source.place.as_posix()}"\n\n{_indented(code(source))}')
    return "\n".join(lines) + "\n"


def _place(module: str, order: list[str]) -> int:
    """Return the place in the reading order; what has none comes last."""
    return order.index(module) if module in order else len(order)


def broken(found: dict[str, Any]) -> Iterator[str]:
    """Yield the rules that did not hold."""
    for subject in found["subjects"]:
        for number, (outcome, seen) in subject["verdicts"].items():
            if outcome == "broken":
                yield f"{subject['name']} breaks {number}: {seen}"


def summary(found: dict[str, Any], module: str) -> str:
    """Return in a few words how what a module defines fares, on each backend that was tried."""
    told = []
    for one in found["subjects"]:
        if one["module"] == module:
            count = Counter(outcome for outcome, _ in one["verdicts"].values())
            lacking = f", {count['exempt']} exempt" if count["exempt"] else ""
            told.append(f"{label(one)}: {count['holds']} rules hold{lacking}")
    return "".join(f"<br>{one}" for one in told)


def _section(name: str, contract: dict[str, Any], subjects: list[dict[str, Any]], says: str) -> Iterator[str]:
    held = [one for one in subjects if name in one["contracts"]]
    columns = [one for one in held if not one["decorates"]] or held
    yield f"## {name}\n"
    says = says or f"What every `{contract['port']}` promises, written with the tests of this pattern"
    yield f"{says}. {len(contract['rules'])} rules.\n"
    reasons = Reasons()
    yield _table(contract["rules"], columns, reasons)
    yield from reasons.listed()
    yield from _others(contract["rules"], [one for one in held if one not in columns])


def _others(rules: dict[str, str], others: list[dict[str, Any]]) -> Iterator[str]:
    """Say in a line each how the decorators fare, which lack what the adapter within them lacks."""
    if others:
        yield "Held to the same rules, around one of these:\n"
    for one in others:
        count = Counter(one["verdicts"][number][0] for number in rules if number in one["verdicts"])
        told = ", ".join(f"{count[outcome]} {SAID[outcome]}" for outcome in SIGN if count[outcome])
        yield f"- {label(one)}: {told.replace('holds', 'hold')}"
    yield ""


class Reasons:
    """The reasons why rules are not held to, each with a letter."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def letter(self, reason: str) -> str:
        return self._letters.setdefault(reason, chr(ord("a") + len(self._letters) % 26))

    def listed(self) -> Iterator[str]:
        if self._letters:
            rows = "".join(
                f"<div><dt>{letter}</dt><dd>{html.escape(_plain(reason))}</dd></div>"
                for reason, letter in self._letters.items()
            )
            yield f'<dl class="reasons">{rows}</dl>\n'


def _plain(reason: str) -> str:
    """Return the reason without the description of the tool that is missing."""
    return re.sub(r"^the test bench has no `(\w+)` \(.*\)$", r"this bench has no \1", reason)


def label(subject: dict[str, Any]) -> str:
    """Return what a subject is called: the adapter, and what is behind it."""
    on = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", subject["on"]).lower()
    return f"{subject['adapter']} · {on}" if on else subject["adapter"]


def _table(rules: dict[str, str], columns: list[dict[str, Any]], reasons: Reasons) -> str:
    heads = "".join(f'<th scope="col"><span>{_broken_up(label(one))}</span></th>' for one in columns)
    rows = "".join(_row(number, says, columns, reasons) for number, says in rules.items())
    return (
        '<div class="parity-frame" tabindex="0" role="region" aria-label="Rules and adapters">'
        f'<table class="parity"><thead><tr><th scope="col">rule</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>\n"
    )


def _broken_up(name: str) -> str:
    """Let a long class name break between its words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "<wbr>", html.escape(name)).replace(" · ", "<br><small>") + (
        "</small>" if " · " in name else ""
    )


def _row(number: str, says: str, columns: list[dict[str, Any]], reasons: Reasons) -> str:
    said = re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(says))
    cells = "".join(_cell(one["verdicts"].get(number), reasons) for one in columns)
    return f'<tr id="{number}"><th scope="row"><a href="#{number}">{number}</a> {said}</th>{cells}</tr>'


def _cell(verdict: list[str] | None, reasons: Reasons) -> str:
    if verdict is None:
        return "<td></td>"
    outcome, seen = verdict
    note = f"<sup>{reasons.letter(seen)}</sup>" if outcome == "exempt" else ""
    sign = f'<span aria-hidden="true">{SIGN[outcome]}</span><span class="said">{SAID[outcome]}</span>'
    return f'<td class="{outcome.replace(" ", "-")}" title="{SAID[outcome]}">{sign}{note}</td>'


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
