"""`exercise`: the blank, the wrong, the right; what is said to each; and that a proof finds every drift."""

from __future__ import annotations

import dataclasses
import gc
import signal
import threading
import time
from typing import Any, Protocol

import pytest

from infra_ref.contract import Contract, rule, run
from infra_ref.workbench import Check, Exercise, Wrong, exercise
from infra_ref.workbench.teaching import definitions, judging
from infra_ref.workbench.teaching.calls import Calls, as_lines
from infra_ref.workbench.teaching.judgement import Judgement
from infra_ref.workbench.teaching.proof import faults, wrong_answers


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
    assert "exempt from COUNT-4" in proof(dataclasses.replace(COUNT, contract=LackingContract))[0]
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

    expected = "– Not attempted yet.\n  Complete MyCounter above, run its cell, then run this cell again."
    for nothing in (MyCounter, None, ...):
        assert repr(judged(nothing)) == expected


def test_a_known_wrong_answer_is_told_what_fits() -> None:
    shown = judged(COUNT.make(COUNT.wrong[0].fill))
    assert repr(shown) == (
        "✗ Not yet: 1 of 3 rules broken.\n"
        "  ✗ COUNT-2  add returns the total\n"
        "        called: add(2) -> None\n"
        "      expected: 2\n"
        "          seen: None\n"
        "  `add` returned None each time it was called: does it `return` what it found?\n"
        "  `add` answers too: with the new total."
    )
    assert "<code>add</code> answers too" in shown._repr_html_()
    assert "2 rules held" in shown._repr_html_()


def test_advice_is_for_what_behaves_like_a_known_wrong_answer_and_for_nothing_else() -> None:
    class Silent:
        def __init__(self) -> None:
            self.numbers: list[int] = []

        async def add(self, by: int) -> None:
            self.numbers.append(by)

        async def total(self) -> int:
            return sum(self.numbers)

    class Polite(Silent):
        async def add(self, by: int) -> str:  # type: ignore[override]
            self.numbers.append(by)
            return "thanks"

    assert "`add` answers too: with the new total." in judged(Silent).notes
    assert judged(Polite).broken == ("COUNT-2",)
    assert judged(Polite).notes == ()


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
        "        called: <lambda>(2) -> 4\n"
        "                <lambda>(-1) -> 1\n"
        "      expected: -2\n"
        "          seen: 1"
    )


def test_what_is_handed_in_wrongly_is_told_so() -> None:
    assert "judge() takes MyCounter itself, not what it returns." in repr(
        judged(COUNT.make(COUNT.solution)())
    )


def counter(body: str) -> Any:
    """Return a counter whose `add` has this body, as a cell would define it."""
    return COUNT.make(f"async def add(self, by):\n    {body}\n\nasync def total(self):\n    return self.sum")


def quickly(attempt: Any, one: Exercise = COUNT) -> Judgement:
    return run(judging.judged(one, attempt, seconds=0.3))


@pytest.mark.parametrize(
    "body",
    [
        "while True:\n        pass",
        "while True:\n        await asyncio.sleep(0)",
        "await asyncio.Future()",
        "time.sleep(60)",
        "while True:\n        try: self.sum += 1\n        except BaseException: pass",
        "while True:\n        try:\n            self.sum += 1\n        except BaseException: self.sum = 0",
        "while True:\n        try:\n            await asyncio.sleep(0)\n        except BaseException: pass",
        "while True:\n        try:\n            time.sleep(9)\n        except BaseException: continue",
        "await asyncio.create_task(self.add(by))",
        "asyncio.get_running_loop().run_forever = None\n    while True: self.sum += 1",
    ],
)
def test_what_never_ends_is_a_verdict_in_time(body: str) -> None:
    began, interrupt = time.monotonic(), signal.getsignal(signal.SIGINT)
    shown = quickly(counter(f"import asyncio, time\n    {body}"))
    assert time.monotonic() - began < 8
    assert shown.outcome == "wrong"
    assert [one.outcome for one in shown.tried] == ["broken", "not tried", "not tried"]
    assert "no answer within 0.3 s in `add`, at `" in shown.tried[0].seen
    assert "1 of 3 rules broken, 2 not tried" in repr(shown)
    assert signal.getsignal(signal.SIGINT) is interrupt


@pytest.mark.parametrize(
    "raised", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException", "asyncio.CancelledError"]
)
def test_whatever_is_raised_is_a_verdict(raised: str) -> None:
    shown = quickly(counter(f"import asyncio\n    raise {raised}('no')"))
    assert shown.broken == ("COUNT-1", "COUNT-2", "COUNT-3")
    assert "raised" in shown.tried[0].seen or "cancelled" in shown.tried[0].seen


def test_stop_ends_it_at_once() -> None:
    threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(exercise(COUNT).judge(counter("while True: pass")))
    assert time.monotonic() - began < 2


def test_a_verdict_is_all_there_is(capfd: pytest.CaptureFixture[str]) -> None:
    """No traceback of a task, no warning of a coroutine stands above it."""
    adds = "import asyncio\n    asyncio.create_task(self.fail())\n    self.keep(self.total())\n"
    adds += "    await a.sleep(0)"
    keeps = "async def keep(self, other):\n    pass\n"
    shown = quickly(counter(f"{adds}\n\nasync def fail(self):\n    raise OSError(1)\n\n{keeps}"))
    gc.collect()
    assert capfd.readouterr() == ("", "")
    assert "`total` was called and not awaited" in repr(shown)


