"""A failed assert of a rule tells what it expected and what it saw, whatever its shape."""

from __future__ import annotations

import asyncio
import functools
import inspect
import linecache
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from infra_ref.contract import run
from infra_ref.contract.explain import LONGEST, Broken, explained

if TYPE_CHECKING:
    from nowhere import Absent  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parents[2]


def broken(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Broken:
    def call() -> None:
        made = explained(function)(*args, **kwargs)
        if inspect.iscoroutine(made):
            run(made)

    with pytest.raises(Broken) as raised:
        call()
    return raised.value


def said(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, str]:
    error = broken(function, *args, **kwargs)
    return error.expected, error.seen


def of(text: str, **names: Any) -> tuple[str, str]:
    """Say what `assert text` says, where it does not hold."""
    source = "def check():\n    assert " + text + "\n"
    name = f"<of {text}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec", dont_inherit=True), names)
    return said(names["check"])


class TestShapes:
    @pytest.mark.parametrize(
        ("text", "expected", "seen"),
        [
            ("n == 2", "2", "1"),
            ("n != 1", "!= 1", "1"),
            ("n < 1", "< 1", "1"),
            ("n <= 0", "<= 0", "1"),
            ("n > 1", "> 1", "1"),
            ("n >= 2", ">= 2", "1"),
            ("n is None", "is None", "1"),
            ("none is not None", "is not None", "None"),
            ("n in [2, 3]", "in [2, 3]", "1"),
            ("n not in [1]", "not in [1]", "1"),
            ("2 <= n <= 3", "2 <= n <= 3", "1"),
            ("0 < n < 2 < n", "0 < n < 2 < n", "1"),
            ("not n", "not n", "1"),
            ("not n == 1", "not n == 1", "True"),
            ("none", "none", "None"),
            ("n and none", "n and none", "None"),
            ("none or ''", "none or ''", "''"),
            ("isinstance(n, str)", "isinstance(n, str)", "1"),
            ("not isinstance(n, int)", "not isinstance(n, int)", "True"),
            ("all(m > 1 for m in [n])", "all((m > 1 for m in [n]))", "False"),
            ("n == 2, 'after set'", "2", "1 (after set)"),
            ("n == 2, f'{n:03}'", "2", "1 (001)"),
            ("n == 2, None", "2", "1"),
            ("none, 7", "none", "None (7)"),
            ("(lambda: n)() == 2", "2", "1"),
            ("(m := n) == 2, m", "2", "1 (1)"),
            ("(m := none)", "(m := none)", "None"),
            ("[m for m in (n, 2) if m] == [2]", "[2]", "[1, 2]"),
            ("(\n  n +\n  n\n) == 3", "3", "2"),
        ],
    )
    def test_each_tells_its_own(self, text: str, expected: str, seen: str) -> None:
        assert of(text, n=1, none=None) == (expected, seen)

    def test_the_message_says_all_of_it(self) -> None:
        def check() -> None:
            one = 1
            assert one == 2, "why"

        assert str(broken(check)) == "expected 2, saw 1 (why)   in: one == 2"

    def test_each_side_is_evaluated_once_and_the_remark_only_on_failure(self) -> None:
        calls = []

        def note(value: Any) -> Any:
            calls.append(value)
            return value

        def check(seen: int) -> None:
            assert note(seen) == note(1), note("remark")

        explained(check)(1)
        assert calls == [1, 1]
        broken(check, 2)
        assert calls == [1, 1, 2, 1, "remark"]

    def test_a_chain_stops_where_it_breaks(self) -> None:
        def check() -> None:
            assert 2 < 1 < undefined  # type: ignore[name-defined]  # noqa: F821

        assert said(check) == ("2 < 1 < undefined", "1")

    def test_await_on_either_side_and_in_the_remark(self) -> None:
        async def soon(value: Any) -> Any:
            await asyncio.sleep(0)
            return value

        async def check() -> None:
            assert await soon(1) == await soon(2), await soon("why")

        assert said(check) == ("2", "1 (why)")

    def test_a_name_bound_in_the_test_stays_bound(self) -> None:
        def check() -> int:
            assert (found := 7) > 1  # noqa: RUF018 - it is what is tried
            return found

        assert explained(check)() == 7

    def test_in_loops_handlers_and_blocks(self) -> None:
        def check() -> None:
            for number in (1, 2):
                try:
                    raise KeyError
                except KeyError:
                    with pytest.raises(ValueError, match="x"):
                        raise ValueError("x") from None
                    assert number == 1, f"round {number}"

        assert said(check) == ("1", "2 (round 2)")

    def test_an_assert_that_holds_changes_nothing(self) -> None:
        def check(values: list[int]) -> list[int]:
            assert values
            assert not values[1:]
            assert 0 < len(values) < 2
            assert isinstance(values, list)
            return values

        assert explained(check)([5]) == [5]


