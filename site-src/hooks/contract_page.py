"""A pattern's contract page: what became of each rule on each adapter, and each rule's check."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from reference_pages import FENCE
from rules import Written, around, known_page, written
from tree import Pattern

SIGN = {"holds": "✓", "broken": "✗", "exempt": "–", "not tried": "?"}
Subject = dict[str, Any]

INTRODUCTION = """\
# {pattern}: the contract

The promise as numbered rules, and how each adapter fares: ✓ holds, – is exempt; the reason is with the
rule, below the table. {when}
"""
HERE = "What is shown was run while this page was made."
SERVERS = (
    "What needs no server was run while this page was made; the columns that name a server, on {date} "
    "with {versions}."
)


def page(pattern: Pattern, found: dict[str, Any], servers: dict[str, Any]) -> str:
    """Return the page's Markdown.

    `found` is what `parity.py` wrote of this pattern, `servers` what it wrote of real servers.
    """
    there = servers["patterns"].get(pattern.name, [])
    named = ", ".join(f"{name} {version}" for name, version in servers["versions"].items())
    when = SERVERS.format(date=servers["date"], versions=named) if there else HERE
    lines = [INTRODUCTION.format(pattern=pattern.title, when=when)]
    says = {source.name: source.sentence for source in pattern.contracts}
    adapters = [source.name for source in pattern.others]
    subjects = sorted([*found["subjects"], *there], key=lambda one: _place(one["module"], adapters))
    for name, contract in sorted(
        found["contracts"].items(), key=lambda one: _place(one[1]["module"], list(says))
    ):
        held = [one for one in subjects if name in one["contracts"]]
        lines += _section(name, contract, held, says.get(contract["module"], ""), written(pattern.name))
    lines.append("## The files { data-search-exclude }\n\nWithout the checks, which are with their rules.\n")
    for source in pattern.contracts:
        code = f"{FENCE} python\n{around(source).rstrip()}\n{FENCE}\n"
        block = f'??? abstract "{source.place.as_posix()}"\n\n{_indented(code)}'
        lines.append(f'<a id="{source.stem}"></a>\n\n{block}')
    return "\n".join(lines) + "\n"


def _place(module: str, order: list[str]) -> int:
    """Return the place in the reading order; what has none comes last."""
    return order.index(module) if module in order else len(order)


def broken(subjects: list[Subject]) -> Iterator[str]:
    """Yield the rules that did not hold."""
    for subject in subjects:
        for number, (outcome, seen) in subject["verdicts"].items():
            if outcome == "broken":
                yield f"{subject['name']} breaks {number}: {seen}"


def summary(subjects: list[Subject], module: str) -> str:
    """Return how what a module defines fares on each backend, and what it is exempt from and why."""
    told = []
    for one in subjects:
        if one["module"] == module:
            held = sum(outcome == "holds" for outcome, _ in one["verdicts"].values())
            told.append(f"<br>{label(one)}: {held} rules hold")
            for reason, numbers in _exempt(one).items():
                named = ", ".join(map(_link, numbers))
                told.append(f"<br><small>exempt from {named}: {_plain(reason)}</small>")
    return "".join(told)


def _exempt(subject: Subject) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, (outcome, reason) in subject["verdicts"].items():
        if outcome == "exempt":
            found.setdefault(reason, []).append(number)
    return found


def _link(number: str) -> str:
    return f'<a href="../contract/#{number}">{number}</a>'


def _section(
    name: str, contract: dict[str, Any], subjects: list[Subject], says: str, checks: dict[str, Written]
) -> Iterator[str]:
    yield f"## {name}\n"
    says = says or f"What every `{contract['port']}` promises, written with the tests of this pattern"
    yield f"{says}. {len(contract['rules'])} rules.\n"
    yield _table(name, contract["rules"], subjects)
    for number, said in contract["rules"].items():
        yield f"### {number} {said} {{ #{number} .rule }}\n"
        yield _fares(number, subjects)
        if number in checks:
            yield f"{FENCE} python\n{checks[number].source}\n{FENCE}\n"


def _fares(number: str, subjects: list[Subject]) -> str:
    """Return who holds a rule and who is exempt, with the reasons."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in subjects:
        if verdict := one["verdicts"].get(number):
            outcome, seen = verdict
            alike = found.setdefault((outcome, seen if outcome != "holds" else ""), {})
            alike.setdefault(_linked(one, one["adapter"]), []).append(label(one).partition(" · ")[2])
    rows = []
    for (outcome, seen), adapters in sorted(found.items(), key=lambda one: list(SIGN).index(one[0][0])):
        why = f" ({_plain(seen)})" if seen else ""
        named = (f"{name} {_on(backends)}".strip() for name, backends in adapters.items())
        rows.append(f"<li>{SIGN[outcome]} {outcome}{why}: {', '.join(named)}</li>")
    return f'<ul class="fares" data-search-exclude="">{"".join(rows)}</ul>\n' if rows else ""


def _on(backends: list[str]) -> str:
    found = dict.fromkeys(filter(None, backends))
    return f"<small>({', '.join(found)})</small>" if found else ""


def _plain(reason: str) -> str:
    """Return the reason without the description of the tool that is missing."""
    return html.escape(re.sub(r"^the test bench has no `(\w+)` \(.*\)$", r"this bench has no \1", reason))


def label(subject: Subject) -> str:
    """Return what a subject is called: the adapter, and what is behind it."""
    if subject.get("server"):
        return f"{subject['adapter']} · {subject['on']}"
    on = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", subject["on"]).lower()
    return f"{subject['adapter']} · {on}" if on else subject["adapter"]


def _linked(subject: Subject, shown: str = "") -> str:
    page = known_page(subject["module"])
    shown = shown or html.escape(label(subject))
    return f'<a href="{page}">{shown}</a>' if page else shown


def _table(name: str, rules: dict[str, str], columns: list[Subject]) -> str:
    heads = "".join(f'<th scope="col">{_linked(one, _broken_up(label(one)))}</th>' for one in columns)
    rows = "".join(_row(number, says, columns) for number, says in rules.items())
    return (
        f'<div class="parity-frame" tabindex="0" role="region" aria-label="{name}: rules and adapters" '
        'data-search-exclude="">'
        f'<table class="parity"><thead><tr><th scope="col">rule</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>\n"
    )


def _broken_up(name: str) -> str:
    """Let a long class name break between its words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "<wbr>", html.escape(name)).replace(" · ", "<br><small>") + (
        "</small>" if " · " in name else ""
    )


def _row(number: str, says: str, columns: list[Subject]) -> str:
    said = re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(says))
    cells = "".join(_cell(one["verdicts"].get(number)) for one in columns)
    return f'<tr><th scope="row"><a href="#{number}">{number}</a> {said}</th>{cells}</tr>'


def _cell(verdict: list[str] | None) -> str:
    if verdict is None:
        return "<td></td>"
    outcome, seen = verdict
    title = f"{outcome}: {_plain(seen)}" if seen else outcome
    sign = f'<span aria-hidden="true">{SIGN[outcome]}</span><span class="said">{outcome}</span>'
    return f'<td class="{outcome.replace(" ", "-")}" title="{title}">{sign}</td>'


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
