// @ts-check
// The one loop that sends, whichever tab it runs in: records first, then photos one by one, then the confirmation.

import { ask } from "./ask.js";
import { heard, localTime } from "./clock.js";
import { deviceId } from "./device.js";
import { alone } from "./lock.js";
import { change, filesOf, itemsOf } from "./outbox.js";
import { pull, pulled } from "./pull.js";
import * as session from "./session.js";
import { get } from "./store.js";
import { listen, tell } from "./tabs.js";
import { Trouble } from "./trouble.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../types").Item} Item */
/** @typedef {import("../types").Person} Person */
/** @typedef {{item: string, sent: number, total: number, photo: number, photos: number}} Progress */

const WIRE = 1;
const ITEMS_MOST = 100;
const PUSH_MOST = 900000;
const EVERY_MS = 60000;
const LONGEST_MS = 300000;
const PULL_EVERY_MS = 300000;
const ASK_AGAIN_MS = 6 * 3600 * 1000;

/** @type {Promise<unknown> | null} */
let running = null;
let isAskedAgain = false;
let failures = 0;
let notBefore = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Progress | null} */
let current = null;

export const progress = () => current;

export function start() {
  listen((message) => {
    if ("progress" in message) current = message.progress;
  });
  addEventListener("online", () => void wake(true));
  addEventListener("visibilitychange", () => document.hidden || void wake());
  if (navigator.serviceWorker) navigator.serviceWorker.addEventListener("message", ({ data }) => data === "wake" && void wake(true));
  void wake();
}

/**
 * Sends what waits, unless the last failure says to wait; asked for by a person, it does not wait.
 * @param {boolean} [isAsked]
 * @returns {Promise<unknown>}
 */
export function wake(isAsked = false) {
  if (isAsked) notBefore = failures = 0;
  if (running) isAskedAgain = true;
  else if (performance.now() < notBefore) rest();
  else {
    running = alone(run).finally(() => {
      running = null;
      rest();
    });
  }
  return running || Promise.resolve();
}

/** Until the next time; a timer may go off a little early, so what comes too soon rests again. */
function rest() {
  clearTimeout(timer);
  const wait = Math.max(notBefore - performance.now(), failures ? 0 : EVERY_MS);
  timer = setTimeout(() => document.hidden || void wake(), Math.ceil(wait) + 5);
}

/** Lets the browser wake us when there is a network, where it can. */
export async function wakeLater() {
  const registration = navigator.serviceWorker && (await navigator.serviceWorker.getRegistration("/app/"));
  const sync = registration && /** @type {any} */ (registration).sync;
  // an extra: some browsers have it and refuse it
  if (sync) await sync.register("loket-outbox").catch(() => {});
}

async function run() {
  do {
    isAskedAgain = false;
    const person = await session.person();
    try {
      await (person ? flush(person) : session.leave());
      failures = 0;
      notBefore = 0;
    } catch (error) {
      // somebody else takes over: what was on its way waits, and nothing of it failed
      if (/** @type {Trouble} */ (error).code === "halted") {
        if (person) await settle(person).catch(console.error);
        continue;
      }
      failures++;
      const trouble = error instanceof Trouble ? error : new Trouble("broken");
      if (!(error instanceof Trouble)) console.error(error);
      const wait = Math.max(Math.min(LONGEST_MS, 1000 * 2 ** failures) * (0.75 + Math.random() / 2), trouble.wait * 1000);
      notBefore = performance.now() + wait;
      if (person && trouble.code === "signed_out") await session.expire(true, person);
      if (person) await explain(person, trouble).catch(console.error);
    } finally {
      show(null);
    }
  } while (isAskedAgain && !failures);
}

/** @param {Person} person */
async function flush(person) {
  const { username } = person;
  await settle(person);
  if (session.needsSignIn()) return;
  const isPullDue = Math.abs(Date.now() - Date.parse((await pulled(username)).at || 0)) > PULL_EVERY_MS;
  const waiting = (await itemsOf(username)).filter((item) => isSendable(item) || isAskable(item));
  if (!waiting.length && !isPullDue) return;
  await session.confirm(person);
  const fault = await pushRecords(username);
  const trouble = await sendPhotos(username);
  await confirmPhotos(username);
  await pull(username);
  tell();
  if (fault || trouble) throw fault || trouble;
}

/** @param {Item} item */
const missing = (item) => item.photos.filter((sha256) => !item.held.includes(sha256));

/** Photos the server does not have and has not said no to. @param {Item} item */
const owed = (item) => missing(item).filter((sha256) => !(item.refused || {})[sha256]);

/** @param {Item} item */
const isUnjudged = ({ state }) => state === "waiting" || state === "sending";

/** @param {Item} item */
const isSendable = (item) => isUnjudged(item) || (item.state === "photos" && (owed(item).length > 0 || !missing(item).length));

/** What was refused, and has not been asked for some hours whether it still is: a coordinator may have settled it. @param {Item} item */
const isAskable = ({ state, judged_at }) => (state === "conflict" || state === "rejected") && Math.abs(Date.now() - Date.parse(judged_at || "")) > ASK_AGAIN_MS;

