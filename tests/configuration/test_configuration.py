"""Configurations by their contract, one that breaks each rule, and reloads by property and for real."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.configuration import folder_watch
from infra_ref.configuration.contracts.configuration_contract import ConfigurationContract
from infra_ref.configuration.errors import Misconfigured, Problem
from infra_ref.configuration.folder_watch import changes
from infra_ref.configuration.loading import load
from infra_ref.configuration.make_configuration import make_configuration
from infra_ref.configuration.reloading_configuration import ReloadingConfiguration
from infra_ref.configuration.settings import Settings
from infra_ref.contract import run
from infra_ref.failures import Refused
from infra_ref.observability.testing.recording_logger import RecordingLogger
from infra_ref.result import Err, Ok, Result
from tests.configuration import test_reloading_configuration_contract as ready
from tests.configuration.test_reloading_configuration_contract import Pair

BAD = Misconfigured(problems=(Problem("the bench", "is spoilt"),))


InMemory = ready.TestReloadingConfiguration


class PairSettings(Settings):
    name: str
    again: str


class TestOfAFile(ConfigurationContract):
    """Of a TOML file that pydantic-settings reads."""

    @pytest.fixture(autouse=True)
    def _in(self, tmp_path: Path) -> None:
        self.file = tmp_path / "pair.toml"

    def make(self) -> Any:
        self.write("first")
        first = self._load().unwrap()
        return ReloadingConfiguration(first, self._load, logger=RecordingLogger())

    def _load(self) -> Result[PairSettings, Misconfigured]:
        return load(PairSettings, file=self.file, environ={}).map(lambda loaded: loaded.settings)

    def write(self, name: str) -> None:
        self.file.write_text(f'name = "{name}"\nagain = "{name}"')

    def spoil(self) -> None:
        self.file.write_text('name = "only one"')


# For each rule one that breaks it


class Ours(ReloadingConfiguration[Any]):
    pass


class NeverSays(Ours):
    async def reload(self) -> Any:
        return (await super().reload()).map(lambda _: False)


class ChangesInPlace(Ours):
    def __init__(self, first: Any, load: Any, *, logger: Any) -> None:
        super().__init__(SimpleNamespace(**vars(first)), load, logger=logger)

    def _take(self, settings: Any) -> bool:
        held = self._current
        self._current = Pair(**vars(held))
        changed = super()._take(settings)
        if settings.name == "second" and not self._subscribers:
            vars(held).update(vars(settings))
        return changed


class TakesBad(Ours):
    async def reload(self) -> Any:
        done = await super().reload()
        if isinstance(done, Err):
            self._current = Pair("", "")
        return done


class Forgets(Ours):
    refused = None


class TellsTwice(Ours):
    def _take(self, settings: Any) -> bool:
        before = self._current
        changed = super()._take(settings)
        if settings.name == "third" and before.name == "second":
            for told in list(self._subscribers.values()):
                told(before, settings)
        return changed


class TellsBefore(Ours):
    def _take(self, settings: Any) -> bool:
        before, self._hidden = self._current, True
        try:
            return super()._take(settings)
        finally:
            self._before, self._hidden = before, False

    @property
    def current(self) -> Any:
        return Pair("first", "first") if getattr(self, "_hidden", False) else self._current


class AlwaysChanged(Ours):
    def _take(self, settings: Any) -> bool:
        if settings == self._current:
            for told in list(self._subscribers.values()):
                told(settings, settings)
        return super()._take(settings)


class StopsAtTheFirst(Ours):
    def _take(self, settings: Any) -> bool:
        before, self._current = self._current, settings
        for key, told in list(self._subscribers.items()) if settings != before else ():
            if key in self._subscribers:
                try:
                    told(before, settings)
                except ZeroDivisionError:
                    break
        return before != settings


class CallsTheGone(Ours):
    def _take(self, settings: Any) -> bool:
        before, called = self._current, list(self._subscribers.items())
        changed = super()._take(settings)
        for key, told in called:
            if changed and key not in self._subscribers:
                told(before, settings)
        return changed


class Racing(Ours):
    """Without a lock, the older reading takes longer here, and lands last."""

    async def reload(self) -> Any:
        found = self._load()
        if isinstance(found, Ok) and found.value.name == "second" and "second" in getattr(self, "_slow", ""):
            await asyncio.sleep(0.01)
        self._slow = "second"
        if isinstance(found, Err):
            self._refused = found.error
            return found
        await asyncio.sleep(0.02 if found.value.name == "second" else 0)
        self._refused = None
        return Ok(self._take(found.value))


class Mixes(Ours):
    def _take(self, settings: Any) -> bool:
        changed = super()._take(settings)
        if settings.name.startswith("name"):
            self._current = SimpleNamespace(name="half", again=settings.name)
            self._subscribers.clear()
        return changed

    @property
    def current(self) -> Any:
        held = self._current
        if isinstance(held, SimpleNamespace):
            return Pair("name 49", held.again)
        return held


class StuckWhenCancelled(Ours):
    async def reload(self) -> Any:
        if getattr(self, "_stuck", False):
            return Ok(False)
        self._stuck = True
        done = await super().reload()
        self._stuck = False
        return done


BROKEN: dict[str, type[Ours]] = {
    "CONF-01": NeverSays,
    "CONF-02": ChangesInPlace,
    "CONF-03": TakesBad,
    "CONF-04": Forgets,
    "CONF-05": TellsTwice,
    "CONF-06": TellsBefore,
    "CONF-07": AlwaysChanged,
    "CONF-08": StopsAtTheFirst,
    "CONF-09": CallsTheGone,
    "CONF-10": Racing,
    "CONF-11": Mixes,
    "CONF-12": StuckWhenCancelled,
}


def test_each_rule_has_a_configuration_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in ConfigurationContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_configuration_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (InMemory,), {"kind": BROKEN[number]}).verify())
    assert report.broken == (number,), report


# Reloads, by property

CONTENT = st.one_of(st.sampled_from("ab").map(lambda name: Ok(Pair(name, name))), st.just(Err(BAD)))


@given(st.lists(CONTENT))
def test_in_force_is_always_the_last_that_was_valid(contents: list[Result[Pair, Misconfigured]]) -> None:
    async def reloaded() -> None:
        source: list[Result[Pair, Misconfigured]] = [Ok(Pair("a", "a"))]
        configuration = ReloadingConfiguration(Pair("a", "a"), lambda: source[-1], logger=RecordingLogger())
        told: list[tuple[Pair, Pair]] = []
        configuration.subscribe(lambda before, after: told.append((before, after)))
        valid = [Pair("a", "a")]
        for content in contents:
            source.append(content)
            await configuration.reload()
            valid += [content.value] if isinstance(content, Ok) else []
            assert configuration.current == valid[-1]
            assert (configuration.refused is None) == isinstance(content, Ok)
        assert told == [(a, b) for a, b in pairwise(valid) if a != b]

    run(reloaded())


# For real: files that change in all the ways that files do


def text(name: str) -> str:
    return f'name = "{name}"\nagain = "{name}"\n'


@asynccontextmanager
async def followed(file: Path, **more: Any) -> AsyncGenerator[tuple[Any, list[str], RecordingLogger]]:
    logger = RecordingLogger()
    sources: dict[str, Any] = {"file": file, "environ": {}} | more
    async with make_configuration(PairSettings, logger=logger, **sources) as configuration:
        told: list[str] = []
        configuration.subscribe(lambda before, after: told.append(after.name))
        await asyncio.sleep(0.15)  # the watch is on
        yield configuration, told, logger


async def until(true: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:  # noqa: ASYNC110 - files tell no event
        await asyncio.sleep(0.01)
    assert true()


async def quiet() -> None:
    await asyncio.sleep(0.4)  # longer than a burst takes to settle


def in_place(file: Path, name: str) -> None:
    file.write_text(text(name))


def atomic_rename(file: Path, name: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text(name))
    new.replace(file)


def removed_and_made_again(file: Path, name: str) -> None:
    file.unlink()
    file.write_text(text(name))


@pytest.mark.parametrize("change", [in_place, atomic_rename, removed_and_made_again])
def test_each_way_to_replace_a_file_is_one_reload(change: Any, tmp_path: Path) -> None:
    file = tmp_path / "pair.toml"
    in_place(file, "first")

    async def changed() -> None:
        async with followed(file) as (configuration, told, _):
            for name in ("second", "third"):  # a watch on the file itself is deaf by the second
                change(file, name)
                await until(lambda name=name: told[-1:] == [name])
                await quiet()
            assert told == ["second", "third"]
            assert configuration.refused is None

    run(changed())


def test_a_symlink_swap_as_kubernetes_does_it_is_one_reload(tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()

    def publish(name: str) -> None:
        version = mounted / f"..{name}"
        version.mkdir()
        (version / "pair.toml").write_text(text(name))
        (mounted / "..data_tmp").symlink_to(version.name)
        old = mounted / "..data"
        former = mounted / old.readlink() if old.is_symlink() else None
        (mounted / "..data_tmp").replace(old)
        if former:
            shutil.rmtree(former)

    publish("first")
    (mounted / "pair.toml").symlink_to("..data/pair.toml")

    async def changed() -> None:
        async with followed(mounted / "pair.toml") as (_, told, _logger):
            for name in ("second", "third"):
                publish(name)
                await until(lambda name=name: told[-1:] == [name])
            await quiet()
            assert told == ["second", "third"]

    run(changed())


def test_a_burst_of_writes_is_one_reload(tmp_path: Path) -> None:
    file = tmp_path / "pair.toml"
    in_place(file, "first")

    async def changed() -> None:
        async with followed(file) as (_, told, logger):
            for number in range(30):
                file.write_text("")  # half written
                await asyncio.sleep(0.005)
                file.write_text(text(f"{number}"))
                await asyncio.sleep(0.005)
            await until(lambda: bool(told))
            await quiet()
            assert told == ["29"]
            assert not [one for one in logger.records if one.level == "error"]

    run(changed())


def test_a_bad_file_keeps_the_old_settings_says_so_and_recovers(tmp_path: Path) -> None:
    file = tmp_path / "pair.toml"
    in_place(file, "first")

    async def changed() -> None:
        async with followed(file) as (configuration, told, logger):
            file.write_text('name = "half')
            await until(lambda: configuration.refused is not None)
            assert configuration.current.name == "first"
            (error,) = [one for one in logger.records if one.level == "error"]
            assert str(file) in str(error.fields["problems"])
            atomic_rename(file, "second")
            await until(lambda: told == ["second"])
            assert configuration.refused is None

    run(changed())


def test_a_touch_is_no_reload_and_a_secret_is_one(tmp_path: Path) -> None:
    file, secrets = tmp_path / "a" / "pair.toml", tmp_path / "secrets"
    file.parent.mkdir()
    secrets.mkdir()
    in_place(file, "first")

    async def changed() -> None:
        async with followed(file, secrets=secrets) as (configuration, told, _):
            os.utime(file)
            await quiet()
            assert told == []
            (secrets / "again").write_text("of the secret")
            await until(lambda: bool(told))
            assert configuration.current.again == "of the secret"

    run(changed())


def test_what_changed_before_the_watch_began_is_not_missed(tmp_path: Path) -> None:
    file = tmp_path / "pair.toml"
    in_place(file, "first")

    async def changed() -> None:
        seen: list[str] = []

        async def follow() -> None:
            async for _ in changes(file):
                seen.append(file.read_text())
                if len(seen) == 1:
                    in_place(file, "second")  # no watch is on yet

        following = asyncio.create_task(follow())
        await until(lambda: len(seen) == 2)
        assert seen[1] == text("second")
        following.cancel()
        await asyncio.wait({following})
        assert following.cancelled()

    run(changed())


def test_where_there_are_no_events_content_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    monkeypatch.setattr(folder_watch, "POLL", 0.05)
    file = tmp_path / "pair.toml"
    in_place(file, "first")

    async def changed() -> None:
        async with followed(file) as (_, told, _logger):
            atomic_rename(file, "second")
            await until(lambda: told == ["second"])

    run(changed())


def test_settings_that_are_not_valid_at_the_start_are_refused(tmp_path: Path) -> None:
    async def opened() -> None:
        with pytest.raises(Refused, match="does not exist: create it"):
            async with make_configuration(
                PairSettings, file=tmp_path / "nosuch.toml", environ={}, logger=RecordingLogger()
            ):
                raise AssertionError("opened")

    run(opened())


def test_the_error_of_the_block_comes_out_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "pair.toml"
    in_place(file, "first")

    async def opened() -> None:
        with pytest.raises(ZeroDivisionError):
            async with followed(file):
                raise ZeroDivisionError

    run(opened())
