"""The port of plug-ins: what other distributions bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any, Protocol

from infra_ref.factory.errors import BrokenPlugin
from infra_ref.result import Result


class Plugins(Protocol):
    """The plug-ins that are installed. To list them imports none."""

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""
        ...

    def load(self, name: str) -> Result[Any, BrokenPlugin]:
        """Import one. Raises LookupError, with the names that there are, for one that is not installed."""
        ...

    def load_all(self, *, strict: bool = False) -> tuple[Mapping[str, Any], tuple[BrokenPlugin, ...]]:
        """Import all; return those that work and those that are broken. If `strict`, raise Refused then."""
        ...


class FindPlugins(Protocol):
    """Makes the plug-ins of entry points."""

    def __call__(self, found: Sequence[EntryPoint], /) -> Plugins:
        """Raises WiringError where two have one name."""
        ...
