// @ts-check
// What pages call: the whole of `Work` in types.d.ts.

import * as clock from "./clock.js";
import * as outbox from "./outbox.js";
import { pull, pulled } from "./pull.js";
import * as session from "./session.js";
import { allOf, get, put, reading, remove, writing } from "./store.js";
import { listen, tell } from "./tabs.js";
import { Trouble } from "./trouble.js";
import { uuid7 } from "../shared/uuid7.js";
import { t } from "../shared/texts.js";

export { others, person, needsSignIn } from "./session.js";

/** @typedef {import("../types").Draft} Draft */
/** @typedef {import("../types").Item} Item */
/** @typedef {import("../types").Place} Place */

const PLACE_WAIT_MS = 8000;
const PLACE_FRESH_MS = 60000;

// ── the house ──

export async function start() {
  await clock.resume();
  await session.resume();
  void sender().then((loaded) => {
    progressNow = loaded.progress;
    loaded.start();
  }, unloaded);
  await watchVersion();
  // what cannot be freed today is freed another day
  photos().then(({ release }) => release()).catch(() => {});
}

// the first screen comes sooner without what sends
const sender = () => import("./sender.js");

/** @type {typeof import("./sender.js").progress} */
let progressNow = () => null;

export const progress = () => progressNow();

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

/** @param {() => void} listener */
export const subscribe = (listener) => listen(() => listener());

// ── sign-in ──

/** @param {string} username @param {string} password */
export async function signIn(username, password) {
  const person = await session.signIn(username, password);
  await refresh();
  rouse();
  return person;
}

export async function signOut() {
  await session.signOut();
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
  const [records, written] = await Promise.all([reading(["known"], (tx) => tx.objectStore("known").getAll(mine)), drafts()]);
  const all = (/** @type {string} */ kind) => records.filter((record) => record.kind === kind && !record.gone).map(({ body }) => body);
  const one = (/** @type {string} */ kind, /** @type {unknown} */ id) => (records.find((record) => record.kind === kind && record.id === String(id)) || {}).body;
  const visits = all("inspections").filter(({ state }) => state !== "withdrawn").sort((a, b) => (a.made_at < b.made_at ? 1 : -1));
  return all("assignments")
    .map((assignment) => {
      const evaluation = one("evaluations", assignment.evaluation);
      const isOf = (/** @type {any} */ visit) => isAt(visit, assignment, assignment.service === null ? visit.service : assignment.service);
      return {
        assignment,
        evaluation,
        unit: one("units", assignment.unit),
        instrument: evaluation && one("instruments", evaluation.instrument),
        inspection: visits.find(isOf) || null,
        draft: written.find(isOf) || null,
      };
    })
    .filter((found) => found.unit && found.instrument);
}

/** @param {any} visit @param {import("../types").Assignment} assignment @param {string | null} service */
const isAt = (visit, assignment, service) =>
  visit.evaluation === assignment.evaluation && visit.unit === assignment.unit && visit.form === assignment.form && visit.service === service;

export async function refresh() {
  const person = await session.mustPerson();
  try {
    await session.confirm(person);
    await pull(person.username);
  } catch (error) {
    if (/** @type {Trouble} */ (error).code === "signed_out") await session.expire();
    throw error;
  }
  tell();
}

/** @returns {Promise<string | null>} */
export async function pulledAt() {
  const person = await session.person();
  return person && (await pulled(person.username)).at;
}

// ── drafts ──

/** @returns {Promise<Draft[]>} */
export async function drafts() {
  const person = await session.person();
  const found = person ? await allOf("drafts", person.username) : [];
  return found.sort((a, b) => (a.changed_at < b.changed_at ? 1 : -1));
}

/** @param {string} id @returns {Promise<Draft | null>} */
export async function draft(id) {
  const [person, found] = await Promise.all([session.person(), get("drafts", id)]);
  return person && found && found.person === person.username ? found : null;
}

