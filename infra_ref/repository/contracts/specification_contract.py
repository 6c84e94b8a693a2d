"""What a repository of parcels must prove that finds by specification, on top of `RepositoryContract`."""

from __future__ import annotations

from datetime import timedelta, timezone

from infra_ref.contract import Contract, raised, rule
from infra_ref.repository.contracts.parcels import NOON, Parcel, keys, stored
from infra_ref.repository.errors import BadInput
from infra_ref.repository.specification_port import AllOf, Not, Specification, SpecificationRepository, where

Parcels = SpecificationRepository[Parcel, str]

YES, NOTHING = True, None
"""Compared with by `==`: to a specification that is a question, to a linter a slip."""


class SpecificationContract(Contract):
    """The rules that `SpecificationRepository` adds."""

    port = SpecificationRepository

    @rule("QUERY-01", "numbers, truth and moments compare as Python's do, moments across zones")
    async def compares(self, parcels: Parcels) -> None:
        east = timezone(timedelta(hours=9))
        await stored(
            parcels,
            Parcel("a", weight=2, price=0.5, fragile=True, sent_at=NOON),
            Parcel("b", weight=10, price=-0.0, sent_at=NOON + timedelta(microseconds=1)),
            Parcel("c", weight=-1, price=3, sent_at=(NOON - timedelta(hours=1)).astimezone(east)),
        )
        await self.finds(parcels, where("weight") == 2, "a")
        await self.finds(parcels, where("weight") > 2, "b")
        await self.finds(parcels, where("weight") >= 2, "ab")
        await self.finds(parcels, where("weight") < 2, "c")
        await self.finds(parcels, where("weight") <= 2, "ac")
        await self.finds(parcels, where("price") == 0, "b")
        await self.finds(parcels, where("price") > 0.25, "ac")
        await self.finds(parcels, where("fragile") == YES, "a")
        await self.finds(parcels, where("fragile") != YES, "bc")
        await self.finds(parcels, where("sent_at") == NOON.astimezone(east), "a")
        await self.finds(parcels, where("sent_at") < NOON.astimezone(east), "c")
        await self.finds(parcels, where("sent_at") > NOON, "b")

    @rule("QUERY-02", "None equals only None and has no order; a negation is true where the plain is false")
    async def treats_none_as_python_does(self, parcels: Parcels) -> None:
        await stored(parcels, Parcel("a", price=1.0, note="x"), Parcel("b", price=9.0, note=""), Parcel("c"))
        await self.finds(parcels, where("price").is_none(), "c")
        await self.finds(parcels, where("price") == NOTHING, "c")
        await self.finds(parcels, where("price") != NOTHING, "ab")
        await self.finds(parcels, where("price") != 1.0, "bc")
        await self.finds(parcels, ~(where("price") > 5), "ac")
        await self.finds(parcels, ~((where("price") > 5) | (where("note") == "x")), "c")
        await self.finds(parcels, ~((where("price") > 0) & (where("note") == "x")), "bc")
        await self.finds(parcels, ~where("note").contains("x"), "bc")
        await self.finds(parcels, where("note").contains(""), "ab")
        await self.finds(parcels, ~~(where("price") > 5), "b")

    @rule("QUERY-03", "is_in takes None as a value, and of no values it is never true")
    async def finds_among_values(self, parcels: Parcels) -> None:
        await stored(parcels, Parcel("a", note="x"), Parcel("b", note="y"), Parcel("c"))
        await self.finds(parcels, where("note").is_in(["x", "z"]), "a")
        await self.finds(parcels, where("note").is_in(["x", None]), "ac")
        await self.finds(parcels, ~where("note").is_in(["x"]), "bc")
        await self.finds(parcels, ~where("note").is_in(["x", None]), "b")
        await self.finds(parcels, where("note").is_in([]), "")
        await self.finds(parcels, ~where("note").is_in([]), "abc")

    @rule("QUERY-04", r"text is found as it is: case counts, and % _ \ * ? [ stand for themselves")
    async def finds_text_as_it_is(self, parcels: Parcels) -> None:
        notes = ["50% off", "50 euro off", r"a_b\c", "axb", "[x]*?", "ß ÄÖ", "50% OFF"]
        await stored(parcels, *(Parcel(key, note=note) for key, note in zip("abcdefg", notes, strict=True)))
        await self.finds(parcels, where("note").contains("0%"), "ag")
        await self.finds(parcels, where("note").contains("a_b"), "c")
        await self.finds(parcels, where("note").contains("\\"), "c")
        await self.finds(parcels, where("note").contains("]*"), "e")
        await self.finds(parcels, where("note").starts_with("[x"), "e")
        await self.finds(parcels, where("note").starts_with("50"), "abg")
        await self.finds(parcels, where("note").starts_with("a_"), "c")
        await self.finds(parcels, where("note").ends_with("off"), "ab")
        await self.finds(parcels, where("note").ends_with("*?"), "e")
        await self.finds(parcels, where("note").contains("Ä"), "f")
        await self.finds(parcels, where("note").contains("ä"), "")
        await self.finds(parcels, where("note") == "50% OFF", "g")

    @rule("QUERY-06", "specifications combine: & | ~, nested, and of nothing")
    async def combines(self, parcels: Parcels) -> None:
        await stored(parcels, *(Parcel(key, weight=n) for n, key in enumerate("abcdef")))
        low, high, even = where("weight") < 2, where("weight") > 3, where("weight").is_in([0, 2, 4])
        await self.finds(parcels, low | high & even, "abe")
        await self.finds(parcels, (low | high) & even, "ae")
        await self.finds(parcels, ~(low | high) & even, "c")
        await self.finds(parcels, ~(low & even) & ~high, "bcd")
        await self.finds(parcels, (low & even) | (low & high) | ~(even | ~high), "af")

    @rule("QUERY-20", "a specification that is nested without end is a BadInput")
    async def refuses_the_bottomless(self, parcels: Parcels) -> None:
        await stored(parcels, Parcel("a"))
        deep = where("id") == "a"
        for _ in range(40):
            deep = Not(AllOf((deep,)))
        await self.finds(parcels, deep, "a")
        for _ in range(3_000):
            deep = Not(deep)
        for ask in (parcels.find_by_specification, parcels.count_by_specification):
            with raised(BadInput):
                await ask(deep)

    async def finds(self, parcels: Parcels, spec: Specification, expected: str) -> None:
        """Hold the specification to the keys that it must find."""
        seen = keys(await parcels.find_by_specification(spec))
        if seen != list(expected):
            raise AssertionError(f"{spec}: expected {list(expected)}, found {seen}")
