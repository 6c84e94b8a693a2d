"""What can be wrong with how things are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra_ref.failures import Failure


class WiringError(Exception):
    """Objects cannot be put together; `problems` are all that was found, each with the path to it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["the objects cannot be wired:", *(f"  {one}" for one in problems)]))
        self.problems = tuple(problems)


class ContainerClosed(Exception):
    """Something was asked for after its scope had ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPlugin(Failure):
    """The plug-in `name` of `distribution` cannot be used, for this `reason`."""

    name: str
    distribution: str
    reason: str

    def __str__(self) -> str:
        return f"the plug-in {self.name} of {self.distribution} is broken: {self.reason}"


@dataclass(frozen=True, slots=True)
class NotOpened(Failure):
    """What the setting `option` names could not be opened; `url` is it without secrets, `cause` says why."""

    option: str
    url: str

    def __str__(self) -> str:
        return f"{self.option}: {self.url} could not be opened"
