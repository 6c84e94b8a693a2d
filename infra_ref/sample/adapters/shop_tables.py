"""The tables of the sample shop: a column for each field, of a type that refuses no value of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table

from infra_ref.repository.sqlalchemy_types import CODE_POINTS, Moment

SHOP = MetaData()

USERS = Table(
    "users",
    SHOP,
    Column("id", CODE_POINTS, primary_key=True),
    Column("email", CODE_POINTS, nullable=False, unique=True),
    Column("name", CODE_POINTS, nullable=False),
    Column("version", BigInteger, nullable=False),
)

ORDERS = Table(
    "orders",
    SHOP,
    Column("id", CODE_POINTS, primary_key=True),
    Column("user_id", CODE_POINTS, ForeignKey("users.id"), nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("status", CODE_POINTS, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("orders_of_user", "user_id", "placed_at", "id"),
)

ORDER_LINES = Table(
    "order_lines",
    SHOP,
    Column("order_id", CODE_POINTS, ForeignKey("orders.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sku", CODE_POINTS, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
)
