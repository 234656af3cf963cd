// @ts-check
// Who works here. Signing in is for sending; what was made while nobody could ask stays its maker's.

import { ask, halt } from "./ask.js";
import { alone } from "./lock.js";
import { isUnsent } from "./outbox.js";
import { allOf, get, put, reading, writing } from "./store.js";
import { listen, tell } from "./tabs.js";
import { Trouble } from "./trouble.js";

/** @typedef {import("../types").Person} Person */

let isExpired = false;

export async function resume() {
  isExpired = !!(await get("meta", "expired"));
  listen((message) => {
    if ("expired" in message) isExpired = message.expired;
  });
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

/** @param {string} username @param {string} password @returns {Promise<Person>} */
export async function signIn(username, password) {
  // nothing of who was here goes out under the new name
  halt();
  const found = await alone(async () => {
    const { status, data } = await ask("/api/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username, password }),
    });
    if (status !== 200 || !data.username) throw new Trouble("refused", data && data.detail);
    const person = { username: data.username, name: data.name, role: data.role };
    await writing(["meta"], async (tx) => {
      const meta = tx.objectStore("meta");
      const names = { ...(await meta.get("names")), [person.username]: person.name };
      await Promise.all([meta.put(person, "person"), meta.put(names, "names"), meta.put(false, "leaving")]);
    });
    await expire(false);
    return person;
  });
  return /** @type {Person} */ (found);
}

/** Keeps everything that person made; the server is told as soon as it can be. */
export async function signOut() {
  await writing(["meta"], async (tx) => {
    const meta = tx.objectStore("meta");
    await Promise.all([meta.delete("person"), meta.put(true, "leaving")]);
  });
  halt();
  await expire(false);
  await alone(leave).catch(() => {
    // out of reach: the sender tells it when it next looks
  });
}

/** Tells the server that nobody is here, where it does not know yet. For `alone`: else it could end a session that begins now. */
export async function leave() {
  if (!(await get("meta", "leaving"))) return;
  const { status, data } = await ask("/api/session", { method: "DELETE", seconds: 10 });
  if (status !== 204) throw new Trouble("broken", data && data.detail);
  await put("meta", false, "leaving");
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
