"""`Result`: laws by property, refusals one by one, and what the type checkers say of a match."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from infra_ref.contract import run
from infra_ref.result import Err, Ok, Result, UnwrapError
from infra_ref.result_functions import catch, catch_async, collect, partition

ROOT = Path(__file__).resolve().parents[1]

values = st.integers() | st.text() | st.none() | st.booleans() | st.just(())
results = st.builds(Ok, values) | st.builds(Err, values)
changes = st.sampled_from([repr, lambda one: (one, one), lambda one: None, type])
steps = st.sampled_from([Ok, Err, lambda one: Ok((one,)), lambda one: Ok(one) if one else Err(repr(one))])


class TestLaws:
    @given(results)
    def test_mapping_with_identity_changes_nothing(self, result: Any) -> None:
        assert result.map(lambda one: one) == result
        assert result.map_err(lambda one: one) == result

    @given(results, changes, changes)
    def test_two_maps_are_the_map_of_both(self, result: Any, first: Any, second: Any) -> None:
        assert result.map(first).map(second) == result.map(lambda one: second(first(one)))
        assert result.map_err(first).map_err(second) == result.map_err(lambda one: second(first(one)))

    @given(values, steps)
    def test_ok_is_a_left_identity(self, value: Any, step: Any) -> None:
        assert Ok(value).and_then(step) == step(value)

    @given(results)
    def test_ok_is_a_right_identity(self, result: Any) -> None:
        assert result.and_then(Ok) == result

    @given(results, steps, steps)
    def test_steps_associate(self, result: Any, first: Any, second: Any) -> None:
        nested = result.and_then(lambda one: first(one).and_then(second))
        assert result.and_then(first).and_then(second) == nested

    @given(results, changes)
    def test_map_is_and_then_with_ok(self, result: Any, change: Any) -> None:
        assert result.map(change) == result.and_then(lambda one: Ok(change(one)))

    @given(st.lists(results))
    def test_collect_agrees_with_partition(self, many: list[Any]) -> None:
        oks, errors = partition(many)
        assert collect(many) == (Err(errors[0]) if errors else Ok(oks))
        assert len(oks) + len(errors) == len(many)


def test_nothing_is_called_on_the_other_side() -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("called")

    assert Ok(1).map_err(never) == Ok(1)
    assert Err(1).map(never) == Err(1)
    assert Err(1).and_then(never) == Err(1)


def test_none_is_a_value_and_an_error_like_any_other() -> None:
    assert Ok(None) == Ok(None) != Err(None)
    assert isinstance(Ok(None), Ok)
    assert Ok(None).unwrap() is None
    assert Ok(None).unwrap_or("default") is None
    assert Err("e").unwrap_or(None) is None
    assert collect([Ok(None)]) == Ok([None])


@pytest.mark.parametrize("result", [Ok(0), Ok(True), Err(""), Err(None)])
def test_it_is_neither_true_nor_false(result: Any) -> None:
    with pytest.raises(TypeError, match="match on Ok and Err"):
        bool(result)
    with pytest.raises(TypeError):
        _ = result or 1
    with pytest.raises(TypeError):
        _ = not result


class TestUnwrap:
    def test_an_exception_is_the_cause(self) -> None:
        cause = OSError("disk")
        with pytest.raises(UnwrapError) as raised:
            Err(cause).unwrap()
        assert raised.value.__cause__ is raised.value.error is cause

    def test_any_other_error_is_kept_and_hides_no_context(self) -> None:
        try:
            raise KeyError("handled")
        except KeyError:
            with pytest.raises(UnwrapError) as raised:
                Err("full").unwrap()
        assert raised.value.error == "full"
        assert raised.value.__cause__ is None
        assert isinstance(raised.value.__context__, KeyError)

    def test_the_message_names_only_the_type(self) -> None:
        error = UnwrapError({"password": "hunter2"})
        assert "Err of dict" in str(error)
        assert "hunter2" not in f"{error} {error!r}"
        with pytest.raises(UnwrapError) as raised:
            Err("hunter2").unwrap()
        last = traceback.format_exception_only(raised.value)
        assert "hunter2" not in "".join(last)

    def test_it_survives_pickle_and_copy(self) -> None:
        error = UnwrapError(("a", 1))
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert (twin.error, str(twin)) == (("a", 1), str(error))


class TestAsAValue:
    @given(results, results)
    def test_equal_ones_have_equal_hashes(self, one: Any, other: Any) -> None:
        alike = type(one) is type(other) and getattr(one, "value", None) == getattr(other, "value", None)
        alike = alike and getattr(one, "error", None) == getattr(other, "error", None)
        assert (one == other) is alike
        if alike:
            assert hash(one) == hash(other)

    def test_an_ok_is_no_err_of_the_same(self) -> None:
        assert Ok(1) != Err(1)
        assert Ok(1) != 1
        assert len({Ok(1), Ok(1), Err(1)}) == 2
        with pytest.raises(TypeError, match="unhashable"):
            hash(Ok([]))

    @given(results)
    def test_pickle_and_copy(self, result: Any) -> None:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(result, protocol)) == result
        assert copy.copy(result) == copy.deepcopy(result) == result

    def test_a_deep_copy_shares_nothing(self) -> None:
        result: Ok[list[int]] = Ok([1])
        copy.deepcopy(result).value.append(2)
        assert result == Ok([1])

    @pytest.mark.parametrize(("result", "name"), [(Ok(1), "value"), (Err(1), "error")])
    def test_it_is_frozen_and_has_slots(self, result: Any, name: str) -> None:
        with pytest.raises(FrozenInstanceError):
            setattr(result, name, 2)
        with pytest.raises((AttributeError, TypeError)):
            result.other = 2
        assert not hasattr(result, "__dict__")

    def test_positional_patterns(self) -> None:
        seen = []
        for result in (Ok(1), Err("e")):
            match result:
                case Ok(value):
                    seen.append(value)
                case Err(error):
                    seen.append(error)
        assert seen == [1, "e"]


class TestRepr:
    def test_it_can_be_read_and_typed_back(self) -> None:
        assert repr(Ok(1)) == "Ok(value=1)"
        assert repr(Err("gone")) == "Err(error='gone')"
        assert eval(repr(Err(("a", None)))) == Err(("a", None))

    def test_of_an_exception_it_names_the_type(self) -> None:
        held = Err(ConnectionError("postgres://ada:hunter2@db/shop"))
        assert repr(held) == str(held) == "Err(error=ConnectionError(...))"
        assert "hunter2" not in f"{held} {[held]} {Ok(held)}"

    def test_what_is_marked_secret_keeps_itself(self) -> None:
        for held in (Ok(SecretStr("hunter2")), Err(SecretStr("hunter2"))):
            assert "hunter2" not in repr(held)


class TestCatch:
    def test_a_value_and_a_listed_error(self) -> None:
        assert catch(ValueError, int, "7") == Ok(7)
        match catch((KeyError, ValueError), int, "x"):
            case Err(ValueError() as error):
                assert "invalid literal" in str(error)
            case other:
                pytest.fail(repr(other))

    def test_arguments_go_by_position_and_by_name(self) -> None:
        assert catch(ValueError, int, "ff", base=16) == Ok(255)

    def test_a_subclass_is_listed_with_its_base(self) -> None:
        assert isinstance(catch(LookupError, {}.__getitem__, "k"), Err)

    @pytest.mark.parametrize(
        "unlisted", [KeyError, asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit]
    )
    def test_what_is_not_listed_passes(self, unlisted: type[BaseException]) -> None:
        def fails() -> None:
            raise unlisted

        async def fails_later() -> None:
            await asyncio.sleep(0)
            raise unlisted

        kind = ValueError if unlisted is KeyError else Exception
        with pytest.raises(unlisted):
            catch(kind, fails)

        async def caught() -> BaseException | Result[None, Exception]:
            try:
                return await catch_async(kind, fails_later)
            except BaseException as error:
                return error

        assert type(run(caught())) is unlisted

    @pytest.mark.parametrize(
        "kind", [BaseException, asyncio.CancelledError, (ValueError, KeyboardInterrupt), 7, "ValueError"]
    )
    def test_only_exceptions_may_be_listed(self, kind: Any) -> None:
        with pytest.raises(TypeError, match="Exceptions to expect"):
            catch(kind, int, "7")
        with pytest.raises(TypeError, match="Exceptions to expect"):
            run(catch_async(kind, asyncio.sleep, 0))

    def test_the_async_form(self) -> None:
        async def fetch(number: int) -> int:
            await asyncio.sleep(0)
            return 1 // number

        assert run(catch_async(ZeroDivisionError, fetch, 1)) == Ok(1)
        assert isinstance(run(catch_async(ZeroDivisionError, fetch, number=0)), Err)

    def test_a_coroutine_is_not_taken_for_a_value(self) -> None:
        async def fetch() -> int:
            return 1

        with pytest.raises(TypeError, match="catch_async"):
            catch(ValueError, fetch)

    def test_a_cancelled_call_stays_cancelled(self) -> None:
        async def main() -> asyncio.Task[Any]:
            task = asyncio.create_task(catch_async(Exception, asyncio.sleep, 60))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=1)
            return task

        assert run(main()).cancelled()


class TestMany:
    def test_collect_reads_no_further_than_the_first_err(self) -> None:
        read: list[int] = []

        def some() -> Iterator[Result[int, str]]:
            for number in range(5):
                read.append(number)
                yield Err(f"at {number}") if number >= 2 else Ok(number)

        assert collect(some()) == Err("at 2")
        assert read == [0, 1, 2]

    def test_nothing_is_collected_and_parted(self) -> None:
        assert collect([]) == Ok([])
        assert partition([]) == ([], [])

    def test_order_is_kept(self) -> None:
        assert collect([Ok(2), Ok(1)]) == Ok([2, 1])
        assert partition([Err("b"), Ok(2), Err("a"), Ok(1)]) == ([2, 1], ["b", "a"])


TYPED = """
from __future__ import annotations
from typing import assert_type
from infra_ref.result import Err, Ok, Result
from infra_ref.result_functions import catch, catch_async, collect, partition

