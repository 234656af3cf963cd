// Keeps the kiosk's page for days without a network. It answers requests for pages only: whatever is sent
// goes past it untouched, and it never says that something was sent.
const KEPT = 'loket-kiosk-1';

// the page is one document without parts, so a new worker can never meet half of an old page
self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', event => event.waitUntil((async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith('loket-kiosk-') && name !== KEPT) await caches.delete(name);
  }
  await self.clients.claim();
})()));

self.addEventListener('fetch', event => {
  const isPage = new URL(event.request.url).pathname.startsWith('/kiosk/');
  if (event.request.method === 'GET' && isPage) event.respondWith(fresh(event.request));
});

// the network's page while it comes within four seconds, else the one kept from before
async function fresh(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request.url, {ignoreVary: true});
  const asked = fetch(request).then(async answer => {
    if (answer.ok && !answer.redirected) await cache.put(request.url, answer.clone());
    return answer;
  });
  if (!kept) return asked;
  const late = new Promise(done => setTimeout(done, 4000));
  const answer = await Promise.race([asked, late]).catch(() => null);
  // a refusal is the server's word; a redirect, a failure or silence is not
  return answer && (answer.ok || answer.status >= 400 && answer.status < 500) ? answer : kept;
}
