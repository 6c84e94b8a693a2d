// Keeps the runtime for good, since its folder is named after its content, and pages for when there is no network.
const kept = "live-VERSION";

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("live-") && name !== kept) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const runtime = url.pathname.startsWith(new URL("live/VERSION/", registration.scope).pathname);
  event.respondWith((async () => {
    const cache = await caches.open(kept);
    const old = await cache.match(request);
    if (old && runtime) return old;
    try {
      const fresh = await fetch(request);
      if (fresh.status === 200) event.waitUntil(cache.put(request, fresh.clone()).catch(() => {}));
      return fresh;
    } catch (error) {
      if (old) return old;
      throw error;
    }
  })());
});
