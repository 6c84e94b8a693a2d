"""What a repository of parcels must prove that answers queries, on top of `SpecificationContract`."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from infra_ref.contract import Rule, raised, rule
from infra_ref.repository.contracts.parcels import Parcel, found, full, keys, stored
from infra_ref.repository.contracts.specification_contract import YES, SpecificationContract
from infra_ref.repository.errors import WrongType
from infra_ref.repository.query_port import (
    MAX_LIMIT,
    BadCursor,
    OutOfRange,
    Query,
    QueryableRepository,
    asc,
    desc,
)
from infra_ref.repository.specification_port import Compare, UnknownField, where
from infra_ref.result import Err, Ok

Parcels = QueryableRepository[Parcel, str]


class QueryContract(SpecificationContract):
    """The rules that `QueryableRepository` adds."""

    port = QueryableRepository

    @rule("QUERY-05", "text has the order of its code points, whatever the language of the server")
    async def orders_text_by_code_point(self, parcels: Parcels) -> None:
        notes = ["10", "9", "Z", "a", "é", "\uffff", "😀"]
        await stored(parcels, *(Parcel(key, note=note) for key, note in zip("abcdefg", notes, strict=True)))
        assert keys(await parcels.query(Query(order=(asc("note"),)))) == list("abcdefg")
        await self.finds(parcels, where("note") < "9", "a")
        await self.finds(parcels, where("note") > "Z", "defg")
        await self.finds(parcels, where("note") >= "\uffff", "fg")

    @rule("QUERY-07", "what is found, first found and counted agree")
    async def agrees_with_itself(self, parcels: Parcels) -> None:
        await stored(parcels, Parcel("b", weight=1), Parcel("a", weight=1), Parcel("c"))
        light = where("weight") == 1
        assert await parcels.find_one_by_specification(light) == await parcels.get_by_id("a")
        assert await parcels.find_one_by_specification(where("weight") == 5) == Ok(None)
        assert await parcels.count_by_specification(light) == Ok(2)
        assert await parcels.count(Query(light, limit=1, offset=1)) == Ok(2)
        assert found(await parcels.query_first(Query(light, (desc("id"),)))).id == "b"

    @rule("QUERY-08", "rows come in the order asked for, and by key where that leaves them equal")
    async def orders(self, parcels: Parcels) -> None:
        rows = [("d", 1, "x"), ("c", 2, "y"), ("b", 1, "y"), ("a", 2, "y"), ("e", 1, "x")]
        await stored(parcels, *(Parcel(key, weight=weight, owner=owner) for key, weight, owner in rows))
        assert keys(await parcels.query(Query(order=(asc("weight"),)))) == list("bdeac")
        assert keys(await parcels.query(Query(order=(desc("weight"), desc("owner"))))) == list("acbde")
        assert keys(await parcels.query(Query(order=(asc("owner"), desc("weight"))))) == list("deacb")
        assert keys(await parcels.query(Query(order=(desc("id"),)))) == list("edcba")

    @rule("QUERY-09", "None comes after every value, and first when descending")
    async def orders_none_last(self, parcels: Parcels) -> None:
        await stored(parcels, Parcel("a"), Parcel("b", price=2.0), Parcel("c", price=-1.0), Parcel("d"))
        assert keys(await parcels.query(Query(order=(asc("price"),)))) == list("cbad")
        assert keys(await parcels.query(Query(order=(desc("price"),)))) == list("adbc")

    @rule("QUERY-10", "a page has its limit and offset, and a total only when asked for")
    async def pages(self, parcels: Parcels) -> None:
        await stored(parcels, *(Parcel(f"{n:02}") for n in range(7)))
        page = (await parcels.query_paginated(Query(limit=3, offset=6))).unwrap()
        assert ([p.id for p in page.items], page.limit, page.offset, page.total) == (["06"], 3, 6, None)
        counted = await parcels.query_paginated(Query(where("id") < "05", limit=2), counted=True)
        assert (keys(counted.map(lambda page: page.items)), counted.unwrap().total) == (["00", "01"], 5)
        beyond = (await parcels.query_paginated(Query(offset=100), counted=True)).unwrap()
        assert (beyond.items, beyond.total) == ([], 7)

    @rule("QUERY-11", "windows give every row once, in order, over ties and None in the sort key")
    async def windows(self, parcels: Parcels) -> None:
        prices = [None, 1.0, 1.0, None, 2.0, 1.0, None]
        await stored(parcels, *(Parcel(f"{n}", price=price, weight=n % 2) for n, price in enumerate(prices)))
        expected = {
            (asc("price"),): "1254036",
            (desc("price"),): "0364125",
            (desc("weight"), asc("price")): "1532406",
            (asc("price"), desc("weight")): "1524306",
            (asc("sent_at"),): "0123456",
            (desc("id"),): "6543210",
        }
        for order, whole in expected.items():
            for limit in (1, 2, 7):
                seen = [p.id async for p in by_windows(parcels, Query(order=order, limit=limit))]
                assert "".join(seen) == whole

    @rule(
        "QUERY-12",
        "while others insert and delete, windows repeat no row and skip none that stayed",
    )
    async def windows_hold_still(self, parcels: Parcels) -> None:
        await stored(parcels, *(Parcel(f"{n:02}", weight=n // 4) for n in range(2, 22, 2)))
        seen: list[str] = []
        async for parcel in by_windows(parcels, Query(order=(asc("weight"),), limit=2)):
            seen.append(parcel.id)
            if len(seen) == 4:
                await stored(parcels, Parcel("00"), Parcel("01"), Parcel("03"), Parcel("99", weight=99))
                await parcels.delete_many(["02", "10"])
        assert " ".join(seen) == "02 04 06 08 12 14 16 18 20 99"

    @rule("QUERY-13", "a cursor that was changed, made up, or made for another query is refused")
    async def refuses_foreign_cursors(self, parcels: Parcels) -> None:
        await stored(parcels, *(Parcel(key) for key in "abc"))
        query = Query(where("weight") == 0, (asc("owner"),), limit=1)
        cursor = (await parcels.query_window(query)).unwrap().next_cursor
        assert cursor is not None
        swapped = [
            cursor[:n] + ("A" if cursor[n] != "A" else "B") + cursor[n + 1 :] for n in range(len(cursor))
        ]
        anything: Any = 7
        for token in (*swapped, anything, "", "x", "ü", cursor + "=", cursor + "A", cursor[:-1]):
            assert isinstance(await refusal(parcels.query_window(query, after=token)), BadCursor)
        for other in (
            replace(query, where=where("weight") == 1),
            replace(query, order=(desc("owner"),)),
            replace(query, order=()),
        ):
            assert isinstance(await refusal(parcels.query_window(other, after=cursor)), BadCursor)
        assert isinstance(await parcels.query_window(replace(query, limit=2), after=cursor), Ok)

    @rule("QUERY-14", "a limit below 1 or above the bound and a negative offset are OutOfRange")
    async def bounds_limits(self, parcels: Parcels) -> None:
        for query in (Query(limit=0), Query(limit=-1), Query(limit=MAX_LIMIT + 1), Query(offset=-1)):
            for ask in (parcels.query, parcels.query_paginated, parcels.query_window):
                with raised(OutOfRange):
                    await ask(query)
        assert await parcels.query(Query(limit=MAX_LIMIT)) == Ok([])

    @rule(
        "QUERY-15", "an unknown field and a value that its field cannot hold are BadInput, whatever is stored"
    )
    async def refuses_nonsense(self, parcels: Parcels) -> None:
        unknown = [where("colour") == 1, ~where("items").is_in([]), where("weight; --") > 1]
        how: Any = "= 0 OR 1 ="
        wrong = [
            Compare("weight", how, 0),
            Compare("note", "like", "x"),
            where("weight") == "7",
            where("weight") == 7.5,
            where("weight") == YES,
            where("weight") < None,
            where("weight") > 2**63,
            where("price").is_in([1.0, "x"]),
            where("price").is_in([math.nan]),
            where("weight").contains("7"),
            where("note").starts_with("\0"),
            where("sent_at") > datetime(2026, 1, 1),  # has no zone, and should
        ]
        for kind, specs in ((UnknownField, unknown), (WrongType, wrong)):
            for spec in specs:
                for ask in (parcels.find_by_specification, parcels.count_by_specification):
                    with raised(kind):
                        await ask((where("id") == "a") & ~spec)
        with raised(UnknownField):
            await parcels.query(Query(order=(asc("colour"),)))

    @rule("QUERY-16", "a stream gives every row once, in order, however small its batches")
    async def streams(self, parcels: Parcels) -> None:
        await stored(parcels, *(Parcel(f"{n:02}", weight=n % 3) for n in range(10)))
        query = Query(where("weight") < 2, (desc("weight"),))
        whole = keys(await parcels.query(query))
        for batch in (1, 3, 7, 100):
            assert [p.id async for p in parcels.stream(query, batch=batch)] == whole

    @rule("QUERY-17", "a query gives aggregates whole, and its limit counts aggregates")
    async def finds_aggregates_whole(self, parcels: Parcels) -> None:
        await stored(parcels, full("a"), full("b", items=[]), full("c"), full("d", weight=0))
        found_now = (await parcels.query(Query(where("weight") > 0, (desc("id"),), limit=2))).unwrap()
        assert found_now == [full("c", version=1), full("b", items=[], version=1)]
        assert await parcels.count_by_specification(where("weight") > 0) == Ok(3)

    @rule("QUERY-18", "a limit, an offset or an order that is none is a BadInput")
    async def refuses_what_is_no_query(self, parcels: Parcels) -> None:
        text: Any = "7"
        queries = [Query(limit=text), Query(limit=True), Query(offset=text)]
        queries += [Query(order=text), Query(order=(text,))]
        for query in queries:
            for ask in (parcels.query, parcels.query_window, parcels.query_paginated):
                with raised(WrongType):
                    await ask(query)

    @rule("QUERY-19", "the window that holds the last row has no cursor")
    async def ends_with_the_last_row(self, parcels: Parcels) -> None:
        await stored(parcels, *(Parcel(key) for key in "abcd"))
        first = (await parcels.query_window(Query(limit=2))).unwrap()
        assert first.next_cursor is not None
        assert (
            await parcels.query_window(Query(limit=2), after=first.next_cursor)
        ).unwrap().next_cursor is None
        assert (await parcels.query_window(Query(limit=4))).unwrap().next_cursor is None

    @classmethod
    def _named_rules(cls) -> Iterator[tuple[str, Rule]]:
        """Order them by number."""
        yield from sorted(super()._named_rules(), key=lambda named: named[1].number)


async def by_windows(parcels: Parcels, query: Query) -> AsyncIterator[Parcel]:
    """Give the rows of window after window."""
    cursor = None
    while True:
        window = (await parcels.query_window(query, after=cursor)).unwrap()
        for parcel in window.items:
            yield parcel
        if (cursor := window.next_cursor) is None:
            return


async def refusal(asked: Any) -> Any:
    """Return what was refused."""
    match await asked:
        case Err(error):
            return error
        case other:
            raise AssertionError(f"expected a refusal, got {other}")