def whole(result: Result[int, str]) -> str:
    match result:
        case Ok(value):
            assert_type(value, int)
            return str(value)
        case Err(error):
            assert_type(error, str)
            return error

def text(number: int) -> str:
    return str(number)

def checked(number: int) -> Result[bytes, KeyError]:
    return Ok(bytes(number)) if number else Err(KeyError(number))

async def fetched(number: int) -> Result[bytes, KeyError]:
    return checked(number)

async def use(result: Result[int, str]) -> Result[float | None, object]:
    assert_type(result.map(text), Ok[str] | Err[str])
    assert_type(result.map_err(len), Ok[int] | Err[int])
    assert_type(result.and_then(checked), Ok[bytes] | Err[KeyError] | Err[str])
    assert_type(result.unwrap(), int)
    assert_type(result.unwrap_or(None), int | None)
    assert_type(collect([result]), Ok[list[int]] | Err[str])
    assert_type(partition([result]), tuple[list[int], list[str]])
    assert_type(catch(ValueError, text, 1), Ok[str] | Err[ValueError])
    assert_type(await catch_async(ValueError, fetched, 1), Ok[Ok[bytes] | Err[KeyError]] | Err[ValueError])
    return result  # it is covariant
"""

UNTYPED = """
from __future__ import annotations
import asyncio
from infra_ref.result import Err, Ok, Result
from infra_ref.result_functions import catch

