"""Cursors: where a window ended, as text that only the same query takes back.

A cursor holds the sort values of the last row, and asks for what comes after
them. So it costs the same wherever it points, and no insert or delete
before it moves anything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from infra_ref.repository.query import Order, Query
from infra_ref.repository.refusal import BadCursor, Refused
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification import (
    EVERYTHING,
    NOTHING,
    AnyOf,
    Compare,
    Specification,
)

T = TypeVar("T")


def total_order(query: Query, schema: Schema[Any]) -> tuple[Order, ...]:
    """Return the query's order with the key at its end, unless it is there already."""
    if any(order.field == schema.key for order in query.order):
        return query.order
    return (*query.order, Order(schema.key))


def seal(query: Query, last: T, schema: Schema[T], secret: bytes) -> str:
    """Return the cursor that points behind `last`."""
    values = [getattr(last, order.field) for order in total_order(query, schema)]
    told = json.dumps(
        [v.isoformat() if isinstance(v, datetime) else v for v in values],
        allow_nan=True,
    ).encode()
    return base64.urlsafe_b64encode(_mark(told, query, schema, secret) + told).decode().rstrip("=")


def beyond(query: Query, cursor: str, schema: Schema[Any], secret: bytes) -> Specification:
    """Return what the rows behind the cursor satisfy.

    Raises Refused with a BadCursor unless `seal` made it for this very query,
    entity and secret. With an empty secret that guards against mistakes, not
    against someone who makes cursors of his own.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused(BadCursor("this is not a cursor")) from None
    mark, told = raw[:_MARK], raw[_MARK:]
    canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == cursor
    if not canonical or not hmac.compare_digest(mark, _mark(told, query, schema, secret)):
        raise Refused(BadCursor("it was made for another query, or changed on the way"))
    order = total_order(query, schema)
    values = [
        datetime.fromisoformat(value)
        if value is not None and schema.fields[one.field].kind is datetime
        else value
        for one, value in zip(order, json.loads(told), strict=True)
    ]
    return _after(order, values, schema)


_MARK = 16


def _mark(told: bytes, query: Query, schema: Schema[Any], secret: bytes) -> bytes:
    asked = f"{schema.name} {query.where!r} {query.order!r}".encode()
    return hmac.digest(secret, hashlib.sha256(asked).digest() + told, "sha256")[:_MARK]


def _after(order: Sequence[Order], values: Sequence[Any], schema: Schema[Any]) -> Specification:
    """Lexicographic: beyond in the first field, or equal there and beyond in the second, and so on.

    The bound on the first field says nothing new; it lets a database start its
    index there instead of reading up to it.
    """
    ways: list[Specification] = []
    equal = EVERYTHING
    for one, value in zip(order, values, strict=True):
        ways.append(equal & _past(one, value, schema))
        equal &= Compare(one.field, "==", value)
    return _at_or_past(order[0], values[0], schema) & AnyOf(tuple(ways))


def _past(order: Order, value: Any, schema: Schema[Any]) -> Specification:
    none = Compare(order.field, "==", None)
    if order.descending:
        return ~none if value is None else Compare(order.field, "<", value)
    if value is None:
        return NOTHING
    after = Compare(order.field, ">", value)
    return after | none if schema.fields[order.field].optional else after


def _at_or_past(order: Order, value: Any, schema: Schema[Any]) -> Specification:
    none = Compare(order.field, "==", None)
    if value is None:
        return EVERYTHING if order.descending else none
    if order.descending:
        return Compare(order.field, "<=", value)
    after = Compare(order.field, ">=", value)
    return after | none if schema.fields[order.field].optional else after
