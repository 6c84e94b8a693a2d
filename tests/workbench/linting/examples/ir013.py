# bad: in a loop
import asyncio

async def work(queue):
    while True:
        try:
            await handle(queue)
        except asyncio.CancelledError:  # <-
            pass

# bad: bare
async def work(queue):
    while True:
        try:
            await handle(queue)
        except:  # <-
            log("failed")

# bad: BaseException
async def work(items):
    for item in items:
        try:
            await handle(item)
        except BaseException as error:  # <-
            log(error)

# bad: among others
import asyncio

async def work(items):
    for item in items:
        try:
            await handle(item)
        except (ValueError, asyncio.CancelledError):  # <-
            continue

# bad: something follows
import asyncio

async def save(thing, store):
    try:
        await store.put(thing)
    except asyncio.CancelledError:  # <-
        log("cancelled")
    await store.flush()

# bad: imported by itself
from asyncio import CancelledError

async def poll(http):
    while True:
        try:
            await http.get("/news")
        except CancelledError:  # <-
            log("again")

# bad: a retry
async def with_retries(call):
    for attempt in range(3):
        try:
            return await call()
        except BaseException:  # <-
            await sleep(2**attempt)

# bad: inside a block
import asyncio

async def work(pool, jobs):
    async with pool:
        for job in jobs:
            try:
                await job.run()
            except asyncio.CancelledError:  # <-
                job.failed()

# good: raised again
# mutant: raise => pass
import asyncio

async def work(queue):
    while True:
        try:
            await handle(queue)
        except asyncio.CancelledError:
            raise

# good: Exception is no cancellation
# mutant: except Exception => except BaseException
async def work(items):
    for item in items:
        try:
            await handle(item)
        except Exception as error:
            log(error)

# good: it ends
# mutant: return => pass
import asyncio

async def work(queue):
    while True:
        try:
            await handle(queue)
        except asyncio.CancelledError:
            return

# good: a task that was cancelled here
# mutant: task.cancel() => task.stop() // await task => await task.run()
import asyncio

async def stop(task, store):
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    await store.close()

# good: in a function that nothing can cancel
# mutant: def work => async def work // handle(item) => await handle(item)
def work(items):
    for item in items:
        try:
            handle(item)
        except BaseException:
            log(item)

# good: kept, and raised later
# mutant: kept = error => log(kept)
import asyncio

async def finish(items, kept):
    for item in items:
        try:
            await handle(item)
        except asyncio.CancelledError as error:
            kept = error
    return kept

# good: an earlier clause took it
# mutant: except asyncio.CancelledError:\n            raise\n => except ValueError:\n            raise\n
import asyncio

async def work(items):
    for item in items:
        try:
            await handle(item)
        except asyncio.CancelledError:
            raise
        except BaseException:
            log(item)

# good: nothing is awaited there
# mutant: parse(item) => await parse(item)
async def work(items):
    for item in items:
        try:
            parse(item)
        except BaseException:
            log(item)

# good: cleaning up after a failure
# mutant: except ValueError: => if True: // try:\n        await store.flush() => if store:\n        await store.flush() // raise => await store.end()
async def close(store):
    try:
        await store.flush()
    except ValueError:
        try:
            await store.mark_lost()
        except BaseException:
            log("lost")
        raise
