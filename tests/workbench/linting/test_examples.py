"""Each rule on its examples: bad ones it must catch where marked, good ones only when mutated."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra_ref.workbench.linting.finding import Finding, Rule
from infra_ref.workbench.linting.project import lint_source
from infra_ref.workbench.linting.rules import ALL, RULES

FOLDER = Path(__file__).parent / "examples"
MARK = "# <-"


@dataclass(frozen=True)
class Example:
    """A piece of source under `# bad: title` or `# good: title`."""

    kind: str
    title: str
    source: str

    def found(self, rule: Rule) -> list[Finding]:
        role = re.search(r"^# role: (\w+)", self.source, re.M)
        return lint_source(self.source, role=role[1] if role else "", rules=[rule])

    @property
    def marked(self) -> list[int]:
        return [n for n, line in enumerate(self.source.split("\n"), start=1) if line.endswith(MARK)]

    @property
    def mutant(self) -> Example:
        """The same with each `old => new` of its line `# mutant:` put in."""
        changes = re.search(r"^# mutant: (.*)$", self.source, re.M)
        assert changes, f"{self.title}: a good example says how it becomes a bad one"
        source = self.source.replace(changes[0], "")
        for change in changes[1].split(" // "):
            old, _, new = change.replace("\\n", "\n").partition("=>")
            old, new = old[:-1], new[1:]
            assert old in source, f"{self.title}: {old!r} is not in it"
            source = source.replace(old, new)
        return Example("bad", self.title, source)


def examples(rule: Rule, folder: Path = FOLDER) -> Iterator[Example]:
    text = (folder / f"{rule.code.lower()}.py").read_text(encoding="utf-8")
    parts = re.split(r"^# (bad|good): (.*)\n", text, flags=re.M)[1:]
    for kind, title, source in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield Example(kind, title, source)


def cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, one, id=f"{rule.code} {one.title}")
        for rule in ALL
        for one in examples(rule)
        if one.kind == kind
    ]


@pytest.mark.parametrize(("rule", "example"), cases("bad"))
def test_a_bad_example_is_caught_where_it_is_marked(rule: Rule, example: Example) -> None:
    assert example.marked
    assert sorted({one.line for one in example.found(rule)}) == example.marked


@pytest.mark.parametrize(("rule", "example"), cases("good"))
def test_a_good_example_is_let_be_and_its_mutant_is_caught(rule: Rule, example: Example) -> None:
    assert example.found(rule) == []
    assert example.mutant.found(rule), example.mutant.source


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rule_has_at_most_70_lines(rule: Rule) -> None:
    source = Path(inspect.getfile(rule.find)).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 70


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_there_are_eight_of_each(rule: Rule) -> None:
    kinds = [one.kind for one in examples(rule)]
    assert min(kinds.count("bad"), kinds.count("good")) >= 8


# The bad examples again, in the idioms of other libraries: how many are found is measured, not demanded


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_recall_is_what_the_figures_say(rule: Rule) -> None:
    rewritten = list(examples(rule, FOLDER.with_name("recall")))
    found = [one for one in rewritten if set(one.marked) & {hit.line for hit in one.found(rule)}]
    measured = rule.told.figures
    assert len(rewritten) >= 6
    assert (measured["examples"], measured["found"]) == (len(rewritten), len(found))


# Precision: reports on packages from PyPI, read and judged by us


JUDGED = json.loads(FOLDER.with_name("judged.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_precision_is_what_was_judged_and_a_rule_is_on_if_that_is_enough(rule: Rule) -> None:
    judged = [one["right"] for one in JUDGED["judged"] if one["code"] == rule.code]
    measured = rule.told.figures
    assert (measured["judged"], measured["right"]) == (len(judged), sum(judged))
    assert rule.experimental == (len(judged) < 5 or judged.count(False) * 10 > len(judged))
    assert (rule in RULES) == (not rule.experimental)


def test_what_was_judged_is_of_packages_that_are_named_with_their_versions() -> None:
    assert all(JUDGED["packages"][one["package"]] == one["version"] for one in JUDGED["judged"])


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_the_figures_count_the_bad_examples(rule: Rule) -> None:
    assert rule.told.figures["bad"] == sum(one.kind == "bad" for one in examples(rule))
