# bad: the text's own
class UserRepository:
    async def get_users(self) -> DatabaseResultSet:  # <-
        return await self.database.query("SELECT * FROM users")

# bad: what the driver gave
class UserRepository:
    async def get_users(self):
        return await self.database.query("SELECT * FROM users")  # <-

# bad: rows of asyncpg
import asyncpg

class OrderRepository:
    async def recent(self) -> list[asyncpg.Record]:  # <-
        return await self.pool.fetch("SELECT * FROM orders")

# bad: a query to go on with
from sqlalchemy.orm import Query

class OrderRepository:
    def open(self) -> Query:  # <-
        return self.session.query(Order).filter_by(open=True)

# bad: a statement
from sqlalchemy import Select

class OrderRepository:
    def open(self) -> Select[tuple[Order]]:  # <-
        return select(Order).where(Order.open)

# bad: a cursor's rows
class OrderDao:
    def all(self):
        cursor = self.conn.cursor()
        cursor.execute("SELECT * FROM orders")
        return cursor.fetchall()  # <-

# bad: the session itself
from sqlalchemy.ext.asyncio import AsyncSession

class OrderRepository:
    def connection(self) -> AsyncSession:  # <-
        return self._session

# bad: a port
# role: port
from typing import Protocol
from django.db.models import QuerySet

class Orders(Protocol):
    def open(self) -> "QuerySet[Order]": ...  # <-

# bad: sqlite
import sqlite3

class OrderRepository:
    def get(self, key) -> sqlite3.Row | None:  # <-
        return self.conn.execute("SELECT * FROM orders WHERE id = ?", (key,)).fetchone()

# good: entities
# mutant: [User(*row) for row in rows] => await self.database.query("SELECT * FROM users")
class UserRepository:
    async def get_users(self):
        rows = await self.database.query("SELECT * FROM users")
        return [User(*row) for row in rows]

# good: an annotation of the domain
# mutant: list[Order] => list[asyncpg.Record]
import asyncpg

class OrderRepository:
    async def recent(self) -> list[Order]:
        return [to_order(row) for row in await self.pool.fetch("SELECT * FROM orders")]

# good: a private helper
# mutant: def _rows => def rows
class OrderRepository:
    async def _rows(self):
        return await self.database.fetch("SELECT * FROM orders")

# good: a number
# mutant: return len(rows) => return cursor.fetchall()
class OrderRepository:
    def count(self):
        cursor = self.conn.cursor()
        rows = cursor.fetchall()
        return len(rows)

# good: not a repository
# mutant: class Database: => class OrderDao:
class Database:
    async def rows(self):
        return await self.pool.fetch("SELECT * FROM orders")

# good: a result of one's own
# mutant: from shop.result import => from sqlalchemy import
from shop.result import Result

class OrderRepository:
    async def get_by_id(self, key) -> Result: ...

# good: what was written
# mutant: "DELETE FROM orders" => "SELECT * FROM orders"
class OrderRepository:
    async def clear(self):
        return await self.session.execute("DELETE FROM orders")

# good: a page of one's own
# mutant: Page[Order] => Query
from sqlalchemy.orm import Query

class OrderRepository:
    def page(self) -> "Page[Order]": ...

# good: a row of one's own
# mutant: from shop.read_models import Row => from sqlalchemy import Row
from shop.read_models import Row

class OrderRepository:
    def rows(self) -> list[Row]: ...
