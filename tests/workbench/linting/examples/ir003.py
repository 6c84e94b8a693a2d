# bad: tenacity
import httpx
from tenacity import retry, stop_after_attempt

@retry(stop=stop_after_attempt(3))
async def charge(client: httpx.AsyncClient, order):
    await client.post("/charges", json={"amount": order.total})  # <-

# bad: stamina
import httpx, stamina

@stamina.retry(on=httpx.HTTPError, attempts=3)
async def place(client: httpx.AsyncClient, order):
    return await client.post("/orders", json=order)  # <-

# bad: a loop of attempts
async def charge(http, order):
    for attempt in range(3):
        try:
            return await http.post("/charges", {"amount": order.total})  # <-
        except TimeoutError:
            await sleep(2**attempt)

# bad: while
async def charge(http_client, order, retries=3):
    while retries:
        try:
            return await http_client.patch(f"/orders/{order.id}", {"paid": True})  # <-
        except ConnectionError:
            retries -= 1

# bad: a mail
from tenacity import retry

@retry
def remind(smtp, message):
    smtp.send_email(message)  # <-

# bad: one call deep
import requests
from tenacity import retry

class Payments:
    @retry
    def pay(self, order):
        return self._post(order)  # <-

    def _post(self, order):
        return requests.post("https://bank.test/payments", json=order, timeout=5)

# bad: the verb as an argument
import backoff, httpx

@backoff.on_exception(backoff.expo, httpx.HTTPError)
async def create(client: httpx.AsyncClient, user):
    await client.request("POST", "/users", json=user)  # <-

# bad: a payment's own word
@with_retry(attempts=5)
async def settle(bank, order):
    await bank.charge(order.card, order.total)  # <-

# good: a key
# mutant: , headers={"Idempotency-Key": order.id} =>
import httpx
from tenacity import retry

@retry
async def charge(client: httpx.AsyncClient, order):
    await client.post("/charges", json={"amount": order.total}, headers={"Idempotency-Key": order.id})

# good: PUT can be repeated
# mutant: client.put => client.post
import httpx
from tenacity import retry

@retry
async def store(client: httpx.AsyncClient, order):
    await client.put(f"/orders/{order.id}", json=order)

# good: GET can be repeated
# mutant: http.get("/orders") => http.post("/orders", {})
async def orders(http):
    for attempt in range(3):
        try:
            return await http.get("/orders")
        except TimeoutError:
            await sleep(2**attempt)

# good: POST, once
# mutant: async def charge => @retry\nasync def charge
import httpx

async def charge(client: httpx.AsyncClient, order):
    await client.post("/charges", json={"amount": order.total})

# good: a search by POST changes nothing
# mutant: "/orders/_search" => "/orders" // def search => def place // json=query => json=order
import httpx
from tenacity import retry

@retry
async def search(client: httpx.AsyncClient, query):
    return await client.post("/orders/_search", json=query)

# good: a loop over things, not attempts; the first failure ends it
# mutant: for order in orders: => for attempt in range(3):
async def place_all(http, orders, order):
    for order in orders:
        try:
            await http.post("/orders", order)
        except TimeoutError:
            continue

# good: the last attempt is the only one
# mutant: raise => continue
async def charge(http, order):
    for attempt in range(3):
        try:
            return await http.post("/charges", order)
        except TimeoutError:
            raise

# good: a route of a framework is called post as well
# mutant: self.app.post( => self.http.post(
@retry
def routes(self):
    self.app.post("/orders")

# good: a key that the vendor names so
# mutant: , ClientToken=order.id =>
@with_retry(attempts=3)
async def settle(bank, order):
    await bank.charge(order.card, order.total, ClientToken=order.id)
