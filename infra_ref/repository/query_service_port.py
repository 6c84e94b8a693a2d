"""The port of the read side."""

from __future__ import annotations

from typing import Protocol, TypeVar

from infra_ref.repository.errors import ReadFailure
from infra_ref.result import Result

Q_contra = TypeVar("Q_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class QueryService(Protocol[Q_contra, R_co]):
    """Answers one question in the shape that its reader needs, without entities."""

    async def execute(self, query: Q_contra) -> Result[R_co, ReadFailure]:
        """Return the answer."""
        ...