@pytest.mark.parametrize(
    ("fill", "says"),
    [
        ("async def add(self, by): return by", "There is no `total` in MyCounter."),
        (
            "def add(self, by): return by\nasync def total(self): return 0",
            "`add` is awaited by its callers: write `async def add`.",
        ),
        (
            "async def add(self, by): yield by\nasync def total(self): return 0",
            "A `yield` makes `add` a generator, and none of its lines runs when it is called.",
        ),
        (
            "async def add(self): return 1\nasync def total(self): return 0",
            "`add` is called with (by); yours takes ().",
        ),
        (
            "async def add(self, by):\n    self.nothing += by\nasync def total(self): return 0",
            "AttributeError: 'MyCounter' object has no attribute 'nothing' in `add`, at `self.nothing += by`",
        ),
    ],
)
def test_a_verdict_says_what_is_amiss_in_the_learners_terms(fill: str, says: str) -> None:
    assert says in repr(quickly(COUNT.make(fill))).replace("\n        ", " ")


def test_where_a_rule_raises_the_right_answer_to_the_same_call_is_what_was_expected() -> None:
    shown = quickly(COUNT.make("async def add(self, by): return by.nothing"))
    assert [(one.number, one.expected) for one in shown.tried] == [
        ("COUNT-1", "add(2) -> 2"),
        ("COUNT-2", "add(2) -> 2"),
        ("COUNT-3", "add(7) -> 7"),
    ]
    adds = "async def add(self, by):\n    self.sum += by\n    return self.sum"
    assert [one.expected for one in quickly(COUNT.make(adds)).tried] == ["total() -> 5", "", "total() -> 0"]


def test_a_helper_of_the_solution_is_not_asked_for() -> None:
    helped = dataclasses.replace(
        COUNT, solution=f"{COUNT.solution}\n        async def help(self) -> None:\n            return None\n"
    )
    assert "help" not in repr(quickly(COUNT.make("async def add(self, by): return 1"), helped))


def test_a_function_that_is_async_by_mistake() -> None:
    async def double(number: int) -> int:
        return 2 * number

    shown = repr(quickly(double, DOUBLE))
    assert "`double` is called without `await`" in shown
    assert "write `await` before the call" not in shown


def test_a_class_where_a_function_is_asked_for() -> None:
    assert "`double` is called as a function: write `def double`" in repr(
        quickly(type("Twice", (), {}), DOUBLE)
    )


def test_many_calls_are_shown_in_few_lines() -> None:
    shown = run(judging.judged(DOUBLE, lambda number: 4)).tried[0]
    assert shown.called == ("<lambda>(2) -> 4", "<lambda>(-1) -> 4")
    calls = Calls()
    watched = calls.watching(lambda number: number)
    for number in (1, 1, 1, 2, 3, 4, 5, 6, 7, 8):
        watched(number)
    assert as_lines(calls.taken()) == (
        "<lambda>(1) -> 1   (3 times)",
        "<lambda>(2) -> 2",
        "... 3 more",
        "<lambda>(6) -> 6",
        "<lambda>(7) -> 7",
        "<lambda>(8) -> 8",
    )


def test_after_a_cell_that_failed_the_older_definition_is_not_judged() -> None:
    try:
        compile("class MyCounter:\n    async def add(self: ...", "cell", "exec")
    except SyntaxError as error:
        definitions.after_cell("class MyCounter:\n    async def add(self: ...", error)
    shown = judged(COUNT.make(COUNT.solution))
    assert shown.outcome == "not attempted"
    assert "The last cell that defines MyCounter ended in an error: SyntaxError in line 2" in repr(shown)
    definitions.after_cell("class MyCounter:\n    ...", None)
    assert judged(COUNT.make(COUNT.solution)).outcome == "solved"


def test_generated_wrong_answers() -> None:
    assert [one.name for one in wrong_answers(COUNT)] == [
        "an empty body",
        "`add` does nothing",
        "`add` returns its argument",
        "`total` does nothing",
        "without `async def add(self, by: int) -> int:`",
        "without `async def total(self) -> int:`",
        "without `self.sum += by`",
        "without `return self.sum`",
    ]
    lax = dataclasses.replace(COUNT, contract=LaxContract)
    assert "solved `total` does nothing: let a rule fail, or say in may_pass why" in "".join(proof(lax))


class LaxContract(Contract):
    port = Counter

    @rule("COUNT-2", "add returns the total")
    async def returns(self, counter: Counter) -> None:
        assert await counter.add(2) == 2


def test_may_pass_names_what_passes() -> None:
    said = proof(dataclasses.replace(COUNT, may_pass={"an empty body": "it may"}))
    assert said == [
        "tests/count: may_pass names 'an empty body', and no generated answer of that name passes"
    ]


def test_hints_are_shown_when_asked_for() -> None:
    ex = exercise(COUNT)
    assert repr(ex.hint(0)) == "Hints: 0 of 2\n  2 hints: write hint(1) to see the first of them."
    assert ex.hints_taken == 0
    assert repr(ex.hint(1)).splitlines()[1:] == [
        "  1. Where is the sum kept?",
        "  1 more: write hint(2) to see the next one.",
    ]
    assert repr(ex.hint(9)).splitlines()[1:] == [
        "  1. Where is the sum kept?",
        "  2. `self.sum` is there already.",
        "  That was the last one; next is the solution.",
    ]
    assert (ex.hints_taken, repr(ex.hint(0))[:13]) == (2, "Hints: 0 of 2")
    assert "<p>2. <code>self.sum</code> is there already.</p>" in ex.hint(2)._repr_html_()


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
