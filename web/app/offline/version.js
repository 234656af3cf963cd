// @ts-check
// The app's own versions: a new one waits until somebody takes it, and then every tab moves to it.

import { alone } from "./lock.js";
import { tell } from "./tabs.js";
import { Trouble } from "./trouble.js";

const PATIENCE_MS = 10000;

const patience = () => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));

/** @type {ServiceWorkerRegistration | null} */
let registration = null;
/** @type {Set<() => unknown>} */
let writes = new Set();
/** @type {Error | null} */
let keptBy = null;

export const isWaiting = () => !!(registration && registration.waiting && navigator.serviceWorker.controller);

/** What keeps this tab on the files of a version that is gone; null: they are there. */
export const overtaken = () => keptBy;

/** @param {Set<() => unknown>} settling what each screen does before its tab is loaded anew */
export async function watch(settling) {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  writes = settling;
  let isControlled = !!workers.controller;
  workers.addEventListener("controllerchange", () => {
    // the first worker of all takes over files that are its own
    if (!isControlled) isControlled = true;
    // whichever tab asked for it
    else void reload();
  });
  try {
    registration = await workers.register("/app/sw.js", { scope: "/app/", updateViaCache: "none" });
  } catch (_offline) {
    // without a network the worker that is there goes on
    registration = (await workers.getRegistration("/app/")) || null;
  }
  if (!registration) return;
  registration.addEventListener("updatefound", () => {
    const coming = registration && registration.installing;
    if (coming) coming.addEventListener("statechange", () => tell());
  });
  if (registration.waiting) tell();
}

const written = () => Promise.all([...writes].map((write) => write()));

/** Loads this tab anew, unless something on its screen would be lost: then its person is told, and decides. */
async function reload() {
  try {
    await written();
    location.reload();
  } catch (error) {
    keptBy = /** @type {Error} */ (error);
    tell();
  }
}

export async function update() {
  // what cannot be written is said while the files of this version are still there
  await written();
  if (keptBy) return location.reload();
  const waiting = registration && registration.waiting;
  if (!waiting) return;
  // the lock stays ours until the page is new: nothing starts to send in between
  const isLate = await alone(async () => {
    const changed = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    waiting.postMessage("SKIP_WAITING");
    await Promise.race([changed.then(patience), patience()]);
    return true;
  }, false);
  // by now this page is gone, unless the new version did not come or something here could not be written
  throw new Trouble(isLate ? "broken" : "busy");
}
