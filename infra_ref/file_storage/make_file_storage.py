"""Choose a file storage by URL: the one place that knows all adapters by name."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from infra_ref.file_storage.arguments import checked_folder
from infra_ref.file_storage.memory_file_storage import MemoryFileStorage
from infra_ref.file_storage.port import FileStorage

KNOWN = "memory://, file:///folder, s3://bucket?region=eu-west-1, gs://bucket or az://container"


@asynccontextmanager
async def make_file_storage(url: str, *, namespace: str = "") -> AsyncGenerator[FileStorage]:
    """Open the file storage at `url`, and in it the folder `namespace`, "" for all of it.

        memory://                        this process only
        file:///var/lib/shop             a folder of this machine
        s3://bucket?region=eu-west-1     S3; with &endpoint=http://host:9000 another server that speaks it
        gs://bucket, az://container?account_name=shop     Google Cloud Storage, Azure

    What follows ? are options of obstore's store. Without credentials among them, it takes those of
    the environment, such as AWS_ACCESS_KEY_ID. Which conditions a bucket keeps is tried. Raises
    ValueError, ModuleNotFoundError for what is not installed, StorageUnavailable for a lost bucket.
    """
    parts, folder = urlsplit(url), checked_folder(namespace)
    if parts.scheme == "memory":
        yield MemoryFileStorage()
    elif parts.scheme == "file" and not parts.netloc and parts.path:
        from infra_ref.file_storage.local_file_storage import LocalFileStorage

        yield LocalFileStorage(Path(unquote(parts.path), folder))
    elif parts.scheme in ("s3", "gs", "az") and parts.netloc:
        place = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{folder}"
        yield await _in_bucket(place, dict(parse_qsl(parts.query)))
    else:
        raise ValueError(f"no file storage is known for {parts.scheme!r} URLs of this form: write {KNOWN}")


async def _in_bucket(place: str, config: Any) -> FileStorage:
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"{missing}: pip install 'infra-ref[obstore]'") from missing
    from infra_ref.file_storage.obstore_file_storage import ObstoreFileStorage
    from infra_ref.file_storage.obstore_probe import honoured_conditions

    if place.startswith("s3"):
        config = {"copy_if_not_exists": "multipart"} | config
    # No limit on a whole request, but on silence: a store puts a large file together for some time.
    http: Any = {"connect_timeout": "5s", "read_timeout": "60s", "timeout": "1h"}
    http["allow_http"] = config.get("endpoint", "").startswith("http://")
    retry: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=15)}
    try:
        store = from_url(place, config=config, client_options=http, retry_config=retry)
    except (BaseError, ValueError) as error:
        raise ValueError(f"an option of {place} is wrong: {str(error).partition(chr(10))[0]}") from error
    return ObstoreFileStorage(store, honours=await honoured_conditions(store))
