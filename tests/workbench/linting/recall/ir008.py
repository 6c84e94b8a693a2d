# bad: psycopg
class UserRepository:
    def __init__(self, conn):
        self.conn = conn

    def add(self, user):
        if user.age < 18:  # <-
            raise ValueError("too young")
        self.conn.execute("INSERT INTO users VALUES (%s, %s)", (user.id, user.age))

# bad: asyncpg, a calculation
class OrderRepository:
    async def save(self, order):
        discount = 0.1 if order.customer.is_regular else 0  # <-
        await self.pool.execute("UPDATE orders SET total = $1", order.total * (1 - discount))

# bad: Django, in the manager
from django.db import models

class OrderManager(models.Manager):
    def ship(self, order):
        if order.state != "paid":  # <-
            raise ValueError("not paid")
        order.save()

# bad: aiohttp
class PaymentClient:
    async def create(self, payment):
        if payment.amount > 10_000:  # <-
            raise ValueError("needs approval")
        async with self.session.post("/payments", json=payment.as_dict()) as response:
            return await response.json()

# bad: boto3
class OrderTable:
    def put(self, order):
        if order.total <= 0:  # <-
            raise ValueError("an order costs something")
        self.table.put_item(Item=order.as_dict())

# bad: requests, by an early return
class CouponGateway:
    def create(self, coupon):
        if coupon.percent > 50:  # <-
            return None
        return requests.post("https://coupons.test", json=coupon.as_dict(), timeout=5)

# bad: match
class OrderRepository:
    def save(self, order):
        match order.status:  # <-
            case "paid":
                self.session.merge(order)
            case _:
                raise ValueError("not paid")

# bad: motor, two conditions
class SubscriptionStore:
    async def save(self, subscription):
        if subscription.plan == "free" and subscription.seats > 3:  # <-
            raise ValueError("a free plan has three seats")
        await self.collection.insert_one(subscription.as_dict())

# bad: httpx, a rate
class ShippingGateway:
    async def ship(self, parcel: Parcel):
        cents = 490 if parcel.country == "DE" else 1490  # <-
        await self.http.post("/labels", json={"cents": cents})

# bad: peewee, compared with today
class InvoiceRepository:
    def save(self, invoice):
        if invoice.due < date.today():  # <-
            raise ValueError("overdue")
        InvoiceRow.create(**invoice.as_dict())

# bad: tortoise, a sum
class CartRepository:
    async def add(self, cart, item):
        if cart.total + item.price > 1000:  # <-
            raise ValueError("a cart costs at most 1000")
        await CartLine.create(cart_id=cart.id, sku=item.sku)
