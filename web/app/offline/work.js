// @ts-check
// What pages call: the whole of `Work` in types.d.ts.

import * as clock from "./clock.js";
import * as outbox from "./outbox.js";
import * as session from "./session.js";
import { allOf, get, reading, remove } from "./store.js";
import { listen, tell } from "./tabs.js";

export { isUnsent, isWaiting } from "./outbox.js";
export { needsSignIn, others, person, signOut } from "./session.js";

/** @typedef {import("../types").Draft} Draft */
/** @typedef {import("../types").Item} Item */
/** @typedef {import("../types").Place} Place */
/** @typedef {import("./trouble.js").Trouble} Trouble */

const PLACE_WAIT_MS = 8000;
const PLACE_FRESH_MS = 60000;

// ── the house ──

/** What the first screen needs, and nothing else. */
export async function start() {
  await Promise.all([clock.resume(), session.resume()]);
}

/**
 * Everything else, once the first screen stands: on a weak line they would wait for each other's bytes. The worker last,
 * with the `pages` before it: it finds most of its files fetched.
 * @param {Promise<unknown>} [pages]
 */
export async function carryOn(pages) {
  const sends = sender().then((loaded) => {
    progressNow = loaded.progress;
    loaded.start();
  });
  const frees = photos().then(({ release }) => {
    release().catch(console.error); // what cannot be freed today is freed another day
  });
  await Promise.all([sends, desk(), frees, pages]).catch(unloaded);
  await version().then((loaded) => {
    newVersionNow = loaded.isWaiting;
    overtakenNow = loaded.overtaken;
    return loaded.watch(settling);
  }, unloaded);
}

const sender = () => import("./sender.js");

/** @type {typeof import("./sender.js").progress} */
let progressNow = () => null;

export const progress = () => progressNow();

const version = () => import("./version.js");

/** @type {typeof import("./version.js").isWaiting} */
let newVersionNow = () => false;

export const newVersion = () => newVersionNow();

/** @type {typeof import("./version.js").overtaken} */
let overtakenNow = () => null;

export const overtaken = () => overtakenNow();

export const update = async () => (await version()).update();

/** @type {Set<() => unknown>} */
const settling = new Set();

/** Before a new version takes over this tab, `act` writes what is on the screen. @param {() => unknown} act */
export function beforeReload(act) {
  settling.add(act);
  return () => void settling.delete(act);
}

/** Sends what waits, as soon as it can. */
function rouse() {
  void sender().then(({ wake, wakeLater }) => {
    void wakeLater();
    void wake(true);
  }, unloaded);
}

function unloaded() {
  // cut off while the app came in for the first time: everything waits, and the next start or tap asks again
}

/** The listener hears what kind of thing changed: "progress", "draft", or "" for anything. @param {(kind: string) => void} listener */
export const subscribe = (listener) => listen(({ kind = "" }) => listener(kind));

// ── sign-in ──

/** @param {string} username @param {string} password */
export async function signIn(username, password) {
  const person = await session.signIn(username, password);
  await refresh();
  rouse();
  return person;
}

// ── what is known ──

/** @param {string} kind @param {string} id */
async function known(kind, id) {
  const person = await session.person();
  const record = person && (await get("known", [person.username, kind, id]));
  return record ? record.body : null;
}

/** @param {string} slug */
export const unit = (slug) => known("units", slug);

/** @param {string} id */
export const instrument = (id) => known("instruments", id);

export async function assignments() {
  const { username } = await session.mustPerson();
  const mine = IDBKeyRange.bound([username], [username, []]);
  const [records, written, queue] = await Promise.all([reading(["known"], (tx) => tx.objectStore("known").getAll(mine)), drafts(), items()]);
  const waiting = queue.filter(outbox.isUnsent);
  const all = (/** @type {string} */ kind) => records.filter((record) => record.kind === kind && !record.gone).map(({ body }) => body);
  const one = (/** @type {string} */ kind, /** @type {unknown} */ id) => (records.find((record) => record.kind === kind && record.id === String(id)) || {}).body;
  // when it was begun is the word of a phone, whose clock may be years off; what was not handed in yet is newest
  const newest = (/** @type {any} */ { submitted_at, made_at }) => `${submitted_at || "~"} ${made_at}`;
  const visits = all("inspections").filter(({ state }) => state !== "withdrawn").sort((a, b) => (newest(a) < newest(b) ? 1 : -1));
  return all("assignments")
    .map((assignment) => {
      const evaluation = one("evaluations", assignment.evaluation);
      const { unit, form, service } = assignment;
      const isOf = (/** @type {any} */ visit) =>
        visit.evaluation === assignment.evaluation && visit.unit === unit && visit.form === form && (service === null || visit.service === service);
      return {
        assignment,
        evaluation,
        unit: one("units", unit),
        instrument: evaluation && one("instruments", evaluation.instrument),
        inspections: visits.filter(isOf),
        drafts: written.filter(isOf),
        items: waiting.filter(isOf),
      };
    })
    .filter((found) => found.unit && found.instrument);
}