/** @param {import("../types").Assignment} assignment @param {string | null} service @returns {Promise<Draft>} */
export async function begin(assignment, service) {
  const { username } = await session.mustPerson();
  const isHere = (/** @type {any} */ visit) => isAt(visit, assignment, service);
  const begun = (await drafts()).find(isHere);
  if (begun) return begun;
  const waiting = (await outbox.itemsOf(username)).filter((item) => outbox.isUnsent(item) && isHere(JSON.parse(item.body))).pop();
  if (waiting) return reopen(waiting.id);
  const told = await reading(["known"], (tx) => tx.objectStore("known").getAll(IDBKeyRange.bound([username, "inspections"], [username, "inspections", []])));
  const open = told.find(({ body, gone }) => !gone && isHere(body) && ["draft", "submitted", "returned"].includes(body.state));
  if (open) return reopen(open.id);
  const evaluation = await known("evaluations", String(assignment.evaluation));
  /** @type {Draft} */
  const made = {
    id: uuid7(),
    person: username,
    evaluation: assignment.evaluation,
    unit: assignment.unit,
    service,
    form: assignment.form,
    team: assignment.team,
    instrument: evaluation.instrument,
    base_rev: 0,
    started_at: clock.localTime(),
    clock: clock.mark(),
    changed_at: clock.localTime(),
    here: "",
    findings: {},
    note: "",
  };
  await put("drafts", made);
  void persist(); // some browsers ask the person, who may take their time
  tell();
  return made;
}

/** @param {string} visit */
export async function reopen(visit) {
  const { username } = await session.mustPerson();
  const opened = await outbox.reopen(username, visit);
  tell();
  return opened;
}

/** @param {Draft} changed */
export async function save(changed) {
  changed.changed_at = clock.localTime();
  await writing(["drafts", "outbox"], async (tx) => {
    const stored = await tx.objectStore("drafts").get(changed.id);
    if (!stored) {
      const items = await tx.objectStore("outbox").index("person").getAll(changed.person);
      if (items.some(({ id }) => id === changed.id)) throw new Trouble("refused", t("Kunjungan ini sudah diserahkan di jendela lain. Buka lagi dari daftar untuk mengubahnya."));
    }
    // the sender may have learned meanwhile which revision this one goes on from
    await tx.objectStore("drafts").put({ ...changed, base_rev: Math.max(changed.base_rev, stored ? stored.base_rev : 0) });
  });
  tell({ draft: changed.id });
}

/** @param {string} id */
export async function discard(id) {
  await remove("drafts", id);
  tell();
}

/** @param {Draft} finished @returns {Promise<Item>} */
export async function handIn(finished) {
  const item = await outbox.handIn(finished);
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

export const unsentCount = async () => (await items()).filter(outbox.isUnsent).length;

export async function sendNow() {
  await (await sender()).wake(true);
}

/** @param {string} key */
export async function retry(key) {
  await outbox.change([key], (item) => {
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

/** @type {ServiceWorkerRegistration | null} */
let registration = null;

async function watchVersion() {
  if (!navigator.serviceWorker) return;
  try {
    registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/", updateViaCache: "none" });
  } catch (_offline) {
    // without a network the worker that is there goes on
    registration = (await navigator.serviceWorker.getRegistration("/app/")) || null;
  }
  if (registration) registration.addEventListener("updatefound", () => {
    const coming = registration && registration.installing;
    if (coming) coming.addEventListener("statechange", () => tell());
  });
}

export const newVersion = () => !!(registration && registration.waiting && navigator.serviceWorker.controller);

export async function update() {
  const waiting = registration && registration.waiting;
  if (!waiting) return;
  // the lock stays ours until the page is new: nothing starts to send in between
  const done = await (await sender()).alone(async () => {
    const changed = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    waiting.postMessage("SKIP_WAITING");
    await changed;
    location.reload();
    return true;
  }, false);
  if (!done) throw new Trouble("busy");
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
