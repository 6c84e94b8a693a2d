"""What everything promises that finds plug-ins."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from typing import Any

from infra_ref.contract import Contract, raised, rule
from infra_ref.factory.errors import WiringError
from infra_ref.factory.plugin_port import FindPlugins
from infra_ref.failures import Refused
from infra_ref.result import Err, Ok

GROUP = "infra_ref.adapters"
SOUND = EntryPoint("cache.sound", "colorsys:rgb_to_hsv", GROUP)
NO_MODULE = EntryPoint("cache.no_module", "no_such_module_at_all:make", GROUP)
NO_NAME = EntryPoint("cache.no_name", "colorsys:no_such_name", GROUP)
NO_FACTORY = EntryPoint("cache.no_factory", "colorsys:ONE_THIRD", GROUP)


class PluginsContract(Contract):
    """`make` gives the function that takes entry points."""

    port = FindPlugins

    @rule("PLUG-01", "a plug-in is found by its name and loaded")
    async def loads(self, find: FindPlugins) -> None:
        plugins = find([SOUND])
        assert plugins.names == ("cache.sound",)
        loaded = plugins.load("cache.sound")
        assert isinstance(loaded, Ok)
        assert loaded.value(0, 0, 0) == (0.0, 0.0, 0)

    @rule("PLUG-02", "nothing is imported before it is loaded")
    async def lazy(self, find: FindPlugins) -> None:
        sys.modules.pop("colorsys", None)
        plugins = find([SOUND, NO_MODULE])
        assert "colorsys" not in sys.modules
        assert len(plugins.names) == 2

    @rule("PLUG-03", "a broken plug-in is told by its name and the reason")
    async def broken(self, find: FindPlugins) -> None:
        plugins = find([NO_MODULE, NO_NAME, NO_FACTORY])
        for point, reason in (
            (NO_MODULE, "no_such_module"),
            (NO_NAME, "no_such_name"),
            (NO_FACTORY, "ONE_THIRD"),
        ):
            loaded: Any = plugins.load(point.name)
            assert isinstance(loaded, Err)
            assert loaded.error.name == point.name
            assert reason in loaded.error.reason

    @rule("PLUG-04", "loading all skips the broken and tells of them; the others work")
    async def skips(self, find: FindPlugins) -> None:
        working, broken = find([NO_MODULE, SOUND, NO_NAME]).load_all()
        assert list(working) == ["cache.sound"]
        assert sorted(one.name for one in broken) == ["cache.no_module", "cache.no_name"]

    @rule("PLUG-05", "loading all strictly raises for a broken one")
    async def strict(self, find: FindPlugins) -> None:
        with raised(Refused) as errors:
            find([SOUND, NO_MODULE]).load_all(strict=True)
        assert "cache.no_module" in str(errors[0])
        working, _ = find([SOUND]).load_all(strict=True)
        assert list(working) == ["cache.sound"]

    @rule("PLUG-06", "two plug-ins of one name are an error")
    async def twice(self, find: FindPlugins) -> None:
        with raised(WiringError) as errors:
            find([SOUND, NO_NAME, EntryPoint("cache.sound", "colorsys:hsv_to_rgb", GROUP)])
        assert "cache.sound" in str(errors[0])

    @rule("PLUG-07", "a name that is not installed is told, with those that are")
    async def unknown(self, find: FindPlugins) -> None:
        with raised(LookupError) as errors:
            find([SOUND]).load("cache.sonud")
        assert "cache.sound" in str(errors[0])
