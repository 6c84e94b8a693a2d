# bad: httpx
import httpx

class Rates:
    async def rate(self, code):
        async with httpx.AsyncClient() as client:  # <-
            return (await client.get(f"/rates/{code}")).json()

# bad: aiohttp
import aiohttp

async def fetch(url):
    async with aiohttp.ClientSession() as session:  # <-
        async with session.get(url) as response:
            return await response.json()

# bad: requests
import requests

class Rates:
    def rate(self, code):
        session = requests.Session()  # <-
        return session.get(f"https://rates.test/{code}", timeout=5).json()

# bad: Redis
from redis.asyncio import Redis

class Baskets:
    async def load(self, user_id):
        redis = Redis.from_url("redis://localhost")  # <-
        return await redis.get(user_id)

# bad: an engine
from sqlalchemy import create_engine

class Orders:
    def all(self):
        engine = create_engine("postgresql://shop")  # <-
        with engine.connect() as connection:
            return list(connection.execute(ORDERS))

# bad: a connection
import asyncpg

async def orders():
    connection = await asyncpg.connect("postgresql://shop")  # <-
    return await connection.fetch("SELECT * FROM orders")

# bad: boto3
import boto3

class Pictures:
    def save(self, key, data):
        s3 = boto3.client("s3")  # <-
        s3.put_object(Bucket="pictures", Key=key, Body=data)

# bad: a producer
from aiokafka import AIOKafkaProducer

async def publish(event):
    producer = AIOKafkaProducer(bootstrap_servers="kafka:9092")  # <-
    await producer.start()
    await producer.send_and_wait("orders", event)

# bad: by its own name
from httpx import AsyncClient as Http

async def user(key):
    async with Http(base_url="https://users.test") as http:  # <-
        return await http.get(f"/{key}")

# good: passed in
# mutant: return (await self.client.get(code)).json() => async with httpx.AsyncClient() as c: return await c.get(code)
import httpx

class Rates:
    def __init__(self, client: httpx.AsyncClient):
        self.client = client

    async def rate(self, code):
        return (await self.client.get(code)).json()

# good: a factory
# mutant: def make_client => def rates // return httpx => a = httpx
import httpx

async def make_client():
    return httpx.AsyncClient(timeout=5)

# good: kept
# mutant: self.client = client => pass
import httpx

class Rates:
    async def warm(self):
        client = httpx.AsyncClient()
        self.client = client

# good: yielded, and closed by whoever asked
# mutant: yield client => await client.get("/")
import httpx

async def borrowed():
    async with httpx.AsyncClient() as client:
        yield client

# good: lifespan
# mutant: def lifespan => def orders
import asyncpg

async def lifespan(app):
    pool = await asyncpg.create_pool("postgresql://shop")
    await pool.execute("SELECT 1")

# good: the constructor
# mutant: def __init__ => def rate
import requests

class Rates:
    def __init__(self):
        session = requests.Session()
        session.headers["a"] = "b"

# good: the composition root
# role: composition
# mutant: # role: composition => # role: adapter
import httpx

async def serve():
    async with httpx.AsyncClient() as client:
        await run(client)

# good: a plain function of a script
# mutant: def export => async def export
import boto3

def export():
    s3 = boto3.client("s3")
    s3.put_object(Bucket="a", Key="b", Body=b"")

# good: given to what keeps it
# mutant: return Orders(engine) => engine.connect()
from sqlalchemy import create_engine

class Shop:
    def orders(self):
        engine = create_engine("postgresql://shop")
        return Orders(engine)
