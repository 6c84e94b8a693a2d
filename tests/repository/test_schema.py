"""How a schema makes entities: whatever form their dataclass has, or it says at once that it cannot."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from infra_ref.events import DomainEvent
from infra_ref.repository.schema import Schema


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Plain:
    id: str
    colour: Colour | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Frozen:
    id: str
    colour: Colour | None = None
    version: int = 0


@dataclass
class ByKeyword:
    id: str
    _: KW_ONLY
    colour: Colour | None = None
    version: int = 0


@dataclass(kw_only=True)
class Versioned:
    version: int = 0


@dataclass
class InAnotherOrder(Versioned):
    """Its dataclass has the version first, and takes it last."""

    id: str
    colour: Colour | None = None


@dataclass(init=False)
class OwnInit:
    id: str
    colour: Colour | None
    version: int

    def __init__(self, version: int, colour: Colour | None, id: str = "") -> None:  # noqa: A002
        self.id, self.colour, self.version = id, colour, version


@dataclass
class OwnInitOfAnything(Plain):
    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)


FORMS = [Plain, Frozen, ByKeyword, InAnotherOrder, OwnInit, OwnInitOfAnything]


@pytest.mark.parametrize("form", FORMS)
def test_an_entity_of_any_form_is_made_of_its_values(form: Any) -> None:
    schema = Schema(form)
    entity = form(id="a", colour=Colour.RED, version=3)
    stored = {n: None if v is None else str(v) for n, v in schema.values(entity).items()}
    made = schema.make({**stored, "version": 3})
    assert (made.id, made.colour, made.version) == ("a", Colour.RED, 3)
    assert isinstance(made.colour, Colour)
    copied = schema.copy(form(id="b", colour=None, version=1), version=2)
    assert (copied.id, copied.colour, copied.version) == ("b", None, 2)


@dataclass(frozen=True)
class Stripe:
    width: int
    colour: Colour


@dataclass
class Flag:
    id: str
    stripes: list[Stripe]
    name: str
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)


def test_children_stand_where_the_dataclass_has_them_and_have_their_enums() -> None:
    schema = Schema(Flag, unstored=("events",))
    stripes = [{"width": 2, "colour": "red"}, {"width": 1, "colour": "blue"}]
    flag = schema.make({"id": "a", "name": "tricolour", "version": 1}, stripes)
    assert flag == Flag("a", [Stripe(2, Colour.RED), Stripe(1, Colour.BLUE)], "tricolour", 1)
    assert [type(stripe.colour) for stripe in flag.stripes] == [Colour, Colour]
    copied = schema.copy(flag, version=1)
    assert copied == flag
    assert copied.stripes is not flag.stripes


@dataclass
class Counted:
    id: str
    version: int = field(default=0, init=False)


@dataclass
class Needs:
    id: str
    events: list[DomainEvent]
    version: int = 0


@dataclass
class Nested:
    id: str
    flags: list[Flag]
    version: int = 0


def test_what_cannot_be_made_of_its_values_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"Counted cannot be made of its stored fields: .*'version'"):
        Schema(Counted)
    with pytest.raises(TypeError, match=r"Needs cannot be made of its stored fields: missing .*'events'"):
        Schema(Needs, unstored=("events",))
    with pytest.raises(TypeError, match=r"Flag.events: .* leave it out with unstored=\('events',\)"):
        Schema(Flag)
    with pytest.raises(TypeError, match=r"Flag.stripes: .* cannot be stored"):
        Schema(Nested)
    with pytest.raises(TypeError, match="Plain has no stored field 'name'"):
        Schema(Plain, unique=("name",))
    with pytest.raises(TypeError, match="write version=None for an entity without versions"):
        Schema(Plain, version="revision")
