"""`EntryPointPlugins`: adapters that other distributions bring, by entry point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from infra_ref.factory.errors import BrokenPlugin, WiringError
from infra_ref.failures import Refused
from infra_ref.result import Err, Ok, Result

GROUP = "infra_ref.adapters"
"""In a plug-in's pyproject.toml: `[project.entry-points."infra_ref.adapters"]`, then
`"cache.memcached" = "shop_memcached:make_cache"`: the port, the scheme of the URL, a `Factory`."""


def installed() -> EntryPointPlugins:
    """Return the plug-ins of this environment. Raises WiringError where two have one name."""
    return EntryPointPlugins(tuple(entry_points(group=GROUP)))


class EntryPointPlugins:
    """`Plugins` of entry points, each imported when it is loaded."""

    def __init__(self, found: Sequence[EntryPoint]) -> None:
        self._found = {one.name: one for one in sorted(found, key=lambda one: one.name)}
        twice = {one.name for one in found if one is not self._found[one.name]}
        if twice:
            raise WiringError([_twice(name, found) for name in sorted(twice)])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._found)

    def load(self, name: str) -> Result[Any, BrokenPlugin]:
        if name not in self._found:
            raise LookupError(
                f"no plug-in {name!r} is installed; there is {', '.join(self._found) or 'none'}"
            )
        point = self._found[name]
        try:
            loaded = point.load()
        except Exception as error:  # noqa: BLE001 - a module of somebody else may raise anything
            reason = f"{type(error).__name__}: {error}"
            return Err(BrokenPlugin(name=name, distribution=_from(point), reason=reason, cause=error))
        if not callable(loaded):
            reason = f"{point.value} is a {type(loaded).__name__}, and not to be called"
            return Err(BrokenPlugin(name=name, distribution=_from(point), reason=reason))
        return Ok(loaded)

    def load_all(self, *, strict: bool = False) -> tuple[Mapping[str, Any], tuple[BrokenPlugin, ...]]:
        loaded = {name: self.load(name) for name in self._found}
        broken = tuple(one.error for one in loaded.values() if isinstance(one, Err))
        if broken and strict:
            raise Refused(broken[0])
        return {name: one.value for name, one in loaded.items() if isinstance(one, Ok)}, broken


def _from(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"


def _twice(name: str, found: Sequence[EntryPoint]) -> str:
    who = " and ".join(_from(one) for one in found if one.name == name)
    return f"the plug-in {name} comes from {who}: uninstall one of them"
