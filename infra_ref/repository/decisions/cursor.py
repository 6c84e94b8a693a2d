"""Cursors: where a window ended, as text that only the same query takes back.

A cursor holds the sort values of the last row. The next window asks for what
comes after them, so it costs the same at any depth, and no insert or delete
before it moves anything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any, TypeVar

from infra_ref.failures import Refused
from infra_ref.repository.query_port import BadCursor, Order, Query
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification_port import EVERYTHING, AnyOf, Compare, OneOf, Specification

T = TypeVar("T")
_MARK = 16


def seal(query: Query, last: T, schema: Schema[T], secret: bytes) -> str:
    """Return the cursor that points behind `last`, in the total order of the query."""
    values = [getattr(last, order.field) for order in query.order]
    text = json.dumps([one.isoformat() if isinstance(one, datetime) else one for one in values]).encode()
    return base64.urlsafe_b64encode(_mark(text, query, schema, secret) + text).decode().rstrip("=")


def beyond(query: Query, cursor: str, schema: Schema[Any], secret: bytes) -> Specification:
    """Return what the rows behind the cursor satisfy.

    Raises Refused with a BadCursor unless `seal` made it for this very query,
    entity and secret. With an empty secret that guards against mistakes, not
    against someone who makes cursors of their own.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused(BadCursor("this is not a cursor")) from None
    mark, text = raw[:_MARK], raw[_MARK:]
    canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == cursor
    if not canonical or not hmac.compare_digest(mark, _mark(text, query, schema, secret)):
        raise Refused(BadCursor("it was made for another query, or changed on the way"))
    try:
        pairs = zip(query.order, json.loads(text), strict=True)
        values = [_parsed(schema, one.field, value) for one, value in pairs]
    except (ValueError, TypeError):
        raise Refused(BadCursor("it holds no values of these fields")) from None
    return _after(query.order, values, schema)


def _parsed(schema: Schema[Any], name: str, value: Any) -> Any:
    if value is not None and schema.fields[name].kind is datetime:
        value = datetime.fromisoformat(value)
    schema.check_value(name, value)
    return value


def _mark(text: bytes, query: Query, schema: Schema[Any], secret: bytes) -> bytes:
    asked = f"{schema.name} {query.where!r} {query.order!r}".encode()
    return hmac.digest(secret, hashlib.sha256(asked).digest() + text, "sha256")[:_MARK]


def _after(order: tuple[Order, ...], values: list[Any], schema: Schema[Any]) -> Specification:
    """Lexicographic: at the first value or beyond it, and there beyond it or after the others.

    The bound comes first, so that a database starts its index there instead of reading up to it.
    """
    past = _past(order[0], values[0], schema)
    if len(order) == 1:
        return past
    return _past(order[0], values[0], schema, or_at="=") & (past | _after(order[1:], values[1:], schema))


def _past(order: Order, value: Any, schema: Schema[Any], or_at: str = "") -> Specification:
    is_none = OneOf(order.field, (None,))  # None comes after every value
    if value is None and order.descending:
        return EVERYTHING if or_at else ~is_none
    if value is None:
        return is_none if or_at else AnyOf(())
    if order.descending:
        return Compare(order.field, f"<{or_at}", value)
    after = Compare(order.field, f">{or_at}", value)
    return after | is_none if schema.fields[order.field].optional else after
