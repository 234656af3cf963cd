// @ts-check
// Who works here. Signing in is for sending; what was made while nobody could ask stays its maker's.

import { ask, halt } from "./ask.js";
import { isUnsent } from "./outbox.js";
import { allOf, get, put, reading, writing } from "./store.js";
import { listen, tell } from "./tabs.js";
import { Trouble } from "./trouble.js";

/** @typedef {import("../types").Person} Person */

let isExpired = false;
/** @type {Promise<void>} */
let leaving = Promise.resolve();

export async function resume() {
  isExpired = !!(await get("meta", "expired"));
  listen((message) => {
    if ("expired" in message) isExpired = message.expired;
  });
  if (await get("meta", "leaving")) leaving = leave();
}

/** @returns {Promise<Person | null>} */
export const person = async () => (await get("meta", "person")) || null;

export async function mustPerson() {
  const found = await person();
  if (!found) throw new Trouble("signed_out");
  return found;
}

export const needsSignIn = () => isExpired;

/** @param {boolean} [expired] @param {Person | null} [whose] whose session it is; of anybody who left since, it is no news */
export async function expire(expired = true, whose = null) {
  const here = whose && (await person());
  if (whose && (!here || here.username !== whose.username)) return;
  if (expired !== isExpired) await put("meta", expired, "expired");
  tell({ expired });
}

/** For nobody else meanwhile, and nothing may be on its way. @param {string} username @param {string} password @returns {Promise<Person>} */
export async function signIn(username, password) {
  await leaving; // else it would end the session that begins now
  const { status, data } = await ask("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  if (status !== 200 || !data.username) throw new Trouble("refused", data && data.detail);
  const found = { username: data.username, name: data.name, role: data.role };
  await writing(["meta"], async (tx) => {
    const meta = tx.objectStore("meta");
    const names = { ...(await meta.get("names")), [found.username]: found.name };
    await Promise.all([meta.put(found, "person"), meta.put(names, "names"), meta.put(false, "leaving")]);
  });
  await expire(false);
  return found;
}

/**
 * Keeps everything that person made; the server is told as soon as it can be.
 * @param {(act: () => Promise<void>) => Promise<void>} alone runs the telling while nothing is sent
 */
export async function signOut(alone) {
  await writing(["meta"], async (tx) => {
    const meta = tx.objectStore("meta");
    await Promise.all([meta.delete("person"), meta.put(true, "leaving")]);
  });
  halt();
  await expire(false);
  leaving = alone(leave);
  await leaving;
}

async function leave() {
  try {
    const { status } = await ask("/api/session", { method: "DELETE", seconds: 10 });
    if (status === 204) await put("meta", false, "leaving");
  } catch (error) {
    // out of reach: the next start tells it; an expired session is what we wanted
    if (/** @type {Trouble} */ (error).code === "signed_out") await put("meta", false, "leaving");
  }
}

/** Whether the server takes us for whom we think we are: another one may have signed in with this browser. @param {Person} expected */
export async function confirm(expected) {
  const { status, data } = await ask("/api/session", { as: expected.username });
  if (status !== 200) throw new Trouble("refused", data && data.detail);
  if (data.username !== expected.username) throw new Trouble(data.username ? "signed_out" : "portal");
}

/** Other people's waiting work on this phone. */
export async function others() {
  const me = await person();
  const names = await reading(["meta"], (tx) => tx.objectStore("meta").get("names"));
  const found = await Promise.all(
    Object.keys(names || {})
      .filter((username) => !me || username !== me.username)
      .map(async (username) => ({ username, name: names[username], unsent: (await allOf("outbox", username)).filter(isUnsent).length })),
  );
  return found.filter(({ unsent }) => unsent > 0);
}