/** Whoever holds the lock finds nothing on its way: what says so was left by a tab that died. @param {Person} person */
async function settle({ username }) {
  const left = (await itemsOf(username)).filter(({ state }) => state === "sending");
  if (!left.length) return;
  await change(left.map(({ key }) => key), (item) => void (item.state = item.state === "sending" ? "waiting" : item.state));
  tell();
}

/** Why it still waits, at everything that waits. @param {Person} person @param {Trouble} trouble */
async function explain(person, trouble) {
  await settle(person);
  const waiting = (await itemsOf(person.username)).filter(isSendable);
  await change(waiting.map(({ key }) => key), (item) => {
    if (isSendable(item)) Object.assign(item, { reason: trouble.detail, code: trouble.code });
  });
  tell();
}

// ── records ──

/**
 * Every waiting record, in batches; what is refused or unclear does not hold up the others.
 * Gives what is wrong where nothing of it could be judged.
 * @param {string} username
 */
async function pushRecords(username) {
  const tried = new Set();
  const isStuck = failures > 2; // a request that keeps failing may have one record to blame
  let most = isStuck ? 1 : ITEMS_MOST;
  let judged = 0;
  let fault = null;
  for (let batch; (batch = together((await itemsOf(username)).filter((item) => isUnjudged(item) || isAskable(item)), tried, most)).length; ) {
    const answer = await push(username, batch).catch((error) => {
      // a server that asks for time has nothing against this record
      if (!isStuck || error.code !== "refused" || error.wait) throw error;
      return { status: 500, data: error, headers: new Headers() };
    });
    if (answer.status === 200) {
      await take(batch, answer.data.results);
      judged++;
    } else if (batch.length > 1) {
      if (answer.status >= 500) throw new Trouble("refused", detailOf(answer));
      most = Math.ceil(batch.length / 2);
      continue;
    } else {
      fault = new Trouble("refused", detailOf(answer));
      await change([batch[0].key], (item) => void Object.assign(item, { state: "waiting", reason: detailOf(answer), code: "refused" }));
    }
    batch.forEach(({ key }) => tried.add(key));
    tell();
  }
  return judged ? null : fault;
}

/** The next that were not tried and fit in one request; a visit's revisions go one after the other. @param {Item[]} items @param {Set<string>} tried @param {number} most */
function together(items, tried, most) {
  const batch = [];
  const visits = new Set();
  let size = 0;
  for (const item of items) {
    if (tried.has(item.key)) continue;
    const isBehind = visits.has(item.id);
    visits.add(item.id);
    const bytes = item.body.length * 1.2 + 400;
    if (isBehind || batch.length === most || (batch.length && size + bytes > PUSH_MOST)) continue;
    batch.push(item);
    size += bytes;
  }
  return batch;
}

/** @param {string} username @param {Item[]} batch */
async function push(username, batch) {
  const marked = await change(batch.map(({ key }) => key), (item) => {
    if (item.state === "waiting") item.state = "sending";
    item.tries++;
  });
  tell();
  const items = marked.map(({ id, seq, kind, base_rev, body_sha256, body }) => `${JSON.stringify({ id, seq, kind, base_rev, body_sha256 }).slice(0, -1)},"body":${body}}`);
  const envelope = JSON.stringify({ wire: WIRE, device_id: await deviceId(), client_now: localTime(), app_version: await version() });
  // the frozen texts go out letter for letter: their hash is over these bytes
  const packed = await pack(`${envelope.slice(0, -1)},"items":[${items.join(",")}]}`);
  const answer = await ask("/api/sync/push", { method: "POST", as: username, ...packed, seconds: 90 });
  if (answer.status === 200) {
    if (!Array.isArray(answer.data.results)) throw new Trouble("portal");
    if (answer.data.contact) await heard(answer.data.contact);
  }
  return answer;
}

/** @param {string} text @returns {Promise<{body: BodyInit, headers: Record<string, string>}>} */
async function pack(text) {
  const headers = { "Content-Type": "application/json" };
  if (typeof CompressionStream === "undefined") return { body: text, headers };
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return { body: await new Response(stream).arrayBuffer(), headers: { ...headers, "Content-Encoding": "gzip" } };
}

/** The app's version: of those kept on the phone the oldest, for a newer one waits. */
const version = async () => (typeof caches === "undefined" ? [] : await caches.keys()).filter((name) => name.startsWith("loket-app-")).map((name) => name.slice(10))[0] || "";

