"""`infra-ref demo`: started as a person starts it, used over HTTP, ended by SIGTERM."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.own_postgres import own_postgres
from tests.workbench.conftest import COMMAND, environment


class Demo:
    """A running service. `said` is what it wrote so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said, self.url = process, "", ""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        end = time.monotonic() + 20
        while time.monotonic() < end and process.poll() is None and not self.url:
            time.sleep(0.02)
        assert self.url, self.said

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.said += line
            if found := re.search(r"running on (http://\S+)", line):
                self.url = found[1]

    def ask(self, path: str, method: str = "GET", **body: Any) -> tuple[int, Any, dict[str, str]]:
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.url + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text, status, headers = answer.read().decode(), answer.status, dict(answer.headers)
        except urllib.error.HTTPError as error:
            text, status, headers = error.read().decode(), error.code, dict(error.headers)
        is_json = headers.get("content-type", "").endswith("json")
        return status, json.loads(text) if is_json else text, headers

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(15)
        self._reading.join(5)
        return code


@contextmanager
def demo(tmp_path: Path, *args: str, **variables: str) -> Iterator[Demo]:
    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", "0", *args],
        cwd=tmp_path,
        env=environment(**variables),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Demo(process)
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def shop_once(service: Demo) -> None:
    """Use it: the same requests in every environment."""
    user = f"u{os.getpid()}-{time.monotonic_ns()}"
    made = service.ask("/users", "POST", id=user, email=f"{user}@shop.test", name="Ann")
    assert made[:2] == (201, {"id": user, "email": f"{user}@shop.test", "name": "Ann", "version": 1})
    assert service.ask("/users", "POST", id="x", email=f"{user}@shop.test", name="Bob")[0] == 409
    order = {"id": f"o{user}", "sku": "lamp", "quantity": 2, "price_cents": 1990}
    assert service.ask(f"/users/{user}/orders", "POST", **order)[0] == 201
    first, again = (service.ask(f"/users/{user}/orders") for _ in range(2))
    assert (first[2]["x-cache"], again[2]["x-cache"]) == ("miss", "hit")
    assert first[1] == again[1]
    assert service.ask(f"/orders/o{user}/pay", "POST")[1]["status"] == "paid"
    assert service.ask(f"/users/{user}/orders")[1][0]["status"] == "paid"
    assert service.ask(f"/orders/o{user}/pay", "POST")[:2] == (409, {"error": "NotOpen"})
    assert service.ask(f"/users/{user}", "DELETE")[0] == 204
    assert service.ask(f"/users/{user}")[0] == 404


def test_on_test_it_works_and_ends_in_order(tmp_path: Path) -> None:
    with demo(tmp_path, "--env", "test") as service:
        shop_once(service)
        assert service.ask("/health/live")[:2] == (200, {"status": "pass"})
        checks = {"repository": [{"status": "pass"}], "cache": [{"status": "pass"}]}
        assert service.ask("/health/ready")[:2] == (200, {"status": "pass", "checks": checks})
        assert service.ask("/users", "POST", id=7)[:2] == (
            400,
            {"error": "BadRequest", "send": ["id: str", "email: str", "name: str"]},
        )
        end = time.monotonic() + 5
        while 'shop_events_total{type="order.paid"} 1.0' not in (metrics := service.ask("/metrics")[1]):
            assert time.monotonic() < end, metrics
            time.sleep(0.1)
        assert 'route="/users/{user_id}",status="404"} 1.0' in metrics
        assert "/health" in service.ask("/")[1]
        assert service.end() == -signal.SIGTERM
        assert service.said.index("Waiting for application shutdown") < service.said.index('"closed"')


ODD = [
    ("/users/%00", "GET", {}, 400),
    ("/users", "POST", {"id": "\ud800", "email": "a@shop.test", "name": "Ann"}, 400),
    ("/users", "POST", {"id": "u", "email": "a@shop.test", "name": "A\0"}, 400),
    ("/users/ann/orders", "POST", {"id": "o", "sku": "lamp", "quantity": 10**23, "price_cents": 1}, 400),
    ("/users/nobody", "DELETE", {}, 404),
]


@pytest.mark.parametrize("env", ["test", "development"])
def test_what_no_store_can_hold_is_refused_as_the_mistake_of_the_client(tmp_path: Path, env: str) -> None:
    with demo(tmp_path, "--env", env) as service:
        service.ask("/users", "POST", id="ann", email="ann@shop.test", name="Ann")
        got = [(*one[:3], service.ask(one[0], one[1], **one[2])[0]) for one in ODD]
        assert got == ODD
        with pytest.raises(urllib.error.HTTPError, match="400"):  # brackets nested too deep
            urllib.request.urlopen(f"{service.url}/users", b"[" * 100_000, timeout=10)
        service.end()
        assert "Traceback" not in service.said


def test_on_development_it_keeps_its_data_in_a_file(tmp_path: Path) -> None:
    for _ in range(2):
        with demo(tmp_path, SHOP_ENVIRONMENT="development") as service:
            shop_once(service)
            service.end()
    assert (tmp_path / "shop.db").is_file()


def test_on_production_it_works_and_tells_when_a_store_is_away(tmp_path: Path) -> None:
    redis = os.environ.get("INFRA_REF_TEST_REDIS_URL")
    if not redis:
        pytest.skip("set INFRA_REF_TEST_REDIS_URL")
    with own_postgres() as postgres:
        on_production(tmp_path, postgres, redis)


