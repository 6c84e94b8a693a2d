# bad: gather
import asyncio

async def page(session, user_id):
    return await asyncio.gather(orders_of(session, user_id), invoices_of(session, user_id))  # <-

# bad: gather over a comprehension
import asyncio

async def all_of(session, ids):
    return await asyncio.gather(*[load(session, one) for one in ids])  # <-

# bad: a task group
import asyncio

async def all_of(session, ids):
    async with asyncio.TaskGroup() as tasks:
        for one in ids:
            tasks.create_task(load(session, one))  # <-

# bad: two tasks
import asyncio

async def both(uow, a, b):
    first = asyncio.create_task(move(uow, a))
    second = asyncio.create_task(move(uow, b))  # <-
    await first, await second

# bad: methods that use the same session
import asyncio

class Page:
    async def show(self):
        return await asyncio.gather(self._orders(), self._invoices())  # <-

    async def _orders(self):
        return await self.session.execute(ORDERS)

    async def _invoices(self):
        return await self.session.execute(INVOICES)

# bad: called on the session itself
from asyncio import gather
from sqlalchemy.ext.asyncio import AsyncSession

async def both(db: AsyncSession):
    return await gather(db.execute(ORDERS), db.execute(INVOICES))  # <-

# bad: by name of an argument
import asyncio

async def page(session, user_id):
    return await asyncio.gather(orders(session=session), invoices(session=session))  # <-

# bad: anyio
import anyio

async def all_of(session, ids):
    async with anyio.create_task_group() as tasks:
        for one in ids:
            tasks.start_soon(load, session, one)  # <-

# bad: a driver's connection
import asyncio, asyncpg

async def both(conn: asyncpg.Connection):
    return await asyncio.gather(conn.fetch("SELECT 1"), conn.fetch("SELECT 2"))  # <-

# good: a session for each
# mutant: orders_of(make_session()), invoices_of(make_session()) => orders_of(session), invoices_of(session)
import asyncio

async def page(make_session, session):
    return await asyncio.gather(orders_of(make_session()), invoices_of(make_session()))

# good: one after the other
# mutant: return await orders_of(session), await invoices_of(session) => return await asyncio.gather(orders_of(session), invoices_of(session))
import asyncio

async def page(session):
    return await orders_of(session), await invoices_of(session)

# good: one task has it
# mutant: rates_of(http) => rates_of(session)
import asyncio

async def page(session, http):
    return await asyncio.gather(orders_of(session), rates_of(http))

# good: a client takes many calls at once
# mutant: http: httpx.AsyncClient => http: AsyncSession
import asyncio, httpx
from sqlalchemy.ext.asyncio import AsyncSession

async def page(http: httpx.AsyncClient, ids):
    return await asyncio.gather(*[get(http, one) for one in ids])

# good: a pool gives each task its own
# mutant: pool => session
import asyncio

async def page(pool, ids):
    return await asyncio.gather(*[load(pool, one) for one in ids])

# good: a session of aiohttp
# mutant: aiohttp.ClientSession => sqlalchemy.orm.Session
import asyncio, aiohttp, sqlalchemy.orm

async def page(session: aiohttp.ClientSession, ids):
    return await asyncio.gather(*[get(session, one) for one in ids])

# good: the coroutine opens its own
# mutant: load(one) => load(session, one)
import asyncio

async def all_of(session, ids):
    return await asyncio.gather(*[load(one) for one in ids])

# good: each round has a session of its own
# mutant: for session in sessions => for one in sessions
import asyncio

async def all_of(sessions, session):
    return await asyncio.gather(*[load(session) for session in sessions])

# good: one task is started
# mutant: tasks.create_task(load(session, 1)) => tasks.create_task(load(session, 1)); tasks.create_task(load(session, 2))
import asyncio

async def one_of(session):
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load(session, 1))

# good: threads, each of which opens a session of its own
# mutant: pool.map(load, ids) => pool.map(lambda one: session.get(Order, one), ids)
from concurrent.futures import ThreadPoolExecutor

def page(session, ids):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(load, ids))

# good: a map of what has a session of its own
# mutant: map(load, ids) => map(partial(load, session), ids)
import asyncio

async def page(session, ids):
    return await asyncio.gather(*map(load, ids))
