"""A server that speaks S3, moto's, and what stands in front of it when a store is to misbehave."""

from __future__ import annotations

import logging
import secrets
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from obstore.store import S3Store
from werkzeug.serving import make_server

Environ = dict[str, Any]
Answer = tuple[str, bytes]


class S3:
    """The server. `requests` are those of each bucket: method and path; `script` may answer in its place."""

    def __init__(self, url: str = "") -> None:
        self.url = url
        self.requests: dict[str, list[Environ]] = {}
        self.scripts: dict[str, Callable[[Environ], Answer | None]] = {}
        self._app = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start: Any) -> Any:
        bucket = environ["PATH_INFO"].split("/")[1]
        self.requests.setdefault(bucket, []).append(environ)
        script = self.scripts.get(bucket, lambda _: None)
        if (answer := script(environ)) is not None:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(answer[0], [("Content-Length", str(len(answer[1])))])
            return [answer[1]]
        return self._app(environ, start)

    def bucket(self) -> str:
        """Make a bucket of its own for a test."""
        name = f"test-{secrets.token_hex(6)}"
        self.get(f"{self.url}/{name}", method="PUT")
        return name

    def uploads(self, bucket: str) -> int:
        """Return how many uploads are unfinished."""
        return self.get(f"{self.url}/{bucket}?uploads").count(b"<Upload>")

    @staticmethod
    def get(url: str, method: str = "GET") -> bytes:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:
            return bytes(answer.read())

    def store(self, bucket: str, **more: Any) -> S3Store:
        options = {name: value for name, value in (CONFIG | more).items() if value is not None}
        defaults: dict[str, Any] = {"endpoint": self.url, "client_options": {"allow_http": True}}
        return S3Store(bucket, **defaults | options)


CONFIG: dict[str, Any] = {
    "region": "us-east-1",
    "access_key_id": "test",
    "secret_access_key": "test",
    "copy_if_not_exists": "multipart",
}


@contextmanager
def running_s3() -> Iterator[S3]:
    """Run it on a free port of this machine, for as long as the block lasts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    s3 = S3()
    server = make_server("127.0.0.1", 0, s3, threaded=True)
    s3.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield s3
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
