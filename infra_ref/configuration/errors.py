"""What can be wrong with settings. No value is ever part of it: it may be a secret."""

from __future__ import annotations

from dataclasses import dataclass

from infra_ref.failures import Failure


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where it was found, and what to write instead."""

    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconfigured(Failure):
    """The sources hold no valid settings; `problems` are all that were found, at once."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "\n".join(["the settings are not valid:", *(f"  {one}" for one in self.problems)])
