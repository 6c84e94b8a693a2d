"""The repository over an API: its contract over a web service, and what an API adds to go wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import httpx

from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.contract import run
from infra_ref.gateway.exchange.scripted_server import Answer, json_answer
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.observability.testing.recording_logger import RecordingLogger
from infra_ref.repository.api_repository import ApiRepository
from infra_ref.repository.contracts.parcels import PARCEL, Item, Parcel, ParcelContract
from infra_ref.repository.errors import Conflict, Duplicate, Missing, OutcomeUnknown, Unavailable
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.result import Err, Ok
from infra_ref.sample.adapters.shop_schemas import USER
from infra_ref.sample.user import User


class ParcelMapper:
    def to_dto(self, entity: Parcel) -> dict[str, Any]:
        moment = entity.sent_at.isoformat() if entity.sent_at else None
        return asdict(entity) | {
            "sent_at": moment,
            "price": None if entity.price is None else repr(entity.price),
        }

    def to_domain(self, dto: Any) -> Parcel:
        moment = datetime.fromisoformat(dto["sent_at"]) if dto["sent_at"] else None
        price = None if dto["price"] is None else float(dto["price"])
        return Parcel(
            **dto | {"sent_at": moment, "price": price, "items": [Item(**item) for item in dto["items"]]}
        )


class UserMapper:
    def to_dto(self, entity: User) -> dict[str, Any]:
        return {"id": entity.id, "mail": entity.email, "fullName": entity.name, "version": entity.version}

    def to_domain(self, dto: Any) -> User:
        return User(dto["id"], dto["mail"], dto["fullName"], int(dto["version"]))


class ParcelService:
    """The other side: a web service over a repository of its own."""

    def __init__(self) -> None:
        self._parcels: MemoryQueryableRepository[Parcel, str] = MemoryQueryableRepository(PARCEL)
        self._mapper = ParcelMapper()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        key = unquote(scope["raw_path"].decode().partition("?")[0].removeprefix("/parcels").removeprefix("/"))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        version = int(headers["if-match"].strip('"')) if "if-match" in headers else None
        status, data = await self._answer(scope["method"], key, json.loads(body) if body else None, version)
        raw = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send(
            {"type": "http.response.body", "body": b"" if status == 204 else json.dumps(data).encode()}
        )

    async def _answer(self, method: str, key: str, data: Any, version: int | None) -> tuple[int, Any]:
        if method == "GET" and not key:
            return 200, [self._mapper.to_dto(one) for one in (await self._parcels.get_all()).unwrap()]
        if method == "GET":
            found = (await self._parcels.get_by_id(key)).unwrap()
            return (404, {"type": "missing"}) if found is None else (200, self._mapper.to_dto(found))
        return self._told(method, await self._write(method, key, data, version))

    async def _write(self, method: str, key: str, data: Any, version: int | None) -> Any:
        match method, key:
            case "POST", "batch":
                ((doing, many),) = data.items()
                if doing == "delete":
                    return await self._parcels.delete_many(dict(many))
                return await getattr(self._parcels, f"{doing}_many")(map(self._mapper.to_domain, many))
            case "POST", _:
                return await self._parcels.create(self._mapper.to_domain(data))
            case "PUT", _:
                return await self._parcels.update(self._mapper.to_domain(data))
            case _:
                return await self._parcels.delete(key, version=version)

    def _told(self, method: str, result: Any) -> tuple[int, Any]:
        match result:
            case Ok(None):
                return 204, None
            case Ok(Parcel() as parcel):
                return (201 if method == "POST" else 200), self._mapper.to_dto(parcel)
            case Ok(list() as parcels):
                return 200, [self._mapper.to_dto(one) for one in parcels]
            case Ok(number):
                return 200, number
            case Err(Duplicate(key, field)):
                return 409, {"type": "duplicate", "key": key, "field": field}
            case Err(Missing(key)):
                return 404, {"type": "missing", "key": key}
            case Err(Conflict(key, expected, actual)):
                return 412, {"type": "conflict", "key": key, "expected": expected, "actual": actual}
        raise AssertionError(result)


def over(http: Any, cache: Any = None, logger: Any = None) -> ApiRepository[Parcel, str]:
    kept = cache or SingleFlightCache(MemoryCache())
    return ApiRepository(
        http, kept, logger or RecordingLogger(), schema=PARCEL, mapper=ParcelMapper(), path="/parcels"
    )


class TestApiRepository(ParcelContract):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[ApiRepository[Parcel, str]]:
        transport = httpx.ASGITransport(app=ParcelService())
        async with httpx.AsyncClient(transport=transport, base_url="http://parcels.test") as client:
            yield over(HttpxHttpClient(client))

    @property
    def unreachable(self) -> ApiRepository[Parcel, str]:
        return over(Elsewhere(MemoryServer()))


class Elsewhere(MemoryHttpClient):
    """Calls where nobody listens."""

    async def send(self, request: Any) -> Any:
        return await super().send(replace(request, url=self._server.nowhere + request.url))


class Down:
    """A cache whose store is away: it loads each time, and cannot forget."""

    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        return await loader()

    async def delete(self, key: str) -> bool:
        raise CacheUnavailable(f"delete {key}")


PARCEL_A = ParcelMapper().to_dto(Parcel("a", version=1))


def scripted() -> tuple[MemoryServer, MemoryHttpClient]:
    peer = MemoryServer()
    return peer, MemoryHttpClient(peer)


def test_a_read_is_cached_and_an_absence_is_not() -> None:
    async def check() -> None:
        peer, http = scripted()
        parcels = over(http)
        assert await parcels.get_by_id("a") == Ok(None)
        peer.answer("/parcels/a", json_answer(PARCEL_A))
        for _ in range(3):
            assert await parcels.get_by_id("a") == Ok(Parcel("a", version=1))
        assert len(peer.received) == 2

    run(check())


def test_a_malformed_body_is_an_error_and_is_not_kept() -> None:
    async def check() -> None:
        peer, http = scripted()
        logger = RecordingLogger()
        parcels = over(http, logger=logger)
        bad = [{**PARCEL_A, "items": None}, {"id": "a"}, [], 7, None, {**PARCEL_A, "price": "cheap"}]
        peer.answer("/parcels/a", *map(json_answer, bad), Answer(body=b"{"), json_answer(PARCEL_A))
        for _ in range(len(bad) + 1):
            result = await parcels.get_by_id("a")
            assert isinstance(result, Err)
            assert isinstance(result.error, Unavailable)
            assert not result.error.retryable
        assert len(logger.records) == len(bad)
        assert await parcels.get_by_id("a") == Ok(Parcel("a", version=1))

    run(check())


def test_a_cache_that_is_down_makes_it_slower_not_broken() -> None:
    async def check() -> None:
        peer, http = scripted()
        logger = RecordingLogger()
        parcels = over(http, Down(), logger)
        peer.answer("/parcels/a", json_answer(PARCEL_A))
        for _ in range(3):
            assert await parcels.get_by_id("a") == Ok(Parcel("a", version=1))
        assert len(peer.received) == 3
        assert isinstance(await parcels.update(Parcel("a", version=1)), Ok)
        assert [record.message for record in logger.records] == ["the cache may be out of date"]

    run(check())


def test_a_read_after_a_write_is_never_older_whatever_came_of_the_write() -> None:
    async def check() -> None:
        for fault in (None, "half", "cut"):
            peer, http = scripted()
            parcels = over(http)
            peer.answer(
                "/parcels/a", json_answer(PARCEL_A), Answer(body=json.dumps(PARCEL_A).encode(), fault=fault)
            )
            await parcels.get_by_id("a")
            written = await parcels.update(Parcel("a", owner="bob", version=1))
            if fault is not None:
                assert isinstance(written, Err)
                assert isinstance(written.error, OutcomeUnknown)
            peer.answer("/parcels/a", json_answer(PARCEL_A | {"owner": "bob"}))
            assert (await parcels.get_by_id("a")).unwrap().owner == "bob"

    run(check())


def test_each_write_has_a_key_of_its_own() -> None:
    async def check() -> None:
        peer, http = scripted()
        peer.answer("/parcels", json_answer(PARCEL_A, 201))
        for _ in range(2):
            await over(http).create(Parcel("a"))
        keys = [seen.headers["idempotency-key"] for seen in peer.received]
        assert len(set(keys)) == 2

    run(check())


def test_the_users_of_the_sample() -> None:
    async def check() -> None:
        peer, http = scripted()
        users: ApiRepository[User, str] = ApiRepository(
            http,
            SingleFlightCache(MemoryCache()),
            RecordingLogger(),
            schema=USER,
            mapper=UserMapper(),
            path="/users",
        )
        peer.answer(
            "/users/7", json_answer({"id": "7", "mail": "ada@example.org", "fullName": "Ada", "version": 3})
        )
        assert await users.get_by_id("7") == Ok(User("7", "ada@example.org", "Ada", 3))
        assert await users.exists("8") is False

    run(check())
