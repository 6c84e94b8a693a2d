# bad: psycopg
import psycopg

def overview(conn: psycopg.Connection):
    orders = conn.execute("SELECT * FROM orders").fetchall()
    for order in orders:
        order.lines = conn.execute("SELECT * FROM lines WHERE order_id = %s", (order.id,)).fetchall()  # <-

# bad: a cursor
import psycopg2

def overview(conn):
    cursor = conn.cursor()
    cursor.execute("SELECT id FROM orders")
    for (key,) in cursor.fetchall():
        cursor.execute("SELECT * FROM lines WHERE order_id = %s", (key,))  # <-

# bad: asyncpg
async def overview(pool):
    for order in await pool.fetch("SELECT * FROM orders"):
        await pool.fetch("SELECT * FROM lines WHERE order_id = $1", order["id"])  # <-

# bad: Django, a relation
from shop.models import Order

def overview():
    for order in Order.objects.all():
        print(order.customer.name)  # <-

# bad: Django, a queryset
from shop.models import Line, Order

def overview():
    orders = Order.objects.filter(open=True)
    for order in orders:
        lines = Line.objects.filter(order=order).count()  # <-

# bad: aiohttp
import aiohttp

async def overview(session: aiohttp.ClientSession):
    async with session.get("/orders") as response:
        orders = await response.json()
    for order in orders:
        async with session.get(f"/users/{order['user']}") as response:  # <-
            order["user"] = await response.json()

# bad: requests
import requests

def overview():
    orders = requests.get("https://shop.test/orders", timeout=5).json()
    for order in orders:
        order["user"] = requests.get(f"https://shop.test/users/{order['user']}", timeout=5).json()  # <-

# bad: boto3
import boto3

def sizes():
    s3 = boto3.client("s3")
    for one in s3.list_objects_v2(Bucket="pictures")["Contents"]:
        s3.head_object(Bucket="pictures", Key=one["Key"])  # <-

# bad: a comprehension
async def overview(order_repository, user_repository):
    orders = await order_repository.get_all()
    return [await user_repository.get_by_id(order.user_id) for order in orders]  # <-
