"""The port of configuration: the settings in force, as whole snapshots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from infra_ref.configuration.errors import Misconfigured
from infra_ref.result import Result

S_co = TypeVar("S_co", covariant=True)


class Configuration(Protocol[S_co]):
    """Holds the settings in force, and takes new ones as a whole or not at all."""

    @property
    def current(self) -> S_co:
        """The settings in force: a snapshot that never changes.

        Take it once for each piece of work; two calls may give two snapshots.
        """
        ...

    @property
    def refused(self) -> Misconfigured | None:
        """Why what the sources say by now is not in force; None while it is."""
        ...

    async def reload(self) -> Result[bool, Misconfigured]:
        """Read the sources again; return whether that changed the settings.

        Refused settings leave the old ones in force. Of several reloads at once, the last one
        to start decides.
        """
        ...

    def subscribe(self, changed: Callable[[S_co, S_co], None]) -> Callable[[], None]:
        """Have `changed(before, after)` called after each change, in the event loop; return what ends that.

        A subscriber that raises is logged; it stops neither the others nor the reload.
        """
        ...