def no_err(result: Result[int, str]) -> str:  # wrong: no arm for Err
    match result:  # wrong
        case Ok(value):
            return str(value)

def no_ok(result: Result[int, str]) -> str:  # wrong: no arm for Ok
    match result:  # wrong
        case Err(error):
            return error

catch(asyncio.CancelledError, int, "7")  # wrong: it must pass
catch(ValueError, len, 7)  # wrong: 7 has no length
"""


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("typed")
    (folder / "good.py").write_text(TYPED)
    (folder / "bad.py").write_text(UNTYPED)
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    return folder


def by_mypy(folder: Path) -> set[tuple[str, int]]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--cache-dir=cache",
            "good.py",
            "bad.py",
        ],
        cwd=folder,
        env={"PATH": "", "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
    )
    found = re.findall(r"^(\w+\.py):(\d+): error", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return {(name, int(line)) for name, line in found}


def by_pyright(folder: Path) -> set[tuple[str, int]]:
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=50,
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {(Path(one["file"]).name, one["range"]["start"]["line"] + 1) for one in found}


def wrong(*remarks: str) -> list[int]:
    return [
        at for at, line in enumerate(UNTYPED.splitlines(), 1) if any(line.endswith(one) for one in remarks)
    ]


@pytest.mark.parametrize("checker", [by_mypy, by_pyright])
def test_a_type_checker_misses_the_arm_and_nothing_else(
    checker: Callable[[Path], set[tuple[str, int]]], typed: Path
) -> None:
    found = checker(typed)
    assert not [one for one in found if one[0] == "good.py"]
    arms = wrong("no arm for Err", "no arm for Ok")
    matches = wrong("# wrong")
    calls = wrong("it must pass", "7 has no length")
    lines = {line for _, line in found}
    assert set(calls) <= lines
    assert lines <= {*arms, *matches, *calls}
    for at, arm in zip(matches, arms, strict=True):
        assert {at, arm} & lines, "a match without an arm is no error"
