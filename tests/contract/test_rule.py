"""What is a rule, what is not, and what a contract may do with those it inherits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from infra_ref.contract import Contract, Report, rule, run, tool


class Base(Contract):
    spare = tool("a second one")

    @rule("BASE-02", "it is there")
    async def there(self, it: Any) -> None:
        assert it is not None

    @rule("BASE-01", "a spare is there too")
    async def spare_too(self, it: Any, spare: Any) -> None:
        assert spare is not None


class Derived(Base):
    @rule("DERIVED-01", "it is one")
    async def is_one(self, it: Any) -> None:
        assert it == 1


def verify(contract: type[Contract], **more: Any) -> Report:
    return run(contract.verify(lambda: 1, **more))


class TestDeclaring:
    @pytest.mark.parametrize(
        "check",
        [
            lambda self, it: None,
            len,
            7,
            "a sentence",
            Base,
            functools.partial(print, 1),
        ],
    )
    def test_only_a_coroutine_function_is_one(self, check: Any) -> None:
        with pytest.raises(
            TypeError, match=r"rule X-01: right below @rule, write `async def .*\(self, adapter\)`"
        ):
            rule("X-01", "it is")(check)

    def test_it_takes_the_adapter_and_tools_by_name(self) -> None:
        async def nothing() -> None: ...
        async def no_adapter(self: Any) -> None: ...
        async def any_number(self: Any, it: Any, *tools: Any) -> None: ...
        async def any_name(self: Any, it: Any, **tools: Any) -> None: ...
        async def by_position(self: Any, it: Any, clock: Any, /) -> None: ...
        async def generator(self: Any, it: Any) -> Any:
            yield it

        for check in (nothing, no_adapter, any_number, any_name, by_position, generator):
            with pytest.raises(TypeError, match=f"async def {check.__name__}"):
                rule("X-01", "it is")(check)

    def test_no_other_decorator_hides_its_asserts(self) -> None:
        def quiet(check: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(check)
            async def called(*args: Any) -> None:
                await check(*args)

            return called

        async def holds(self: Any, it: Any) -> None:
            assert it

        with pytest.raises(TypeError, match="right below @rule"):
            rule("X-01", "it is")(quiet(holds))

    def test_a_parameter_with_a_default_is_no_tool(self) -> None:
        contracts = []
        for limit in (1, 2):

            class Limited(Contract):
                @rule("X-01", "it is at least the limit")
                async def at_least(self, it: int, limit: int = limit, *, more: int = 0) -> None:
                    assert it >= limit + more

            contracts.append(Limited)
        assert [verify(one).holds for one in contracts] == [True, False]
        assert next(contracts[0].rules()).tools == ()

    def test_needs_may_be_one_or_many(self) -> None:
        async def check(self: Any, it: Any) -> None: ...

        assert rule("X-01", "it is", needs="one")(check).needs == ("one",)
        assert rule("X-01", "it is", needs=("one", "two"))(check).needs == ("one", "two")
        assert rule("X-01", "it is")(check).needs == ()

    def test_a_number_is_one_rules_own(self) -> None:
        with pytest.raises(TypeError, match="Twice: X-01 is the number of both one and two"):

            class Twice(Contract):
                @rule("X-01", "one")
                async def one(self, it: Any) -> None: ...

                @rule("X-01", "two")
                async def two(self, it: Any) -> None: ...

        with pytest.raises(TypeError, match="BASE-01 is the number of both spare_too and another"):

            class Again(Base):
                @rule("BASE-01", "another")
                async def another(self, it: Any) -> None: ...


class TestInheriting:
    def test_rules_of_the_base_come_first_each_in_written_order(self) -> None:
        assert [one.number for one in Derived.rules()] == ["BASE-02", "BASE-01", "DERIVED-01"]
        tests = [name for name in dir(Derived) if name.startswith("test_")]
        assert sorted(tests) == [
            "test_BASE_01_spare_too",
            "test_BASE_02_there",
            "test_DERIVED_01_is_one",
        ]
        assert Derived.test_DERIVED_01_is_one.__doc__ == "it is one"  # type: ignore[attr-defined]

    def test_a_rule_may_be_written_anew_under_its_number(self) -> None:
        class Stricter(Base):
            @rule("BASE-02", "it is there, and two")
            async def there(self, it: Any) -> None:
                assert it == 2

        assert next(one.says for one in Stricter.rules()) == "it is there, and two"
        assert verify(Stricter).broken == ("BASE-02",)
        with pytest.raises(AssertionError, match="it is there, and two"):
            type("TestIt", (Stricter,), {"make": lambda self: 1})().test_BASE_02_there()

    def test_a_contract_of_parts_has_its_own_name(self) -> None:
        class OfParts(Base):
            port = int

        assert (verify(OfParts).contract, verify(Derived).contract) == ("OfParts", "Derived")

    def test_a_promise_is_not_taken_back(self) -> None:
        with pytest.raises(TypeError, match=r"Without\.there hides BASE-02, a rule of Base"):

            class Without(Base):
                there = None

        with pytest.raises(TypeError, match="hides BASE-02"):

            class Other(Base):
                @rule("X-01", "something else")
                async def there(self, it: Any) -> None: ...

        class Bench:
            def there(self) -> int:
                return 1

        with pytest.raises(TypeError, match="hides BASE-02"):
            type("TestIt", (Bench, Base), {})

    def test_a_bench_that_is_mixed_in_is_not_the_contract(self) -> None:
        class Bench(Contract):
            def make(self) -> int:
                return 1

        report = run(type("TestOne", (Bench, Derived), {"spare": 2}).verify())
        assert (report.contract, report.adapter, report.holds) == ("Derived", "One", True)


class TestTools:
    def test_an_attribute_a_method_a_property_and_one_set_by_make(self) -> None:
        class Asking(Contract):
            attribute = tool("a")
            method = tool("m")
            prop: Any = tool("p")

            @rule("X-01", "all are there")
            async def all_there(self, it: Any, attribute: Any, method: Any, prop: Any, made: Any) -> None:
                assert (it, attribute, await method(), prop, made) == (1, 2, 3, 4, 5)

        class TestIt(Asking):
            attribute = 2

            async def make(self) -> int:
                self.made = 5
                return 1

            async def method(self) -> int:
                return 3

            @property
            def prop(self) -> int:
                return self.made - 1  # only once make has run

        assert run(TestIt.verify()).holds

    def test_a_missing_one_is_lacking_with_what_it_is(self) -> None:
        verdict = verify(Base, only="BASE-01").verdicts[0]
        assert (verdict.outcome, verdict.seen) == ("exempt", "the test bench has no `spare` (a second one)")

    def test_one_that_nobody_declared_is_a_mistake_in_the_contract(self) -> None:
        class Misspelt(Base):
            @rule("X-01", "it is")
            async def misspelt(self, it: Any, spair: Any) -> None: ...

        verdict = verify(Misspelt).verdicts[2]
        assert verdict.outcome == "broken"
        assert "X-01 asks for `spair`, which Misspelt does not declare: write spair = tool(" in verdict.seen

    def test_an_error_in_a_property_is_not_taken_for_a_missing_tool(self) -> None:
        class TestIt(Base):
            make = lambda self: 1  # noqa: E731

            @property
            def spare(self) -> Any:
                return self.nowhere

        verdict = run(TestIt.verify(only="BASE-01")).verdicts[0]
        assert verdict.outcome == "broken"
        assert verdict.seen.startswith("AttributeError: 'TestIt' object has no attribute 'nowhere'")


class TestLacking:
    class Able(Contract):
        extra = tool("something extra")

        @rule("X-01", "it flies", needs="flying")
        async def flies(self, it: Any) -> None:
            assert it.flies

        @rule("X-02", "it is extra", needs=("dancing", "flying"))
        async def is_extra(self, it: Any, extra: Any) -> None:
            assert extra

    class Bird:
        flies = True

    class Penguin:
        flies = False
        lacks = {"flying": "it is a penguin"}  # noqa: RUF012

    def test_the_adapter_may_say_so(self) -> None:
        report = run(self.Able.verify(self.Penguin))
        assert [one.seen for one in report.verdicts] == ["it is a penguin", "it is a penguin"]
        assert (report.exempt, report.broken, report.holds) == (("X-01", "X-02"), (), True)

    def test_an_adapter_that_says_nothing_is_held_to_it(self) -> None:
        report = run(self.Able.verify(self.Bird))
        assert [one.outcome for one in report.verdicts] == ["holds", "exempt"]

    def test_the_bench_may_say_so_of_a_capability_and_of_a_tool_and_has_the_last_word(self) -> None:
        class TestIt(self.Able):  # type: ignore[name-defined,misc]
            make = self.Penguin
            lacks = {"flying": "the ceiling is low", "extra": "it costs"}  # noqa: RUF012

        assert [one.seen for one in run(TestIt.verify()).verdicts] == ["the ceiling is low"] * 2

        class TestOther(self.Able):  # type: ignore[name-defined,misc]
            make = self.Bird
            lacks = {"extra": "it costs"}  # noqa: RUF012

        assert [one.seen for one in run(TestOther.verify()).verdicts] == ["", "it costs"]

    def test_lacks_of_another_shape_is_a_fault_of_the_adapter(self) -> None:
        class Odd:
            lacks = 7

        verdict = run(self.Able.verify(Odd)).verdicts[0]
        assert (verdict.outcome, "int" in verdict.seen) == ("broken", True)
