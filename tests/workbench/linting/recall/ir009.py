# bad: psycopg
import psycopg

class OrderRepository:
    def all(self) -> psycopg.Cursor:  # <-
        return self.conn.execute("SELECT * FROM orders")

# bad: asyncpg
class OrderRepository:
    async def recent(self):
        return await self.pool.fetch("SELECT * FROM orders ORDER BY placed_at DESC")  # <-

# bad: Django
from shop.models import Order

class OrderRepository:
    def open(self):
        return Order.objects.filter(open=True)  # <-

# bad: boto3
class OrderRepository:
    def get(self, key):
        return self.table.get_item(Key={"id": key})["Item"]  # <-

# bad: SQLAlchemy, a variable in between
class OrderRepository:
    async def all(self):
        result = await self.session.execute(select(Order))
        return result  # <-

# bad: SQLAlchemy, rows
class OrderRepository:
    async def totals(self):
        return (await self.session.execute(TOTALS)).all()  # <-

# bad: pymongo
from pymongo.cursor import Cursor

class OrderRepository:
    def open(self) -> Cursor:  # <-
        return self.orders.find({"open": True})
