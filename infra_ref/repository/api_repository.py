"""A repository behind another system's HTTP API, with a cache in front of it."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import quote

from infra_ref.caching.loading_port import LoadingCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.failures import Refused
from infra_ref.gateway.errors import Rejected
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions, Response
from infra_ref.observability.port import Logger
from infra_ref.repository.api_errors import CallFailed, data_of, refusal, unavailable
from infra_ref.repository.errors import OutcomeUnknown, ReadFailure, Unusable, WriteFailure
from infra_ref.repository.schema import Schema
from infra_ref.result import Err, Ok, Result

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")

MALFORMED = (ValueError, KeyError, TypeError)
"""What a mapper raises for data that is no entity."""


class ApiMapper(Protocol[T]):
    """Between an entity and what the API calls it."""

    def to_dto(self, entity: T) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        ...

    def to_domain(self, dto: Any) -> T:
        """Return the entity. Raises ValueError, KeyError or TypeError for anything that is not one."""
        ...


class ApiRepository(Generic[T, K]):
    """A `Repository` over an API: `GET POST PUT DELETE path/key`, `GET path`, `POST path/batch`.

    Cache aside: a read asks `cache`, which loads what it lacks; a write makes it
    forget, whatever came of the write, so a read after it is never older. While
    the cache is down reads are slower and writes log that they could not make it
    forget; what it still holds then ends with its time to live, `ttl` seconds.

    Versions travel as `version` in the body and as If-Match. The API refuses with
    `{"type": "duplicate" | "missing" | "conflict", "key": ...}`. A body that the
    mapper refuses is `Unavailable`, and trying again will not help.
    """

    lacks: ClassVar[Mapping[str, str]] = {"statements": "how the API stores things is not seen from here"}

    def __init__(
        self,
        http: HttpClient,
        cache: LoadingCache[Any],
        logger: Logger,
        *,
        schema: Schema[T],
        mapper: ApiMapper[T],
        path: str,
        ttl: float = 300.0,
    ) -> None:
        self._http, self._cache, self._logger = http, cache, logger
        self._schema, self._mapper, self._path, self._ttl = schema, mapper, path.rstrip("/"), ttl

    async def get_by_id(self, key: K) -> Result[T | None, ReadFailure]:
        self._schema.check_key(key)
        return await self._read("read", self._cached(key))

    async def get_all(self) -> Result[list[T], ReadFailure]:
        """Return all entities by key, from the API each time."""
        return await self._read("list", self._all())

    async def exists(self, key: K) -> bool:
        match await self.get_by_id(key):
            case Ok(entity):
                return entity is not None
            case Err(failure):
                raise Refused(failure)

    async def create(self, entity: T) -> Result[T, WriteFailure]:
        self._schema.check(entity)
        call = self._http.post(self._path, self._mapper.to_dto(entity), _once())
        return await self._write("create", [self._schema.key_of(entity)], call, self._mapper.to_domain)

    async def update(self, entity: T) -> Result[T, WriteFailure]:
        self._schema.check(entity)
        key, options = self._schema.key_of(entity), _once(self._schema.version_of(entity))
        call = self._http.put(self._url(key), self._mapper.to_dto(entity), options)
        return await self._write("update", [key], call, self._mapper.to_domain)

    async def delete(self, key: K, *, version: int | None = None) -> Result[None, WriteFailure]:
        self._schema.check_key(key, version)
        call = self._http.delete(self._url(key), _once(version))
        return await self._write("remove", [key], call, lambda _: None)

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        return await self._batch("create", list(entities))

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        return await self._batch("update", list(entities))

    async def delete_many(self, keys: Iterable[K] | Mapping[K, int | None]) -> Result[int, WriteFailure]:
        versions = dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys)
        if not versions:
            return Ok(0)
        for key, version in versions.items():
            self._schema.check_key(key, version)
        body = {"delete": [list(one) for one in versions.items()]}
        call = self._http.post(f"{self._path}/batch", body, _once())
        return await self._write("remove many", list(versions), call, int)

    async def _batch(self, verb: str, entities: list[T]) -> Result[list[T], WriteFailure]:
        for entity in entities:
            self._schema.check(entity)
        if not entities:
            return Ok([])
        body = {verb: [self._mapper.to_dto(entity) for entity in entities]}
        call = self._http.post(f"{self._path}/batch", body, _once())
        return await self._write(
            f"{verb} many", [self._schema.key_of(one) for one in entities], call, self._entities
        )

    async def _read(self, verb: str, work: Awaitable[R]) -> Result[R, ReadFailure]:
        doing = f"{verb} {self._schema.name}"
        try:
            return Ok(await work)
        except CallFailed as failed:
            return Err(unavailable(failed.error, doing))
        except MALFORMED as error:
            self._report(error, doing)
            return Err(Unusable(doing, cause=error))

    async def _write(
        self,
        verb: str,
        keys: list[Any],
        call: Awaitable[Result[Response, HttpError]],
        understood: Callable[[Any], R],
    ) -> Result[R, WriteFailure]:
        doing = f"{verb} {self._schema.name}"
        try:
            return Ok(understood(await data_of(call)))
        except CallFailed as failed:
            return Err(refusal(failed.error, doing, keys[0]))
        except MALFORMED as error:
            self._report(error, doing)
            return Err(OutcomeUnknown(doing, cause=error))  # it may well have been done
        finally:
            await self._forget(keys)

    async def _cached(self, key: K) -> T | None:
        try:
            dto = await self._cache.get_or_load(self._name(key), lambda: self._load(key), ttl=self._ttl)
        except CallFailed as failed:
            # A cache keeps no errors, so it keeps no 404: what is missing today may be there tomorrow.
            if isinstance(failed.error, Rejected) and failed.error.status == 404:
                return None
            raise
        return self._mapper.to_domain(dto)

    async def _load(self, key: K) -> Any:
        dto = await data_of(self._http.get(self._url(key)))
        self._mapper.to_domain(dto)  # what cannot be understood is not kept
        return dto

    async def _all(self) -> list[T]:
        return sorted(self._entities(await data_of(self._http.get(self._path))), key=self._schema.key_of)

    def _entities(self, dtos: Any) -> list[T]:
        return [self._mapper.to_domain(dto) for dto in dtos]

    async def _forget(self, keys: list[Any]) -> None:
        try:
            for key in keys:
                await self._cache.delete(self._name(key))
        except CacheUnavailable as error:
            self._logger.error("the cache may be out of date", error=error, entity=self._schema.name)

    def _report(self, error: Exception, doing: str) -> None:
        self._logger.error("the API's answer cannot be understood", error=error, doing=doing)

    def _url(self, key: Any) -> str:
        return f"{self._path}/{quote(str(key), safe='')}"

    def _name(self, key: Any) -> str:
        return f"{self._schema.name}:{key}"


def _once(version: int | None = None) -> HttpOptions:
    """Return options with a key of their own, so that a client below may safely send it again."""
    headers = {} if version is None else {"if-match": f'"{version}"'}
    return HttpOptions(headers=headers, idempotency_key=uuid.uuid4().hex)
