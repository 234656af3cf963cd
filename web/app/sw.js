// The app's own files without a network, and nothing else: it answers no other request, and pretends nothing.

// both are filled in by the server, so that any changed file makes a new worker
const VERSION = "";
const KEPT = [];

const HOUSE = "loket-app-";
const CACHE = HOUSE + VERSION;

self.addEventListener("install", (event) => event.waitUntil(fetchAll()));
self.addEventListener("activate", (event) => event.waitUntil(moveIn()));

// never on its own: new files under an old page would tear it apart
self.addEventListener("message", (event) => {
  if (event.data === "SKIP_WAITING") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith("/app/")) return;
  event.respondWith(fromCache(request.mode === "navigate" ? "/app/" : url.pathname, request));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "loket-outbox") event.waitUntil(wakeSender());
});

/** All that is kept for the field or none of it: a cache with a hole would fail there. */
async function fetchAll() {
  const got = await Promise.all(KEPT.map(async ([path, hash]) => [path, (await kept(path, hash)) || (await fetched(path, hash))]));
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(got.map(([path, response]) => cache.put(path, response)));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** The same bytes from the version before, so that an update costs only what changed. */
async function kept(path, hash) {
  const response = await caches.match(path);
  return response && (await isWhole(response, hash)) ? response : null;
}

async function fetched(path, hash) {
  const response = await fetch(path, { cache: "no-cache", redirect: "error", priority: "low" });
  // a captive portal's page or a file of the next version is not what was asked for
  if (response.status !== 200 || !(await isWhole(response, hash))) throw new Error(`${path} is not of version ${VERSION}`);
  return response;
}

async function isWhole(response, hash) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("").startsWith(hash);
}

async function moveIn() {
  const others = (await caches.keys()).filter((name) => name.startsWith(HOUSE) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function fromCache(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) || fetch(request);
}

/** The pages send, because only they hold the lock of the sender; with none open, the next one sends when it opens. */
async function wakeSender() {
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage("wake");
}
