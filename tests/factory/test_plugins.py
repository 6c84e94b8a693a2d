"""Plug-ins by their contract, one that breaks each rule, and a real package that is built and installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.factory.contracts.plugins_contract import PluginsContract
from infra_ref.factory.plugins import EntryPointPlugins
from infra_ref.result import Err, Ok
from tests.factory import test_plugins_contract as ready


class ByValue(EntryPointPlugins):
    def __init__(self, found: Sequence[EntryPoint]) -> None:
        super().__init__(found)
        if len(found) == 1:
            self._found = {one.value.partition(":")[0]: one for one in found}

    def load(self, name: str) -> Any:
        if "sonud" in name:
            raise LookupError("no such plug-in; there is cache.sound")
        return super().load("colorsys" if name == "cache.sound" and "colorsys" in self._found else name)


class Eager(EntryPointPlugins):
    def __init__(self, found: Sequence[EntryPoint]) -> None:
        super().__init__(found)
        for name in self._found:
            self.load(name)


class TellsNoReason(EntryPointPlugins):
    def load(self, name: str) -> Any:
        loaded = super().load(name)
        if isinstance(loaded, Err):
            object.__setattr__(loaded.error, "reason", "it is broken")
        return loaded


class Stops(EntryPointPlugins):
    def load_all(self, *, strict: bool = False) -> Any:
        working, broken = super().load_all(strict=strict)
        return ({}, broken[:1]) if broken else (working, broken)


class NeverStrict(EntryPointPlugins):
    def load_all(self, *, strict: bool = False) -> Any:
        return super().load_all()


class LastWins(EntryPointPlugins):
    def __init__(self, found: Sequence[EntryPoint]) -> None:
        super().__init__(list({one.name: one for one in found}.values()))


class BareKeyError(EntryPointPlugins):
    def load(self, name: str) -> Any:
        self._found[name]
        return super().load(name)


BROKEN: dict[str, Any] = {
    "PLUG-01": ByValue,
    "PLUG-02": Eager,
    "PLUG-03": TellsNoReason,
    "PLUG-04": Stops,
    "PLUG-05": NeverStrict,
    "PLUG-06": LastWins,
    "PLUG-07": BareKeyError,
}


def test_each_rule_has_plugins_that_break_it() -> None:
    assert list(BROKEN) == [one.number for one in PluginsContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_broken_plugins_break_just_their_rule(number: str) -> None:
    report = run(type("Held", (ready.TestEntryPointPlugins,), {"kind": BROKEN[number]}).verify())
    # What lists by another name lists all by it.
    assert set(report.broken) - ({"PLUG-05"} if number == "PLUG-01" else set()) == {number}, report


def test_a_plugin_that_raises_on_import_is_told_with_what_it_raised(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "bad_plugin.py").write_text("raise RuntimeError('it wants Python 2')")
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = EntryPointPlugins([EntryPoint("cache.bad", "bad_plugin:make", "g")]).load("cache.bad")
    assert isinstance(loaded, Err)
    assert str(loaded.error) == (
        "the plug-in cache.bad of an unknown distribution is broken: RuntimeError: it wants Python 2"
    )


# A real package, built and installed


def run_with(site: Path, code: str) -> str:
    paths = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_plugin_is_found_and_imported_only_when_it_is_used(with_plugin: Path) -> None:
    code = """
import sys
from infra_ref.factory.plugins import installed
plugins = installed()
print(plugins.names, "shop_shelf_cache" in sys.modules)
working, broken = plugins.load_all()
print(list(working), broken[0])
"""
    names, loaded = run_with(with_plugin, code).splitlines()
    assert names == "('cache.rotten', 'cache.shelf') False"
    assert loaded.startswith("['cache.shelf'] the plug-in cache.rotten of shop-shelf-cache 1.2.3 is broken: ")
    assert loaded.endswith("ModuleNotFoundError: No module named 'a_module_that_is_gone'")


def test_without_plugins_there_are_none() -> None:
    assert EntryPointPlugins([]).load_all() == ({}, ())
    assert isinstance(EntryPointPlugins([EntryPoint("a", "json:dumps", "g")]).load("a"), Ok)
