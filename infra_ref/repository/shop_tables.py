"""The tables of the sample shop: a column for each field, of a type that refuses no value of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text

from infra_ref.repository.sqlalchemy_types import Moment

SHOP = MetaData()

USERS = Table(
    "users",
    SHOP,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
)

ORDERS = Table(
    "orders",
    SHOP,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("orders_of_user", "user_id", "placed_at", "id"),
)

ORDER_LINES = Table(
    "order_lines",
    SHOP,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
)