class TestWithin:
    def test_nested_functions_and_lambdas_in_defaults(self) -> None:
        def check(key: Any = lambda one: one, *, more: Any = (lambda: 4)) -> None:
            def within(value: int) -> None:
                assert key(value) == more()

            within(3)

        assert said(check) == ("4", "3")
        assert said(check, more=lambda: 5) == ("5", "3")

    def test_closures_are_shared_not_copied(self) -> None:
        count = 0

        def check() -> None:
            nonlocal count
            count += 1
            assert count > 1

        assert said(check) == ("> 1", "1")
        explained(check)()
        assert count == 2

    def test_a_class_in_the_function(self) -> None:
        def check() -> None:
            class Box:
                content = 2
                assert content == 2

                def look(self) -> None:
                    assert self.content == 3

            Box().look()

        assert said(check) == ("3", "2")

    def test_super_class_and_private_names(self) -> None:
        class Base:
            def value(self) -> int:
                return 1

        class Derived(Base):
            __secret = 2

            def check(self) -> None:
                assert __class__ is Derived  # type: ignore[name-defined]
                assert self.__secret == 2
                assert super().value() == self.__secret

        assert said(Derived.check, Derived()) == ("2", "1")

    def test_a_method_named_as_its_class_and_one_named_outer(self) -> None:
        class check:  # noqa: N801
            def check(self) -> None:
                assert self is None

        class Other:
            def outer(self) -> None:
                assert self is None

        assert said(check.check, check())[0] == said(Other.outer, Other())[0] == "is None"

    def test_long_strings_keep_their_margin(self) -> None:
        def check() -> str:
            text = """
        a
    b"""
            assert text
            return text

        assert explained(check)() == check() == "\n        a\n    b"

        def at_the_margin() -> None:
            text = """
x"""
            assert text == "y"

        assert said(at_the_margin) == ("'y'", "'\\nx'")

    def test_annotations_stay_unevaluated(self) -> None:
        def check() -> None:
            def within(one: Absent) -> Absent:
                assert one == 2

            within(1)

        assert said(check) == ("2", "1")

    def test_signature_names_and_attributes_stay(self) -> None:
        def check(one: int, two: int = 2, *rest: int, three: int = 3, **more: int) -> int:
            """Say something."""
            assert one
            return one + two + three + sum(rest) + sum(more.values())

        check.mark = "kept"  # type: ignore[attr-defined]
        twin = explained(check)
        assert twin is not check
        assert inspect.signature(twin) == inspect.signature(check)
        assert (twin.__name__, twin.__qualname__, twin.__doc__, twin.__module__) == (
            check.__name__,
            check.__qualname__,
            check.__doc__,
            check.__module__,
        )
        assert vars(twin) == {"mark": "kept"}
        assert twin(1) == 6
        assert twin(1, 1, 1, three=1, four=1) == 5

    def test_a_decorated_function_keeps_its_decorator(self) -> None:
        def doubled(inner: Callable[[], int]) -> Callable[[], int]:
            @functools.wraps(inner)
            def outer() -> int:
                return inner() * 2

            return outer

        @doubled
        def check() -> int:
            assert True
            return 2

        assert explained(check)() == 4

    def test_a_traceback_points_at_the_line_and_the_column(self) -> None:
        def check() -> None:
            one = 1
            assert one == (2)

        plain, told = AssertionError(), broken(check)
        try:
            check()
        except AssertionError as error:
            plain = error
        frame, other = (traceback.extract_tb(error.__traceback__)[-1] for error in (plain, told))
        assert (other.filename, other.lineno, other.colno) == (frame.filename, frame.lineno, frame.colno)


