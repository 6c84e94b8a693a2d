# bad: psycopg
import asyncio
import psycopg

async def listen(conn: psycopg.AsyncConnection):
    while True:
        try:
            await conn.execute("SELECT 1")
        except asyncio.CancelledError:  # <-
            print("cancelled")

# bad: aiohttp
async def poll(session):
    while True:
        try:
            async with session.get("/news") as response:
                print(await response.text())
        except BaseException as error:  # <-
            print(error)

# bad: suppress
import asyncio
from contextlib import suppress

async def poll(session):
    while True:
        with suppress(asyncio.CancelledError):  # <-
            await session.get("/news")

# bad: anyio
import anyio

async def poll(session):
    while True:
        try:
            await session.get("/news")
        except anyio.get_cancelled_exc_class():  # <-
            print("again")

# bad: finally with return
async def poll(session):
    try:
        await session.get("/news")
    finally:
        return None  # <-

# bad: a bare except
async def relay(connection, socket):
    while True:
        try:
            await socket.send(await connection.receive())
        except:  # <-
            continue

# bad: TaskGroup's own
import asyncio

async def all_of(jobs):
    for job in jobs:
        try:
            await job.run()
        except (OSError, asyncio.CancelledError):  # <-
            print("skipped")