/** Believes of the answer only what names an item's id and the hash of its body. @param {Item[]} batch @param {any[]} results */
function take(batch, results) {
  return change(batch.map(({ key }) => key), async (item, tx) => {
    const told = results.find(({ id, body_sha256 }) => id === item.id && body_sha256 === item.body_sha256);
    const { status = "retry", detail = "", code = "" } = told || {};
    Object.assign(item, { reason: status === "duplicate" || status === "accepted" ? "" : detail || new Trouble("broken").detail, code });
    if (status === "accepted" || status === "duplicate") {
      item.revision = told.revision;
      if (item.listed === false) item.listed = status === "duplicate" || undefined;
      const { held, refused = {} } = item;
      // what was refused is not needed either, and is not there
      item.held = item.photos.filter((sha256) => Array.isArray(told.need_photos) && !told.need_photos.includes(sha256) && (held.includes(sha256) || !refused[sha256]));
      item.state = item.held.length === item.photos.length ? "sent" : "photos";
      item.sent_at = item.state === "sent" ? new Date().toISOString() : undefined;
      if (item.state === "photos" && item.refused) item.reason = Object.values(item.refused)[0];
      await follow(item, tx);
    } else if (status === "conflict" || status === "rejected") {
      item.state = code === "set_aside" ? "closed" : status;
      item.judged_at = new Date().toISOString();
    } else if (item.state === "sending") item.state = "waiting";
  });
}

/** What its author made of this revision since goes on from it; what it replaces has nothing left to tell. @param {Item} item @param {import("./store.js").Transaction} tx */
async function follow(item, tx) {
  const revision = item.revision || 0;
  const draft = await tx.objectStore("drafts").get(item.id);
  if (draft && draft.base_rev < revision) await tx.objectStore("drafts").put({ ...draft, base_rev: revision });
  const outbox = tx.objectStore("outbox");
  for (const other of await outbox.index("person").getAll(item.person)) {
    if (other.id !== item.id || other.key === item.key) continue;
    if (other.seq > item.seq && other.base_rev < revision) await outbox.put({ ...other, base_rev: revision });
    if (other.seq < item.seq && other.state !== "sent") await outbox.put({ ...other, state: "replaced", sent_at: new Date().toISOString() });
  }
}

// ── photos ──

/** Every photo the server still waits for, smallest first; gives way to a record that was handed in meanwhile. @param {string} username */
async function sendPhotos(username) {
  const items = (await itemsOf(username)).filter(({ state }) => state === "photos");
  const jobs = items.flatMap((item) => {
    const sizes = new Map(filesOf(JSON.parse(item.body).findings).map((piece) => [piece.sha256, piece.bytes || 0]));
    return owed(item).map((sha256) => ({ item, sha256, sizes, size: sizes.get(sha256) || 0 }));
  });
  const there = new Set();
  let trouble = null;
  for (const { item, sha256, sizes } of jobs.sort((a, b) => a.size - b.size)) {
    if (isAskedAgain) break;
    if (!there.has(sha256)) {
      let refusal = "";
      try {
        refusal = await sendPhoto(item, sha256, sizes);
      } catch (error) {
        if (/** @type {Trouble} */ (error).code !== "broken") throw error;
        // what the server stumbles over holds up no other photo
        trouble = error;
        continue;
      }
      if (refusal) {
        await change([item.key], (one) => void Object.assign(one, { refused: { ...one.refused, [sha256]: refusal }, reason: refusal, code: "refused_photo" }));
        continue;
      }
      there.add(sha256);
    }
    const [changed] = await change([item.key], (one) => void (one.held = [...new Set([...one.held, sha256])]));
    if (changed) Object.assign(item, changed);
    tell();
  }
  return trouble;
}

/** Gives the reason why it cannot be sent, or nothing. @param {Item} item @param {string} sha256 @param {Map<any, number>} sizes */
async function sendPhoto(item, sha256, sizes) {
  const photo = await get("photos", sha256);
  if (!photo) return t("Foto ini tidak ada lagi di ponsel ini. Ambil lagi fotonya, lalu serahkan kunjungan ini sekali lagi.");
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const before = item.held.reduce((sum, held) => sum + (sizes.get(held) || 0), 0);
  const { upload } = await import("./tus.js");
  try {
    await upload(photo, item.id, item.person, (offset) => show({ item: item.key, sent: before + offset, total, photo: item.held.length + 1, photos: item.photos.length }));
    return "";
  } catch (error) {
    if (error instanceof Trouble && error.code === "refused_photo") return error.detail;
    throw error;
  }
}

/** Only the server's own list of what it holds makes an item sent. @param {string} username */
async function confirmPhotos(username) {
  const tried = new Set();
  const isWhole = (/** @type {Item} */ item) => item.state === "photos" && !missing(item).length;
  for (let batch; (batch = together((await itemsOf(username)).filter(isWhole), tried, ITEMS_MOST)).length; ) {
    const answer = await push(username, batch);
    if (answer.status !== 200) throw new Trouble("broken", detailOf(answer));
    await take(batch, answer.data.results);
    batch.forEach(({ key }) => tried.add(key));
  }
}

/** @param {Progress | null} now */
function show(now) {
  if (current || now) tell({ kind: "progress", progress: now });
}

/** @param {import("./ask.js").Answer} answer */
const detailOf = ({ data }) => (data && data.detail) || new Trouble("broken").detail;
