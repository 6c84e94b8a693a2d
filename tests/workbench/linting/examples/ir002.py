# bad: commit, then publish
async def place(session, bus, order):
    session.add(order)
    await session.commit()
    await bus.publish(OrderPlaced(order.id))  # <-

# bad: a unit of work, then a broker
class PlaceOrder:
    async def __call__(self, order):
        await self.uow.commit()
        await self.producer.send("orders", order)  # <-

# bad: commit, then the search index
async def rename(session, es, product):
    session.add(product)
    await session.commit()
    await es.index(index="products", id=product.id, document=product.to_dict())  # <-

# bad: a file in front of the commit
async def upload(session, s3, picture, data):
    s3.put_object(Bucket="pictures", Key=picture.id, Body=data)  # <-
    session.add(picture)
    await session.commit()

# bad: a document store behind it
async def copy(session, mongo, order):
    await session.commit()
    await mongo.insert_one(order.to_dict())  # <-

# bad: a task of Celery behind it
from shop.tasks import send_receipt

def pay(session, order):
    session.add(order)
    session.commit()
    send_receipt.delay(order.id)  # <-

# bad: in a branch
async def pay(session, bus, order):
    await session.commit()
    if order.is_paid:
        await bus.publish(OrderPaid(order.id))  # <-

# bad: a driver that commits each statement
import asyncpg

async def pay(conn: asyncpg.Connection, bus, order_id):
    await conn.execute("UPDATE orders SET paid = true WHERE id = $1", order_id)
    await bus.publish("order.paid", order_id)  # <-

# good: an outbox
# mutant: outbox.publish => bus.publish // await session.commit() => pass // session.add(order) => await session.commit()
async def place(session, outbox, bus, order):
    session.add(order)
    await outbox.publish(OrderPlaced(order.id))
    await session.commit()

# good: the relay itself has no other change to lose
# mutant: logger.info => await session.commit(); await bus.publish
async def relay(session, bus, logger, rows):
    for row in rows:
        logger.info(row)

# good: one system
# mutant: await es.refresh() => await es.index(order)
async def place(session, es, order):
    session.add(order)
    await session.commit()
    await es.refresh()

# good: in the same transaction
# mutant: await bus.publish(OrderPlaced(order.id), session=session)\n    await session.commit() => await session.commit()\n    await bus.publish(OrderPlaced(order.id))
async def place(session, bus, order):
    session.add(order)
    await bus.publish(OrderPlaced(order.id), session=session)
    await session.commit()

# good: either the one or the other
# mutant: return\n => pass\n
async def store(session, s3, thing, data):
    if thing.is_large:
        s3.put_object(Bucket="large", Key=thing.id, Body=data)
        return
    session.add(thing)
    await session.commit()

# good: a read of the other system
# mutant: s3.get_object( => s3.put_object(
async def describe(session, s3, picture):
    body = s3.get_object(Bucket="pictures", Key=picture.id)
    session.add(picture)
    await session.commit()
    return body

# good: logging is no system to keep in step
# mutant: logger.info("placed", order.id) => await bus.publish(order.id)
async def place(session, logger, bus, order):
    await session.commit()
    logger.info("placed", order.id)

# good: a python list has an index as well
# mutant: orders.index(order) => search_index.index(order)
async def place(session, orders, search_index, order):
    await session.commit()
    return orders.index(order)

# good: a signal inside the process
# mutant: order_paid.send( => broker.send(
async def pay(session, order_paid, broker, order):
    await session.commit()
    order_paid.send(sender=order)

# good: a relay sends what is stored, and then notes it
# mutant: OutboxRunner => Runner
class OutboxRunner:
    async def run(self, engine, publisher):
        async with engine.begin() as conn:
            rows = await self.store.claim(conn)
        for row in rows:
            await publisher.publish(row)

# good: a commit of something else, in a branch of its own
# mutant: if job.stuck:\n        => job.stuck = None\n    //         session.commit() =>     session.commit()
async def start(session, bus, job):
    if job.stuck:
        job.running = False
        session.commit()
    await bus.publish(job.id)
