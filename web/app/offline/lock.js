// @ts-check
// One at a time across all tabs: whoever sends, signs in or out, or renews the app.

import { writing } from "./store.js";

const LOCK = "loket-sender";
const LEASE_MS = 60000;
const POLL_MS = 300;

/**
 * Runs `act` while no other tab does so; in place of waiting it may give up.
 * @template T
 * @param {() => Promise<T>} act @param {boolean} [isPatient]
 * @returns {Promise<T | null>}
 */
export async function alone(act, isPatient = true) {
  if (navigator.locks) return navigator.locks.request(LOCK, { ifAvailable: !isPatient }, (lock) => (lock ? act() : null));
  const me = String(crypto.getRandomValues(new Uint32Array(2)));
  while (!(await lease(me))) {
    if (!isPatient) return null;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const renewing = setInterval(() => {
    lease(me).catch(() => {
      // the next time may do; if none does, we are as good as dead
    });
  }, LEASE_MS / 4);
  try {
    return await act();
  } finally {
    clearInterval(renewing);
    await lease(me, 0);
  }
}

/** Takes, renews or gives back what a tab that dies cannot: it runs out by itself. @param {string} me @param {number} [at] */
const lease = (me, at = Date.now()) =>
  writing(["meta"], async (tx) => {
    const meta = tx.objectStore("meta");
    const held = await meta.get("lease");
    const isFree = !held || held.holder === me || Math.abs(Date.now() - held.at) > LEASE_MS;
    if (isFree) await meta.put({ holder: me, at }, "lease");
    return isFree;
  });
