# bad: psycopg
import psycopg

def pay(conn: psycopg.Connection, producer, order_id):
    with conn.transaction():
        conn.execute("UPDATE orders SET paid = true WHERE id = %s", (order_id,))
        producer.send("orders.paid", order_id)  # <-

# bad: asyncpg, from a pool
async def pay(pool, nats, order_id):
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE orders SET paid = true WHERE id = $1", order_id)
        await nats.publish("orders.paid", order_id)  # <-

# bad: Django, a decorator
from django.db import transaction
from shop.tasks import send_receipt

@transaction.atomic
def pay(order):
    order.pay()
    order.save()
    send_receipt.delay(order.pk)  # <-

# bad: boto3
import boto3
from sqlalchemy.orm import Session

sqs = boto3.client("sqs")

def pay(session: Session, order):
    session.add(order)
    sqs.send_message(QueueUrl="orders", MessageBody=order.id)  # <-
    session.commit()

# bad: aio_pika
import aio_pika

async def pay(session, exchange: aio_pika.Exchange, order):
    session.add(order)
    await exchange.publish(aio_pika.Message(order.to_bytes()), routing_key="orders")  # <-
    await session.commit()

# bad: Redis, a stream
async def pay(uow, redis, order):
    async with uow:
        uow.orders.add(order)
        await redis.xadd("orders", {"id": order.id})  # <-
        await uow.commit()

# bad: Kafka, confluent
from confluent_kafka import Producer

class Orders:
    def __init__(self, producer: Producer, db):
        self.producer, self.db = producer, db

    def pay(self, order):
        self.db.add(order)
        self.producer.produce("orders", order.to_bytes())  # <-
        self.db.commit()

# bad: a webhook by requests
import requests

def pay(session, order):
    session.add(order)
    requests.post("https://partner.test/hooks/paid", json={"id": order.id}, timeout=5)  # <-
    session.commit()