def on_production(tmp_path: Path, postgres: str, redis: str) -> None:
    nats = os.environ.get("INFRA_REF_TEST_NATS_URL", redis)
    given = {"SHOP_ENVIRONMENT": "production", "SHOP_REPOSITORY_URL": postgres, "SHOP_EVENTS_URL": nats}
    given["SHOP_MAIL_URL"] = "smtp://mail.test"  # connected to when there is mail
    given["SHOP_FILES_URL"] = "file:///nowhere/shop"  # made when there is a file
    given["SHOP_NAME"] = name = f"demo-{os.getpid()}"
    try:
        with demo(tmp_path, **given, SHOP_CACHE_URL=redis) as service:
            shop_once(service)
            assert service.ask("/health/ready")[0] == 200
        with demo(tmp_path, **given, SHOP_CACHE_URL="redis://:swordfish@127.0.0.1:1/0") as service:
            status, told, _ = service.ask("/health/ready")
            assert (status, told["status"]) == (200, "warn"), "lists are slower, and right"
            assert told["checks"] == {"repository": [{"status": "pass"}], "cache": [{"status": "warn"}]}
            assert service.ask("/health/live")[0] == 200
            user = f"u{time.monotonic_ns()}"
            assert service.ask("/users", "POST", id=user, email=f"{user}@shop.test", name="Ann")[0] == 201
            assert service.ask(f"/users/{user}/orders")[:2] == (200, []), "slower, and not broken"
            service.ask(f"/users/{user}", "DELETE")
            service.end()
            assert "swordfish" not in service.said
    finally:
        asyncio.run(leave_nothing(redis, nats, name))


async def leave_nothing(redis: str, nats: str, name: str) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(redis) as client:
        if keys := [key async for key in client.scan_iter(f"*{name}*")]:
            await client.unlink(*keys)
    if nats.startswith("nats:"):
        import nats as client_of_nats

        async with await client_of_nats.connect(nats) as connected:
            jetstream = connected.jetstream()
            for stream in await jetstream.streams_info():
                if name in (stream.config.name or ""):
                    await jetstream.delete_stream(stream.config.name or "")


def test_a_request_under_way_is_finished_at_sigterm(tmp_path: Path) -> None:
    with demo(tmp_path, "--env", "test") as service:
        import http.client

        host = service.url.removeprefix("http://")
        asking = http.client.HTTPConnection(host, timeout=10)
        body = json.dumps({"id": "u1", "email": "ann@shop.test", "name": "Ann"})
        asking.putrequest("POST", "/users")
        asking.putheader("Content-Length", str(len(body)))
        asking.endheaders()
        asking.send(body[:10].encode())  # half of it, so that the request is under way
        time.sleep(0.2)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        asking.send(body[10:].encode())
        assert asking.getresponse().status == 201
        asking.close()
        assert service.process.wait(10) == -signal.SIGTERM


def test_wrong_settings_are_told_at_once_and_it_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "demo"],
        cwd=tmp_path,
        env=environment(SHOP_CACHE_URL="redis://:swordfish@h:99999", SHOP_PORT="http"),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert all(
        name in done.stderr for name in ("SHOP_ENVIRONMENT: is not set", "SHOP_CACHE_URL", "SHOP_PORT")
    )
    assert "Traceback" not in done.stderr
    assert "swordfish" not in done.stderr


def test_a_url_that_nothing_opens_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "demo", "--env", "test"],
        cwd=tmp_path,
        env=environment(SHOP_CACHE_URL="reddis://h"),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "did you mean redis://?" in done.stderr


@pytest.mark.parametrize(
    ("option", "url", "shown"),
    [
        (
            "repository_url",
            "postgresql://ann:swordfish@127.0.0.1:1/shop",
            "postgresql://***@127.0.0.1:1/shop",
        ),
        ("events_url", "redis://:swordfish@127.0.0.1:1/0", "redis://***@127.0.0.1:1/0"),
        ("events_url", "nats://ann:swordfish@127.0.0.1:1", "nats://***@127.0.0.1:1"),
    ],
)
def test_a_server_that_is_away_is_told_in_a_sentence(
    option: str, url: str, shown: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*COMMAND, "demo", "--env", "test", "--port", "0"],
        cwd=tmp_path,
        env=environment(**{f"SHOP_{option.upper()}": url}),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"infra-ref: {option}: {shown} could not be opened (")
    assert re.search(r"\((ConnectionRefused|Connection|Timeout)Error: .+\)$", told)
    assert "Traceback" not in done.stderr
    assert "swordfish" not in done.stderr


def test_a_port_that_is_taken_is_told_and_everything_is_closed(tmp_path: Path) -> None:
    with demo(tmp_path, "--env", "test") as service:
        done = subprocess.run(
            [*COMMAND, "demo", "--env", "test", "--port", service.url.rpartition(":")[2]],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 2
    assert "address already in use" in done.stderr
    assert "the service could not start" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_the_level_of_the_log_follows_the_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text('environment = "test"\nlog_level = "INFO"\n')
    with demo(tmp_path, "--file", "shop.toml") as service:
        service.ask("/health/live")
        file.write_text('environment = "test"\nlog_level = "ERROR"\n')
        end = time.monotonic() + 5
        while "new settings are in force" not in service.said and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.1)
        before = service.said
        service.ask("/health/live")
        time.sleep(0.1)
        assert service.said == before
