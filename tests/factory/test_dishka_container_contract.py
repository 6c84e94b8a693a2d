"""`DishkaContainer` keeps the rules of its contract, but for those that it declares."""

from __future__ import annotations

from typing import Any

from infra_ref.factory.contracts.container_contract import ContainerContract
from infra_ref.factory.dishka_container import DishkaContainer


class TestDishkaContainer(ContainerContract):
    lacks = DishkaContainer.lacks

    def make(self) -> Any:
        return DishkaContainer
