"""The port of loading: settings read from all their sources at once."""

from __future__ import annotations

from collections.abc import Mapping
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
