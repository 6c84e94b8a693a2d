"""A repository behind somebody else's HTTP API, with a cache in front of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast
from urllib.parse import quote

from infra_ref.caching.loading_port import LoadingCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.failures import Refused
from infra_ref.gateway.errors import Rejected
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions, Response
from infra_ref.observability.port import Logger
from infra_ref.repository.errors import (
    Conflict,
    Duplicate,
    Missing,
    OutcomeUnknown,
    ReadFailure,
    Unavailable,
    Unusable,
    WriteFailure,
)
from infra_ref.repository.schema import Schema
from infra_ref.result import Err, Ok, Result

T = TypeVar("T")
K = TypeVar("K")


class ApiMapper(Protocol[T]):
    """Between an entity and what the API calls it."""

    def to_dto(self, entity: T) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        ...

    def to_domain(self, dto: Any) -> T:
        """Return the entity. Raises ValueError, KeyError or TypeError for anything that is not one."""
        ...


class CallFailed(Exception):
    """The cause of a refusal: the call that failed, in words that may be shown."""

    def __init__(self, error: HttpError) -> None:
        super().__init__(str(error))
        self.error = error


class _Absent(Exception):
    """Carries a 404 past the cache, which keeps no errors: what is not there today may be there tomorrow."""


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
        """Return the entity, or None if there is none with this key."""
        self._schema.check_key(key)
        doing = f"read {self._schema.name}"
        try:
            dto = await self._cache.get_or_load(self._name(key), lambda: self._load(key), ttl=self._ttl)
            return Ok(self._mapper.to_domain(dto))
        except _Absent:
            return Ok(None)
        except CallFailed as failed:
            return Err(_unavailable(doing, failed.error))
        except (ValueError, KeyError, TypeError) as error:
            return Err(self._malformed(doing, error))

    async def get_all(self) -> Result[list[T], ReadFailure]:
        """Return all entities by key, from the API each time."""
        doing = f"list {self._schema.name}"
        match await self._http.get(self._path):
            case Ok(answer):
                try:
                    entities = [self._mapper.to_domain(dto) for dto in answer.data]
                except (ValueError, KeyError, TypeError) as error:
                    return Err(self._malformed(doing, error))
                return Ok(sorted(entities, key=self._schema.key_of))
            case Err(error):
                return Err(_unavailable(doing, error))

    async def exists(self, key: K) -> bool:
        """Return whether there is such an entity. Raises Refused, with Unavailable in it."""
        match await self.get_by_id(key):
            case Ok(entity):
                return entity is not None
            case Err(refusal):
                raise Refused(refusal)

    async def create(self, entity: T) -> Result[T, WriteFailure]:
        """Store a new entity; return it as the API stored it. Refused with Duplicate."""
        self._schema.check(entity)
        call = self._http.post(self._path, self._mapper.to_dto(entity), _once())
        return await self._written("create", [self._schema.key_of(entity)], call, self._one)

    async def update(self, entity: T) -> Result[T, WriteFailure]:
        """Store over the same version. Refused with Missing, or with Conflict."""
        self._schema.check(entity)
        key, options = self._schema.key_of(entity), _once(self._schema.version_of(entity))
        call = self._http.put(self._url(key), self._mapper.to_dto(entity), options)
        return await self._written("update", [key], call, self._one)

    async def delete(self, key: K, *, version: int | None = None) -> Result[None, WriteFailure]:
        """Remove the entity if it has this version; None removes any. Refused with Missing or Conflict."""
        self._schema.check_key(key, version)
        call = self._http.delete(self._url(key), _once(version))
        return await self._written("remove", [key], call, _nothing)

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        """Store all of them or, if one is refused, none."""
        return await self._batch("create", list(entities))

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        """Store over all of them or, if one is refused, none."""
        return await self._batch("update", list(entities))

    async def delete_many(self, keys: Iterable[K] | Mapping[K, int | None]) -> Result[int, WriteFailure]:
        """Remove all of them or, if one is refused, none; return how many. A mapping gives versions."""
        versions: Mapping[K, int | None] = keys if isinstance(keys, Mapping) else dict.fromkeys(keys)
        if not versions:
            return Ok(0)
        for key, version in versions.items():
            self._schema.check_key(key, version)
        call = self._http.post(
            f"{self._path}/batch", {"delete": [list(one) for one in versions.items()]}, _once()
        )
        return await self._written("remove many", list(versions), call, int)

    async def _batch(self, doing: str, entities: list[T]) -> Result[list[T], WriteFailure]:
        for entity in entities:
            self._schema.check(entity)
        if not entities:
            return Ok([])
        body = {doing: [self._mapper.to_dto(entity) for entity in entities]}
        call = self._http.post(f"{self._path}/batch", body, _once())
        keys = [self._schema.key_of(entity) for entity in entities]
        return await self._written(f"{doing} many", keys, call, self._all)

    async def _written(
        self, verb: str, keys: list[Any], call: Awaitable[Result[Response, HttpError]], read: Any
    ) -> Result[Any, WriteFailure]:
        doing = f"{verb} {self._schema.name}"
        try:
            result = await call
        finally:
            await self._forget(keys)
        match result:
            case Ok(answer):
                try:
                    return Ok(read(answer.data))
                except (ValueError, KeyError, TypeError) as error:
                    self._malformed(doing, error)
                    return Err(OutcomeUnknown(doing, cause=error))  # it may well have been done
            case Err(error):
                return Err(_refusal(error, doing, keys[0]))

    async def _forget(self, keys: list[Any]) -> None:
        for key in keys:
            try:
                await self._cache.delete(self._name(key))
            except CacheUnavailable as error:
                self._logger.error("the cache may be out of date", error=error, entity=self._schema.name)
                return

    async def _load(self, key: K) -> Any:
        match await self._http.get(self._url(key)):
            case Ok(answer):
                self._mapper.to_domain(answer.data)  # what cannot be understood is not kept
                return answer.data
            case Err(Rejected(status=404)):
                raise _Absent
            case Err(error):
                raise CallFailed(error)

    def _one(self, dto: Any) -> T:
        return self._mapper.to_domain(dto)

    def _all(self, dtos: Any) -> list[T]:
        return [self._mapper.to_domain(dto) for dto in dtos]

    def _malformed(self, doing: str, error: Exception) -> Unavailable:
        self._logger.error("the API's answer cannot be understood", error=error, doing=doing)
        return Unusable(doing, cause=error)

    def _url(self, key: Any) -> str:
        return f"{self._path}/{quote(str(key), safe='')}"

    def _name(self, key: Any) -> str:
        return f"{self._schema.name}:{key}"


def _once(version: int | None = None) -> HttpOptions:
    """Return options with a key of their own, so that a client below may safely send it again."""
    headers = {} if version is None else {"if-match": f'"{version}"'}
    return HttpOptions(headers=headers, idempotency_key=uuid.uuid4().hex)


def _nothing(data: Any) -> None:
    return None


def _refusal(error: HttpError, doing: str, key: Any) -> WriteFailure:
    problem = _problem(error.body) if isinstance(error, Rejected) else {}
    key = problem.get("key", key)
    match error, problem.get("type"):
        case Rejected(), "duplicate":
            return Duplicate(key, str(problem.get("field", "")))
        case Rejected(), "conflict":
            return Conflict(key, problem.get("expected"), problem.get("actual"))
        case (Rejected(), "missing") | (Rejected(status=404), _):
            return Missing(key)
        case _ if error.may_have_acted:
            return OutcomeUnknown(doing, cause=CallFailed(error))
        case _:
            return _unavailable(doing, error)


def _unavailable(doing: str, error: HttpError) -> Unavailable:
    return (Unavailable if error.retryable else Unusable)(doing, cause=CallFailed(error))


def _problem(body: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(body)
    except ValueError:
        return {}
    return cast("dict[str, Any]", problem) if isinstance(problem, dict) else {}
