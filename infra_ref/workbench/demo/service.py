"""The service: its routes, on an infrastructure that is open as long as it runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from infra_ref.caching.decorators.fail_safe_cache import FailSafeCache
from infra_ref.factory.build import Infrastructure
from infra_ref.observability.health_app import HealthApp
from infra_ref.observability.health_registry import HealthRegistry
from infra_ref.observability.port import Logger
from infra_ref.observability.prometheus_metrics import PrometheusMetrics
from infra_ref.repository.errors import WrongType
from infra_ref.result import Err, Ok
from infra_ref.sample.order import OrderLine
from infra_ref.sample.port import OrdersOf
from infra_ref.sample.use_cases import close_account, pay_order, place_order, register
from infra_ref.workbench.demo.answers import answer, plain
from infra_ref.workbench.demo.measuring import Counting, Measured

OVERVIEW_SECONDS = 30.0
"""How long a list of orders is cached; a change of ours forgets it at once."""

EVENTS = ("order.paid", "order.cancelled", "user.renamed")


async def make_service(infrastructure: Infrastructure, logger: Logger) -> Measured:
    """Return the ASGI application, which counts what comes by the bus from now on."""
    measured, health = PrometheusMetrics(), HealthRegistry(logger)
    for kind in EVENTS:
        await infrastructure.bus.subscribe(kind, Counting(kind, measured))

    async def repository() -> None:
        (await infrastructure.shop.users.get_by_id("readiness")).unwrap()

    # Nor is the queue of events asked: while it is away, events wait in the outbox.
    health.add("repository", repository)
    health.add("cache", lambda: infrastructure.cache.exists("readiness"), critical=False)

    async def metrics(request: Request) -> Response:
        """Give what was measured, for Prometheus."""
        page, media_type = measured.page()
        return Response(page, media_type=media_type)

    routes = [*ROUTES, Route("/metrics", metrics), Mount("/health", HealthApp(health))]
    app = Starlette(routes=routes, exception_handlers={WrongType: unfit})
    app.state.infrastructure = infrastructure
    app.state.cache = FailSafeCache(infrastructure.cache)  # without it, lists are slower and right
    return Measured(app, measured)


async def unfit(request: Request, error: Exception) -> Response:
    """Refuse a value that no store can hold, such as a text with NUL."""
    return JSONResponse({"error": "BadRequest"}, 400)


async def home(request: Request) -> Response:
    """List the routes."""
    rows = [
        f"<tr><td>{', '.join(sorted(getattr(route, 'methods', {'GET'}) - {'HEAD'}))}</td>"
        f"<td><code>{escape(route.path)}</code></td>"
        f"<td>{escape((getattr(route, 'endpoint', route.app).__doc__ or '').partition(chr(10))[0])}</td></tr>"
        for route in request.app.routes
    ]
    return HTMLResponse(f"<!doctype html><title>The shop</title><table>{''.join(rows)}</table>")


async def new_user(request: Request) -> Response:
    """Let a customer in: {"id", "email", "name"}."""
    match await _fields(request, id=str, email=str, name=str):
        case Ok(given):
            made = await register(_of(request).make_unit, given["id"], given["email"], given["name"])
            return answer(made, status=201)
        case Err(refused):
            return refused


async def user(request: Request) -> Response:
    """Give a customer."""
    found = await _of(request).shop.users.get_by_id(request.path_params["user_id"])
    if isinstance(found, Ok) and found.value is None:
        return JSONResponse({"error": "Unknown"}, 404)
    return answer(found)


async def leave(request: Request) -> Response:
    """Let a customer go, and all orders."""
    user_id = request.path_params["user_id"]
    done = await close_account(_of(request).make_unit, user_id)
    await _forget(request, user_id)
    return answer(done)


async def new_order(request: Request) -> Response:
    """Take an order: {"id", "sku", "quantity", "price_cents"}."""
    user_id = request.path_params["user_id"]
    match await _fields(request, id=str, sku=str, quantity=int, price_cents=int):
        case Ok(given):
            lines = [OrderLine(given["sku"], given["quantity"], given["price_cents"])]
            unit = _of(request).make_unit
            placed = await place_order(unit, given["id"], user_id, lines, at=datetime.now(UTC))
            await _forget(request, user_id)
            return answer(placed, status=201)
        case Err(refused):
            return refused


async def pay(request: Request) -> Response:
    """Close an order as paid."""
    paid = await pay_order(_of(request).make_unit, request.path_params["order_id"])
    if isinstance(paid, Ok):
        await _forget(request, paid.value.user_id)
    return answer(paid)


async def orders(request: Request) -> Response:
    """List a customer's orders, from the cache where it has them."""
    user_id, cache = request.path_params["user_id"], request.app.state.cache
    if (cached := await cache.get(f"orders:{user_id}")) is not None:
        return JSONResponse(cached, headers={"X-Cache": "hit"})
    found = await _of(request).shop.overview.execute(OrdersOf(user_id))
    if isinstance(found, Ok):
        await cache.set(f"orders:{user_id}", plain(found.value), ttl=OVERVIEW_SECONDS)
    listed = answer(found)
    listed.headers["X-Cache"] = "miss"
    return listed


def _of(request: Request) -> Infrastructure:
    found: Infrastructure = request.app.state.infrastructure
    return found


async def _forget(request: Request, user_id: str) -> None:
    await request.app.state.cache.delete(f"orders:{user_id}")


async def _fields(request: Request, **kinds: type) -> Ok[dict[str, Any]] | Err[Response]:
    """Return the fields of a JSON body, or the answer that says what to send."""
    try:
        body: Any = json.loads(await request.body())
    except (ValueError, RecursionError):  # the second for brackets nested too deep
        body = None
    given: dict[str, Any] = body if isinstance(body, dict) else {}
    wrong = [f"{name}: {kind.__name__}" for name, kind in kinds.items() if type(given.get(name)) is not kind]
    if wrong:
        return Err(JSONResponse({"error": "BadRequest", "send": wrong}, 400))
    return Ok(given)


ROUTES = [
    Route("/", home),
    Route("/users", new_user, methods=["POST"]),
    Route("/users/{user_id}", user),
    Route("/users/{user_id}", leave, methods=["DELETE"]),
    Route("/users/{user_id}/orders", orders),
    Route("/users/{user_id}/orders", new_order, methods=["POST"]),
    Route("/orders/{order_id}/pay", pay, methods=["POST"]),
]
