# bad: psycopg
import asyncio
import psycopg

async def page(conn: psycopg.AsyncConnection):
    return await asyncio.gather(conn.execute(ORDERS), conn.execute(INVOICES))  # <-

# bad: asyncpg, acquired
import asyncio
import asyncpg

async def page(pool: asyncpg.Pool, ids):
    async with pool.acquire() as connection:
        return await asyncio.gather(*(connection.fetch(ORDER, one) for one in ids))  # <-

# bad: SQLAlchemy, made here
import asyncio
from sqlalchemy.ext.asyncio import AsyncSession

async def page(engine, ids):
    async with AsyncSession(engine) as s:
        return await asyncio.gather(*(load(s, one) for one in ids))  # <-

# bad: a list of coroutines made first
import asyncio

async def page(session, ids):
    waiting = [load(session, one) for one in ids]
    return await asyncio.gather(*waiting)  # <-

# bad: tasks made first
import asyncio

async def page(session, ids):
    tasks = [asyncio.create_task(load(session, one)) for one in ids]  # <-
    return await asyncio.gather(*tasks)

# bad: map
import asyncio
from functools import partial

async def page(session, ids):
    return await asyncio.gather(*map(partial(load, session), ids))  # <-

# bad: a pool of threads
from concurrent.futures import ThreadPoolExecutor

def page(session, ids):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda one: session.get(Order, one), ids))  # <-

# bad: a repository that holds the session
import asyncio

class Page:
    def __init__(self, repository):
        self.repository = repository

    async def show(self, ids):
        return await asyncio.gather(*(self.repository.get_by_id(one) for one in ids))  # <-
