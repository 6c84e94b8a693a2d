# bad: psycopg
import psycopg

def pay(conn: psycopg.Connection, producer, order_id):
    conn.execute("UPDATE orders SET paid = true WHERE id = %s", (order_id,))
    conn.commit()
    producer.send("orders.paid", order_id)  # <-

# bad: asyncpg
async def pay(pool, nats, order_id):
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute("UPDATE orders SET paid = true WHERE id = $1", order_id)
    await nats.publish("orders.paid", order_id)  # <-

# bad: Django
from django.db import transaction
from shop.search import index

def rename(product, name):
    with transaction.atomic():
        product.name = name
        product.save()
    index.add_documents([product.as_document()])  # <-

# bad: boto3
import boto3

class Pictures:
    def __init__(self, session):
        self.session, self.s3 = session, boto3.client("s3")

    def add(self, picture, data):
        self.session.add(picture)
        self.session.commit()
        self.s3.upload_fileobj(data, "pictures", picture.id)  # <-

# bad: Elasticsearch
from elasticsearch import Elasticsearch

class Products:
    def __init__(self, db, elastic: Elasticsearch):
        self.db, self.elastic = db, elastic

    def save(self, product):
        self.db.add(product)
        self.db.commit()
        self.elastic.index(index="products", id=product.id, document=product.as_document())  # <-

# bad: requests
import requests

def place(session, order):
    session.add(order)
    session.commit()
    requests.post("https://warehouse.test/orders", json=order.as_dict(), timeout=5)  # <-
