"""`ObstoreFileStorage` on a server that speaks S3, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.file_storage.contracts.examples import broken_off, endless, streamed
from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.errors import (
    AccessDenied,
    FileChanged,
    FileExists,
    NotSupported,
    StorageUnavailable,
)
from infra_ref.file_storage.obstore_file_storage import CONDITIONS, ObstoreFileStorage
from infra_ref.file_storage.obstore_probe import honoured_conditions
from tests.file_storage.s3 import S3, Answer, Environ

MIB = 1024 * 1024


class TestObstoreFileStorageOnMotoS3(FileStorageContract):
    @pytest.fixture(autouse=True)
    def _at(self, s3: S3) -> None:
        self.s3 = s3

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[ObstoreFileStorage]:
        self.bucket = self.s3.bucket()
        yield await self.another()
        assert self.s3.uploads(self.bucket) == 0

    async def another(self) -> ObstoreFileStorage:
        store = self.s3.store(self.bucket)
        return ObstoreFileStorage(store, honours=await honoured_conditions(store))

    async def fetch(self, url: str) -> bytes:
        return await asyncio.to_thread(self.s3.get, url)


class Bucket:
    """A bucket of its own, with a storage on it, and a script in front of it."""

    def __init__(self, s3: S3, script: Any = None, **config: Any) -> None:
        self.s3, self.name = s3, s3.bucket()
        self.store = s3.store(self.name, retry_config={"max_retries": 2}, **config)
        self.files = ObstoreFileStorage(self.store, honours=CONDITIONS)
        self.calls: list[str] = []
        s3.scripts[self.name] = self._answer
        self.script = script or (lambda _: None)

    def _answer(self, environ: Environ) -> Answer | None:
        self.calls.append(environ["REQUEST_METHOD"])
        answer: Answer | None = self.script(environ)
        return answer

    def probed(self) -> frozenset[str]:
        return run(honoured_conditions(self.store))


def is_conditional(environ: Environ) -> bool:
    return bool({"HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"} & environ.keys())


CONFLICT = ("409 Conflict", b"<Error><Code>ConditionalRequestConflict</Code></Error>")
REFUSED = ("412 Precondition Failed", b"<Error><Code>PreconditionFailed</Code></Error>")


def in_conflict(times: int) -> Any:
    """Answer the first conditional requests with 409."""
    left = iter([CONFLICT] * times)
    return lambda environ: next(left, None) if is_conditional(environ) else None


def test_a_conflict_is_tried_again(s3: S3) -> None:
    bucket = Bucket(s3, in_conflict(3))
    run(bucket.files.save("a", b"x"))
    assert (run(bucket.files.read("a")), bucket.calls.count("PUT")) == (b"x", 4)


def test_a_conflict_over_a_version_and_of_a_copy_is_tried_again(s3: S3) -> None:
    bucket = Bucket(s3)

    async def story() -> bytes:
        await bucket.files.save("a", b"x")
        bucket.script = in_conflict(2)
        await bucket.files.save("a", b"y", overwrite=(await bucket.files.metadata("a")).etag)
        bucket.script = in_conflict(2)
        await bucket.files.copy("a", "b")
        return await bucket.files.read("b")

    assert run(story()) == b"y"


def test_conflicts_without_end_are_unavailable(s3: S3) -> None:
    bucket = Bucket(s3, lambda environ: CONFLICT if is_conditional(environ) else None)
    with pytest.raises(StorageUnavailable, match="others go on writing it"):
        run(bucket.files.save("a", b"x"))


@pytest.mark.parametrize(("overwrite", "raises"), [(False, FileExists), ('"stale"', FileChanged)])
def test_a_condition_that_does_not_hold_is_not_tried_again(s3: S3, overwrite: Any, raises: Any) -> None:
    bucket = Bucket(s3, lambda environ: REFUSED if is_conditional(environ) else None)
    with pytest.raises(raises):
        run(bucket.files.save("a", b"x", overwrite=overwrite))
    assert bucket.calls == ["PUT"]


def without_conditions(environ: Environ) -> None:
    environ.pop("HTTP_IF_NONE_MATCH", None)
    environ.pop("HTTP_IF_MATCH", None)


def test_every_condition_of_a_good_store_is_seen(s3: S3) -> None:
    bucket = Bucket(s3)
    assert bucket.probed() == CONDITIONS
    assert s3.get(f"{s3.url}/{bucket.name}").count(b"<Contents>") == 0, "the probe left files behind"


def test_a_store_that_ignores_conditions_gets_none(s3: S3) -> None:
    bucket = Bucket(s3, without_conditions)
    honours = bucket.probed()
    assert honours == frozenset()
    files = ObstoreFileStorage(bucket.store, honours=honours)

    async def story() -> None:
        await files.save("a", b"old", overwrite=True)
        etag = (await files.metadata("a")).etag
        await files.save("other", b"other", overwrite=True)
        for write in (
            lambda: files.save("a", b"new"),
            lambda: files.save("a", b"new", overwrite=etag),
            lambda: files.save("new", streamed(*[b"x" * MIB] * 10)),
            lambda: files.copy("other", "a"),
            lambda: files.copy("other", "a", overwrite=etag),
        ):
            with pytest.raises(NotSupported):
                await write()
        assert [info.path async for info in files.list()] == ["a", "other"]
        assert await files.read("a") == b"old"

    run(story())


def test_a_store_without_conditional_copies_still_copies_what_is_small(s3: S3) -> None:
    bucket = Bucket(s3, copy_if_not_exists=None)
    honours = bucket.probed()
    assert honours == {"create", "version"}
    files = ObstoreFileStorage(bucket.store, honours=honours)

    async def story() -> None:
        await files.save("a", b"x")
        await files.copy("a", "b")
        with pytest.raises(FileExists):
            await files.copy("a", "b")
        with pytest.raises(NotSupported):
            await files.save("large", streamed(*[b"x" * MIB] * 10))

    run(story())


def test_more_than_one_request_over_a_version_is_refused(s3: S3) -> None:
    files = Bucket(s3).files

    async def story() -> bytes:
        await files.save("a", b"old")
        etag = (await files.metadata("a")).etag
        with pytest.raises(NotSupported, match="at most 8 MiB"):
            await files.save("a", streamed(*[b"x" * MIB] * 9), overwrite=etag)
        return await files.read("a")

    assert run(story()) == b"old"


def test_who_may_only_read_gets_a_storage_to_read(s3: S3) -> None:
    denied = ("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>")
    bucket = Bucket(s3, lambda environ: denied if environ["REQUEST_METHOD"] == "PUT" else None)
    assert bucket.probed() == frozenset()
    with pytest.raises(AccessDenied):
        run(bucket.files.save("a", b"x", overwrite=True))
    assert run(bucket.files.exists("a")) is False


def test_a_bucket_that_does_not_exist_is_said(s3: S3) -> None:
    with pytest.raises(StorageUnavailable, match="there is no such bucket"):
        run(honoured_conditions(s3.store("no-such-bucket")))


def test_an_error_shows_no_secret(s3: S3) -> None:
    bucket = Bucket(s3, lambda _: ("500 Oops", b""), secret_access_key="swordfish", access_key_id="ann")
    with pytest.raises(StorageUnavailable) as raised:
        run(bucket.files.read("a"))
    assert str(raised.value) == "'a' was not reached"
    assert "swordfish" not in str(raised.value.cause)


def test_a_large_upload_that_breaks_off_or_is_cancelled_leaves_no_part(s3: S3) -> None:
    bucket = Bucket(s3)

    async def story() -> None:
        for overwrite in (False, True):
            with pytest.raises(ConnectionResetError):
                await bucket.files.save("a", broken_off(*[b"x" * MIB] * 30), overwrite=overwrite)
            saving = asyncio.create_task(bucket.files.save("a", endless(b"x" * MIB), overwrite=overwrite))
            while s3.uploads(bucket.name) == 0:  # noqa: ASYNC110 - it is the server that knows
                await asyncio.sleep(0.01)
            saving.cancel()
            await asyncio.wait({saving})
            assert saving.cancelled()

    run(story())
    assert s3.uploads(bucket.name) == 0
    assert s3.get(f"{s3.url}/{bucket.name}").count(b"<Contents>") == 0


def test_a_store_that_is_away_or_hangs_is_said_in_time(s3: S3) -> None:
    async def calls(files: ObstoreFileStorage) -> None:
        async def stream() -> list[bytes]:
            return [piece async for piece in files.stream("a")]

        async def listing() -> list[Any]:
            return [info async for info in files.list()]

        for call in (
            lambda: files.save("a", b"x"),
            lambda: files.read("a"),
            stream,
            listing,
            lambda: files.exists("a"),
            lambda: files.delete("a"),
            lambda: files.copy("a", "b", overwrite=True),
        ):
            async with asyncio.timeout(5):
                with pytest.raises(StorageUnavailable):
                    await call()

    async def hangs() -> None:
        ended = asyncio.Event()

        async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await ended.wait()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            await calls(storage(server.sockets[0].getsockname()[1]))
            ended.set()

    def storage(port: int) -> ObstoreFileStorage:
        impatient: Any = {"allow_http": True, "connect_timeout": "200ms", "read_timeout": "200ms"}
        store = s3.store(
            "bucket",
            endpoint=f"http://127.0.0.1:{port}",
            client_options=impatient,
            retry_config={"max_retries": 1},
        )
        return ObstoreFileStorage(store, honours=CONDITIONS)

    run(hangs())
    run(calls(storage(9)))  # nobody listens there


def test_a_large_upload_that_the_store_fails_is_unavailable_and_leaves_nothing(s3: S3) -> None:
    def fails(environ: Environ) -> Answer | None:
        last = environ["REQUEST_METHOD"] == "PUT" and "partNumber=2" in environ["QUERY_STRING"]
        return ("500 Oops", b"") if last else None

    bucket = Bucket(s3, fails)
    for overwrite in (False, True):
        with pytest.raises(StorageUnavailable):
            run(bucket.files.save("a", streamed(*[b"x" * MIB] * 40), overwrite=overwrite))
    assert s3.uploads(bucket.name) == 0
    assert s3.get(f"{s3.url}/{bucket.name}").count(b"<Contents>") == 0
