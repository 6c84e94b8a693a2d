"""The ports of configuration: settings read from all their sources, and those in force as whole snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from infra_ref.configuration.errors import Misconfigured, Problem
from infra_ref.result import Result

S_co = TypeVar("S_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S_co]):
    """Valid `settings`. `origins` says for each option that was given by which source.

    `unknown` are variables with the prefix that no option has: a typing error, or another program's.
    """

    settings: S_co
    origins: Mapping[str, str]
    unknown: tuple[Problem, ...] = ()


class LoadSettings(Protocol[S_co]):
    """Reads settings from all sources. The later wins: file, environment, secrets, arguments."""

    def __call__(
        self,
        *,
        file: Path | None = None,
        environ: Mapping[str, str] | None = None,
        secrets: Path | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> Result[Loaded[S_co], Misconfigured]:
        """Return valid settings, or every problem at once; a source that is None gives nothing.

        `environ` is the machine's unless given. `secrets` is a folder with a file for each option,
        named as its variable. A named file or folder that is missing is a problem like any other.
        """
        ...


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

    def subscribe(self, changed: Callable[[S_co, S_co], object]) -> Callable[[], object]:
        """Have `changed(before, after)` called after each change, in the event loop; return what ends that.

        A subscriber that raises is logged; it stops neither the others nor the reload.
        """
        ...
