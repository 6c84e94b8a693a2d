"""`exercise`: the blank, the wrong, the right; what is said to each; and that a proof finds every drift."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, Protocol

import pytest

from infra_ref.contract import Contract, rule, run
from infra_ref.workbench import Check, Exercise, Wrong, exercise
from infra_ref.workbench.teaching.proof import faults


class Counter(Protocol):
    async def add(self, by: int) -> int: ...

    async def total(self) -> int: ...


class CounterContract(Contract):
    port = Counter

    @rule("COUNT-1", "what is added is in the total")
    async def adds(self, counter: Counter) -> None:
        await counter.add(2)
        await counter.add(3)
        assert await counter.total() == 5

    @rule("COUNT-2", "add returns the total")
    async def returns(self, counter: Counter) -> None:
        assert await counter.add(2) == 2

    @rule("COUNT-3", "two instances share nothing")
    async def is_apart(self, counter: Counter) -> None:
        await type(counter)().add(7)
        assert await counter.total() == 0


COUNT = Exercise(
    id="tests/count",
    title="Count",
    task="""
        Complete `MyCounter` so that it
        counts.

        It starts at zero.
    """,
    makes="MyCounter",
    frame="""
        class MyCounter:
            def __init__(self) -> None:
                self.sum = 0

            ____
    """,
    blank="""
        async def add(self, by: int) -> int:
            ...

        async def total(self) -> int:
            ...
    """,
    solution="""
        async def add(self, by: int) -> int:
            self.sum += by
            return self.sum

        async def total(self) -> int:
            return self.sum
    """,
    wrong=(
        Wrong(
            "forgets to answer",
            """
            async def add(self, by: int) -> int:
                self.sum += by

            async def total(self) -> int:
                return self.sum
            """,
            breaks=("COUNT-2",),
            feedback="`add` answers too: with the new total.",
        ),
        Wrong(
            "shares the sum",
            """
            async def add(self, by: int) -> int:
                type(self).sum = getattr(type(self), "sum", 0) + by
                return type(self).sum

            async def total(self) -> int:
                return getattr(type(self), "sum", 0)
            """,
            breaks=("COUNT-2", "COUNT-3"),
            feedback="A class is one for all of its instances.",
        ),
    ),
    hints=("Where is the sum kept?", "`self.sum` is there already."),
    notice="Nothing else had to be kept.",
    contract=CounterContract,
)


async def twice_is_twice(attempt: Any) -> None:
    assert attempt(2) == 4
    assert attempt(-1) == -2


DOUBLE = Exercise(
    id="tests/double",
    title="Double",
    task="Return twice the number.",
    makes="double",
    frame="""
        def double(number: int) -> int:
            ____
    """,
    blank="...",
    solution="return 2 * number",
    wrong=(Wrong("squares", "return number**2", breaks=("DOUBLE",), feedback="It is right for 2 alone."),),
    hints=("Add it to itself.",),
    notice="One line.",
    checks=(Check("DOUBLE", "the double of a number is twice it", twice_is_twice),),
)


def test_the_exercises_are_proved() -> None:
    assert proof(COUNT) == []
    assert proof(DOUBLE) == []


def proof(one: Exercise) -> list[str]:
    async def all_of() -> list[str]:
        return [fault async for fault in faults(one)]

    return run(all_of())


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"solution": COUNT.blank}, "the solution is not attempted"),
        ({"solution": COUNT.wrong[0].fill}, "the solution is wrong"),
        (
            {"wrong": (dataclasses.replace(COUNT.wrong[0], breaks=("COUNT-1",)),)},
            "'forgets to answer' breaks COUNT-2, expected COUNT-1",
        ),
        (
            {"wrong": (dataclasses.replace(COUNT.wrong[0], fill=COUNT.solution),)},
            "'forgets to answer' is solved",
        ),
        (
            {
                "wrong": (
                    COUNT.wrong[0],
                    dataclasses.replace(COUNT.wrong[0], name="again", feedback="Never seen."),
                )
            },
            "'again' does not get its feedback",
        ),
    ],
)
def test_a_proof_finds_what_drifted(changed: dict[str, Any], says: str) -> None:
    assert says in "\n".join(proof(dataclasses.replace(COUNT, **changed)))


class LackingContract(CounterContract):
    @rule("COUNT-4", "it counts in two places at once", needs="two_places")
    async def two_places(self, counter: Counter) -> None: ...

    lacks = {"two_places": "it has one"}  # noqa: RUF012 - as adapters declare it


def test_a_proof_wants_no_rule_left_out() -> None:
    assert "not held to COUNT-4" in proof(dataclasses.replace(COUNT, contract=LackingContract))[0]
    assert (
        proof(dataclasses.replace(COUNT, contract=LackingContract, only=("COUNT-1", "COUNT-2", "COUNT-3")))
        == []
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"frame": "x = 1"}, "0 lines that read ____"),
        ({"contract": None}, "by a contract or by checks"),
        ({"checks": DOUBLE.checks}, "by a contract or by checks"),
        ({"hints": ()}, "no hint"),
        ({"wrong": ()}, "which one do people give"),
        ({"wrong": (dataclasses.replace(COUNT.wrong[0], breaks=()),)}, "breaks no rule"),
    ],
)
def test_an_authors_mistake_raises(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"exercise tests/count: .*{says}"):
        dataclasses.replace(COUNT, **changed)


def test_the_cell_holds_the_frame_and_the_blank() -> None:
    assert COUNT.source(COUNT.blank) == (
        "class MyCounter:\n"
        "    def __init__(self) -> None:\n"
        "        self.sum = 0\n"
        "\n"
        "    async def add(self, by: int) -> int:\n"
        "        ...\n"
        "\n"
        "    async def total(self) -> int:\n"
        "        ..."
    )
    assert DOUBLE.source(DOUBLE.blank) == "def double(number: int) -> int:\n    ..."


def judged(attempt: Any, one: Exercise = COUNT) -> Any:
    return run(exercise(one).judge(attempt))


def test_not_attempted() -> None:
    class MyCounter:
        """Words, comments and places make no difference."""

        def __init__(self) -> None:
            self.sum = 0  # here

        async def add(self, by: int) -> int: ...

        async def total(self) -> int: ...

    expected = "– Not attempted yet.\n  Complete MyCounter above, then run this cell again."
    for nothing in (MyCounter, None, ...):
        assert repr(judged(nothing)) == expected


def test_a_known_wrong_answer_is_told_what_fits() -> None:
    shown = judged(COUNT.make(COUNT.wrong[0].fill))
    assert repr(shown) == (
        "✗ Not yet: 1 of 3 rules broken.\n"
        "  ✗ COUNT-2  add returns the total\n"
        "      expected: 2\n"
        "          seen: None\n"
        "  `add` answers too: with the new total."
    )
    assert "<code>add</code> answers too" in shown._repr_html_()
    assert "2 rules held" in shown._repr_html_()


def test_one_that_breaks_the_same_rules_is_told_the_same() -> None:
    class MyCounter:
        def __init__(self) -> None:
            self.numbers: list[int] = []

        async def add(self, by: int) -> str:
            self.numbers.append(by)
            return "thanks"

        async def total(self) -> int:
            return sum(self.numbers)

    assert judged(MyCounter).notes == ("`add` answers too: with the new total.",)


def test_half_an_attempt_is_judged_and_told_what_is_left() -> None:
    class MyCounter:
        def __init__(self) -> None:
            self.sum = 0

        async def add(self, by: int) -> int:
            self.sum += by
            return self.sum

        async def total(self) -> int: ...

    shown = judged(MyCounter)
    assert shown.outcome == "wrong"
    assert shown.broken == ("COUNT-1", "COUNT-3")
    assert shown.notes == ("Still to write: total.",)


def test_solved() -> None:
    shown = judged(COUNT.make(COUNT.solution))
    assert repr(shown) == (
        "✓ Solved: 3 rules held.\n"
        "  ✓ COUNT-1  what is added is in the total\n"
        "  ✓ COUNT-2  add returns the total\n"
        "  ✓ COUNT-3  two instances share nothing\n"
        "  Nothing else had to be kept."
    )


def test_a_check_of_its_own_tells_what_it_expected() -> None:
    assert repr(judged(lambda number: number + 2, DOUBLE)) == (
        "✗ Not yet: 1 of 1 rule broken.\n"
        "  ✗ DOUBLE  the double of a number is twice it\n"
        "      expected: -2\n"
        "          seen: 1\n"
        "  It is right for 2 alone."
    )


def test_what_is_handed_in_wrongly_is_told_so() -> None:
    assert "judge() takes MyCounter itself, not what it returns." in repr(
        judged(COUNT.make(COUNT.solution)())
    )


def test_an_attempt_that_raises_or_hangs_is_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra_ref.workbench.teaching.exercise.SECONDS_PER_RULE", 0.05)

    class Raises:
        def __init__(self) -> None:
            raise RuntimeError("no")

    class Hangs:
        async def add(self, by: int) -> int:
            return await asyncio.get_running_loop().create_future()

        total = add

    assert "RuntimeError: no" in repr(judged(Raises))
    assert "no answer within 0.05 s" in repr(judged(Hangs))


def test_hints_come_one_by_one() -> None:
    ex = exercise(COUNT)
    first, second, still = repr(ex.hint()), repr(ex.hint()), repr(ex.hint())
    assert first == "Hints: 1 of 2\n  1. Where is the sum kept?\n  1 more: run this cell again."
    assert second == still
    assert second.splitlines()[1:] == [
        "  1. Where is the sum kept?",
        "  2. `self.sum` is there already.",
        "  That was the last one; next is the solution.",
    ]
    assert ex.hint()._repr_html_().count("<details>") == 2


def test_the_task_and_the_solution() -> None:
    ex = exercise(COUNT)
    assert repr(ex) == (
        "Exercise: Count\n"
        "  Complete `MyCounter` so that it counts.\n"
        "  It starts at zero.\n"
        "  all 3 rules of CounterContract"
    )
    assert "<details><summary>Show it</summary><pre>" in ex.solution()._repr_html_()
    assert "            self.sum += by" in repr(ex.solution())
    assert "DOUBLE  the double of a number is twice it" in repr(exercise(DOUBLE))


@pytest.mark.parametrize(
    ("which", "says"),
    [
        ("nowhere/at-all", "nothing has exercises on 'nowhere'"),
        ("no_such_module:X", "No module named"),
        ("infra_ref.clock:SystemClock", "is a type, not an Exercise"),
        ("infra_ref.clock:Nothing", "no attribute 'Nothing'"),
    ],
)
def test_an_unknown_exercise_says_what_there_is(which: str, says: str) -> None:
    with pytest.raises(LookupError, match=says):
        exercise(which)
