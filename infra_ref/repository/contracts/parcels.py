"""An entity with a field of every kind, which the repositories here are held to their contracts with.

PARCEL = Schema(Parcel, unique=("label",))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from infra_ref.repository.contracts.repository_contract import RepositoryContract
from infra_ref.repository.port import Repository
from infra_ref.repository.schema import Schema


@dataclass
class Item:
    """A thing in a parcel."""

    name: str
    grams: int


@dataclass
class Parcel:
    """An entity with a field of every kind."""

    id: str
    owner: str = "ada"
    weight: int = 0
    price: float | None = None
    note: str | None = None
    label: str | None = None
    fragile: bool = False
    sent_at: datetime | None = None
    items: list[Item] = field(default_factory=list)
    version: int = 0


PARCEL = Schema(Parcel, unique=("label",))
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def full(key: str, **changes: Any) -> Parcel:
    """Return a parcel with a value in every field."""
    items = [Item("lens", 12), Item("case", 80), Item("lens", 12)]
    parcel = Parcel(key, "ada", 7, 2.5, "hold", f"label of {key}", True, NOON, items)
    return replace(parcel, **changes)


class ParcelContract(RepositoryContract):
    """`RepositoryContract` for repositories of parcels, empty, whose `label` is unique."""

    samples = (full("b", label=None), full("a", label=None), full("C"))
    version, unique, children = "version", "label", "items"
    fields: Mapping[type, str] = {str: "owner", int: "weight", float: "price", datetime: "sent_at"}

    def change(self, parcel: Parcel) -> Parcel:
        """Return it with other values, some of them None."""
        return replace(parcel, owner="bob", note=None, weight=-1, sent_at=None)

    def numbered(self, number: int) -> Parcel:
        """Return a parcel with a key of this number."""
        return Parcel(f"{number:05}")


async def stored(parcels: Repository[Parcel, str], *given: Parcel) -> list[Parcel]:
    """Store them, for a rule to begin with."""
    return (await parcels.create_many(given)).unwrap()


def keys(result: Any) -> list[str]:
    """Return the keys of a result's entities."""
    rows: Iterable[Parcel] = result.unwrap()
    return [parcel.id for parcel in rows]


def found(result: Any) -> Any:
    """Return the entity of a result, which must be there."""
    entity = result.unwrap()
    assert entity is not None
    return entity
