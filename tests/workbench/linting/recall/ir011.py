# bad: psycopg
import psycopg

class Orders:
    def all(self):
        with psycopg.connect("dbname=shop") as conn:  # <-
            return conn.execute("SELECT * FROM orders").fetchall()

# bad: asyncpg
import asyncpg

class Orders:
    async def all(self):
        conn = await asyncpg.connect("postgresql://shop")  # <-
        try:
            return await conn.fetch("SELECT * FROM orders")
        finally:
            await conn.close()

# bad: Django, a view
import requests
from django.views import View

class Rates(View):
    def get(self, request):
        session = requests.Session()  # <-
        return session.get("https://rates.test", timeout=5).json()

# bad: aiohttp
import aiohttp

class Rates:
    async def of(self, code):
        async with aiohttp.ClientSession() as session, session.get(f"https://rates.test/{code}") as response:  # <-
            return await response.json()

# bad: boto3, a session
import boto3

class Pictures:
    def save(self, key, data):
        boto3.session.Session().client("s3").put_object(Bucket="pictures", Key=key, Body=data)  # <-

# bad: requests, without a session at all
import requests

class Rates:
    def of(self, code):
        return requests.get(f"https://rates.test/{code}", timeout=5).json()  # <-

# bad: a route
import httpx
from fastapi import FastAPI

app = FastAPI()

@app.get("/rates/{code}")
async def rate(code: str):
    async with httpx.AsyncClient() as client:  # <-
        return (await client.get(f"https://rates.test/{code}")).json()