export async function refresh() {
  const person = await session.mustPerson();
  try {
    await session.confirm(person);
    await (await import("./pull.js")).pull(person.username);
  } catch (error) {
    if (/** @type {Trouble} */ (error).code === "signed_out") await session.expire(true, person);
    throw error;
  }
  tell();
}

/** @returns {Promise<string | null>} */
export async function pulledAt() {
  const person = await session.person();
  const stand = person && (await get("meta", `pull:${person.username}`));
  return stand ? stand.at : null;
}

// ── drafts ──

/** @returns {Promise<Draft[]>} */
export async function drafts() {
  const person = await session.person();
  const found = person ? await allOf("drafts", person.username) : [];
  return found.map(outbox.seen).sort((a, b) => (a.changed_at < b.changed_at ? 1 : -1));
}

/** @param {string} id @returns {Promise<Draft | null>} */
export async function draft(id) {
  const [person, found] = await Promise.all([session.person(), get("drafts", id)]);
  return person && found && found.person === person.username ? outbox.seen(found) : null;
}

// loaded when first needed, and after the first screen
const desk = () => import("./drafts.js");

/** @param {import("../types").Assignment} assignment @param {string | null} service @param {boolean} [isAgain] @returns {Promise<Draft>} */
export async function begin(assignment, service, isAgain = false) {
  const { username } = await session.mustPerson();
  const begun = await (await desk()).begin(username, assignment, service, isAgain);
  void persist(); // some browsers ask the person, who may take their time
  return begun;
}

/** @param {string} visit */
export async function reopen(visit) {
  const { username } = await session.mustPerson();
  return (await desk()).reopen(username, visit);
}

/** @param {Draft} changed */
export const save = async (changed) => (await desk()).save(changed);

/** @param {string} id @param {string} key @param {import("../types").Piece} piece @param {string} [instead] */
export const addPiece = async (id, key, piece, instead) => (await desk()).addPiece(id, key, piece, instead);

/** @param {string} id */
export async function discard(id) {
  await remove("drafts", id);
  tell();
}

/** @param {Draft} finished @returns {Promise<Item>} */
export async function handIn(finished) {
  const item = await (await desk()).handIn(finished);
  tell();
  rouse();
  return item;
}

// ── photos ──

// loaded when first needed: the first screen comes sooner without them
const photos = () => import("./photos.js");

/** @param {File} file @param {"camera" | "file"} source */
export async function takePhoto(file, source) {
  const { username } = await session.mustPerson();
  const isFresh = here && performance.now() - hereAt < PLACE_FRESH_MS;
  return (await photos()).takePhoto(username, file, source, isFresh ? here : null);
}

/** @param {string} sha256 @returns {Promise<string | null>} */
export async function photoUrl(sha256) {
  const photo = await get("photos", sha256);
  return photo ? URL.createObjectURL(new Blob([photo.bytes], { type: photo.type })) : null;
}

// ── the tray ──

/** @returns {Promise<Item[]>} */
export async function items() {
  const person = await session.person();
  const found = person ? await outbox.itemsOf(person.username) : [];
  return found.reverse().sort((a, b) => Number(outbox.isUnsent(b)) - Number(outbox.isUnsent(a)));
}

/** @type {Promise<number> | null} counted once until something is told */
let unsent = null;
listen(({ kind }) => kind || (unsent = null));

export function unsentCount() {
  unsent = unsent || items().then((all) => all.filter(outbox.isUnsent).length);
  unsent.catch(() => (unsent = null));
  return unsent;
}

export async function sendNow() {
  await (await sender()).wake(true);
}

/** @param {string} key */
export async function retry(key) {
  await outbox.change([key], (item) => {
    if (item.state === "closed") return;
    if (item.state === "rejected" || item.state === "conflict") item.state = "waiting";
    Object.assign(item, { refused: undefined, reason: "", code: "" });
  });
  await sendNow();
}

export async function exportQueue() {
  const { username } = await session.mustPerson();
  return (await import("./export.js")).exportQueue(username);
}

// ── the phone ──

export async function storage() {
  const manager = navigator.storage;
  const { usage = 0, quota = 0 } = manager && manager.estimate ? await manager.estimate() : {};
  const persisted = !!(manager && manager.persisted && (await manager.persisted()));
  const installed = matchMedia("(display-mode: standalone)").matches || /** @type {any} */ (navigator).standalone === true;
  return { persisted, usage, quota, installed };
}

/** A hint to the browser, which may say no. */
async function persist() {
  if (navigator.storage && navigator.storage.persist) await navigator.storage.persist().catch(() => false);
}

/** @type {Place | null} */
let here = null;
let hereAt = 0;

/** @returns {Promise<Place | null>} */
export function place() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) => {
        here = { latitude, longitude, accuracy_m: Math.round(accuracy) };
        hereAt = performance.now();
        resolve(here);
      },
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PLACE_WAIT_MS, maximumAge: PLACE_FRESH_MS / 2 },
    );
  });
}
