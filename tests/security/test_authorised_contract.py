"""`authorised` keeps every rule of its contract."""

from __future__ import annotations

from typing import Any

from infra_ref.security.contracts.authorised_contract import AuthorisedContract
from infra_ref.security.decorators.authorised import authorised


class TestAuthorised(AuthorisedContract):
    decorate: Any = staticmethod(authorised)

    def make(self) -> Any:
        return self.decorate
