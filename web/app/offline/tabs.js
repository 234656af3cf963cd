// @ts-check
// Open tabs tell each other what changed; where there is no BroadcastChannel, by the storage event.

const NAME = "loket";

/** @type {Set<(message: any) => void>} */
const listeners = new Set();
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);

if (channel) channel.onmessage = (event) => hear(event.data);
else addEventListener("storage", (event) => event.key === NAME && event.newValue && hear(JSON.parse(event.newValue).message));

/** @param {any} message */
function hear(message) {
  listeners.forEach((listener) => listener(message));
}

/** Calls `listener` with what any tab tells, this one included. @param {(message: any) => void} listener */
export function listen(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @param {any} [message] */
export function tell(message = {}) {
  if (channel) channel.postMessage(message);
  else {
    try {
      localStorage.setItem(NAME, JSON.stringify({ message, at: Math.random() }));
    } catch (_blocked) {
      // the other tabs learn it when they next look
    }
  }
  hear(message);
}
