# bad: a repository asked for each
async def overview(orders, users_repository, order_repository):
    found = await order_repository.get_all()
    for order in found:
        order.user = await users_repository.get_by_id(order.user_id)  # <-

# bad: over the call itself
async def overview(repo, user_repo):
    for order in await repo.find_open():
        print(await user_repo.get_by_id(order.user_id))  # <-

# bad: HTTP
import httpx

async def overview(client: httpx.AsyncClient):
    orders = (await client.get("/orders")).json()
    for order in orders:
        order["user"] = (await client.get(f"/users/{order['user_id']}")).json()  # <-

# bad: an ORM's session
from sqlalchemy.ext.asyncio import AsyncSession

async def overview(session: AsyncSession):
    orders = await session.scalars(select(Order))
    for order in orders:
        order.user = await session.get(User, order.user_id)  # <-

# bad: writes, one by one
async def close(order_repository):
    orders = await order_repository.find_open()
    for order in orders:
        order.close()
        await order_repository.update(order)  # <-

# bad: Django
from shop.models import Order, User

def overview():
    for order in Order.objects.filter(open=True).all():
        order.user = User.objects.get(pk=order.user_id)  # <-

# bad: the same each time
async def prices(product_repository, rate_repository):
    for product in await product_repository.get_all():
        rate = await rate_repository.get_by_id("EUR")  # <-
        product.price *= rate.value

# bad: one call deep
class Overview:
    async def show(self):
        for order in await self.order_repository.get_all():
            order.user = await self._user(order.user_id)  # <-

    async def _user(self, key):
        return await self.user_repository.get_by_id(key)

# bad: the raw driver
import asyncpg

async def overview(conn: asyncpg.Connection):
    rows = await conn.fetch("SELECT * FROM orders")
    for row in rows:
        lines = await conn.fetch("SELECT * FROM lines WHERE order_id = $1", row["id"])  # <-

# good: in bulk
# mutant: users[order.user_id] => await user_repository.get_by_id(order.user_id)
async def overview(order_repository, user_repository):
    orders = await order_repository.get_all()
    users = await user_repository.find_by_ids([order.user_id for order in orders])
    for order in orders:
        order.user = users[order.user_id]

# good: writes in one batch
# mutant: order.close() => await order_repository.update(order)
async def close(order_repository):
    orders = await order_repository.find_open()
    for order in orders:
        order.close()
    await order_repository.update_many(orders)

# good: a page at a time is the batch
# mutant: page in pages => order in orders // pages = => orders = // (page) => (order)
async def export(order_repository, repo):
    pages = await order_repository.get_all()
    for page in pages:
        await repo.create_many(page)

# good: it stops at the first
# mutant: return order => pass
async def first_paid(order_repository, repo):
    for order in await order_repository.get_all():
        await repo.get_by_id(order.id)
        return order

# good: not a loop over an answer
# mutant: ["EUR", "USD"] => await repo.get_all()
async def rates(repo):
    for code in ["EUR", "USD"]:
        await repo.get_by_id(code)

# good: in memory
# mutant: totals.get(order.id) => await repo.get_by_id(order.id)
async def totals_of(repo, totals):
    for order in await repo.get_all():
        totals.get(order.id)

# good: hoisted
# mutant: rate.value => await rate_repository.get_by_id("EUR")
async def prices(product_repository, rate_repository):
    rate = await rate_repository.get_by_id("EUR")
    for product in await product_repository.get_all():
        product.price *= rate.value

# good: joined
# mutant: print(order.user) => print(session.get(User, order.user_id))
from sqlalchemy.orm import Session

def overview(session: Session):
    for order in session.scalars(select(Order).options(joinedload(Order.user))):
        print(order.user)

# good: together
# mutant: orders.append(order) => await client.get(f"/users/{order}")
import asyncio, httpx

async def overview(client: httpx.AsyncClient):
    orders = []
    for order in (await client.get("/orders")).json():
        orders.append(order)
    return orders