class TestValues:
    def test_of_long_dataclasses_it_tells_the_fields_that_differ(self) -> None:
        @dataclass
        class Parcel:
            id: str
            note: str
            fragile: object

        @dataclass
        class Found:
            value: Parcel

        def same(left: Found, right: Found) -> None:
            assert left == right

        note = "long " * 50
        one, other = Found(Parcel("a", note, True)), Found(Parcel("a", note, 2))
        assert said(same, one, other) == (
            "Found(value=Parcel(fragile=2, ...))",
            "Found(value=Parcel(fragile=True, ...))",
        )
        short = Found(Parcel("a", "", 2)), Found(Parcel("b", "", 2))
        assert "id='a', note=''" in said(same, *short)[1]

    def test_long_ones_are_cut(self) -> None:
        for value in (
            "x" * 10**6,
            list(range(10**5)),
            [["y" * 500] * 50] * 50,
            dict.fromkeys(range(999), "z" * 99),
        ):
            _, seen = of("value is None", value=value)
            assert len(seen) < LONGEST + 20
            assert "..." in seen

    def test_one_that_cannot_be_shown_is_named(self) -> None:
        class Shy:
            def __repr__(self) -> str:
                raise RuntimeError("no")

        assert "Shy" in of("value is None", value=Shy())[1]
        assert "Shy" in of("value == 1", value=[Shy()])[1]
        assert "int" in of("value == 1", value=10**5000)[1]  # Python refuses to write it out

    def test_one_marked_secret_keeps_itself(self) -> None:
        assert "hunter2" not in " ".join(of("value == 1", value=[SecretStr("hunter2")]))

    def test_addresses_are_left_out_for_no_two_runs_share_them(self) -> None:
        assert of("value is None", value=object())[1] == "<object object>"

    def test_two_that_look_alike_are_told_apart(self) -> None:
        assert of("one == other", one=object(), other=object())[1] == (
            "<object object>, which only looks the same"
        )
        assert of("one is other", one=[], other=[]) == ("is []", "[], which only looks the same")


def python(flags: list[str], text: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "told.py").write_text(textwrap.dedent(text))
    return subprocess.run(
        [sys.executable, *flags, "told.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize("flags", [[], ["-O"], ["-OO"]])
def test_optimised_python_keeps_the_asserts_of_a_rule(flags: list[str], tmp_path: Path) -> None:
    text = """
        from infra_ref.contract import Contract, rule, run

        class Two(Contract):
            @rule("TWO-01", "it is two")
            async def two(self, number):
                assert number == 2

        print(run(Two.verify(lambda: 2)).holds, run(Two.verify(lambda: 3)).verdicts[0].seen)
        """
    done = python(flags, text, tmp_path)
    assert (done.stdout, done.stderr) == ("True 3\n", "")


AWAY = """
from infra_ref.contract import Contract, rule, run

TEXT = '''
class Two(Contract):
    @rule("TWO-01", "it is two")
    async def two(self, number):
        assert number == 2, "it is not"
'''
exec(compile(TEXT, "<away>", "exec"))
print(run(Two.verify(lambda: 3)).verdicts[0].seen)
"""


def test_without_its_source_a_rule_still_fails_and_optimised_it_is_refused(tmp_path: Path) -> None:
    done = python([], AWAY, tmp_path)
    assert done.stdout == "AssertionError: it is not   at: line 5\n", done.stderr
    done = python(["-O"], AWAY, tmp_path)
    assert done.returncode == 1
    assert "RuntimeError: Two.two: its source is not to be had" in done.stderr
    assert "run without -O" in done.stderr
