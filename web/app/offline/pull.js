// @ts-check
// What the server lets a person know, kept for days without it.

import { ask } from "./ask.js";
import { heard, localTime } from "./clock.js";
import { itemsOf } from "./outbox.js";
import { get, writing } from "./store.js";
import { Trouble } from "./trouble.js";

/** @typedef {import("../types").Item} Item */
/** @typedef {import("../types").Inspection} Inspection */

const KINDS = ["units", "evaluations", "instruments", "assignments", "inspections"];

/** Where a person's pulling stands: {cursor, at, resetting}. @param {string} username @returns {Promise<any>} */
export const pulled = async (username) => (await get("meta", `pull:${username}`)) || { cursor: "", at: null };

/** @param {string} username */
export async function pull(username) {
  for (let more = true; more; ) {
    const [stand, asked] = [await pulled(username), await itemsOf(username)];
    const { status, data, headers } = await ask(`/api/sync/pull?cursor=${encodeURIComponent(stand.cursor)}`, { as: username });
    const at = new Date().toISOString();
    if (status === 304) {
      await onlyFrom(stand, username, ["meta", "known", "outbox"], async (tx) => {
        await compareAll(tx, username, asked, false, true);
        return { ...stand, at };
      });
      const contact = headers.get("Loket-Contact");
      return contact ? heard(contact) : undefined;
    }
    if (status !== 200) throw new Trouble("refused", data && data.detail);
    if (!data.cursor || !data.person || !KINDS.every((kind) => Array.isArray(data[kind]))) throw new Trouble("portal");
    if (data.person.username !== username) throw new Trouble("signed_out");
    const isReset = data.reset || !!stand.resetting;
    const isTaken = await onlyFrom(stand, username, ["meta", "known", "drafts", "outbox"], async (tx) => {
      await apply(tx, username, data, asked, isReset);
      return { cursor: data.cursor, at, resetting: isReset && data.more };
    });
    await heard(data.contact);
    more = data.more || !isTaken;
  }
}

/**
 * Moves on from where the question was asked, whole or not at all; false where another tab has moved on meanwhile, and
 * knows better than an answer that was slow.
 * @param {any} stand @param {string} username @param {string[]} names
 * @param {(tx: import("./store.js").Transaction) => Promise<any>} act gives where one stands then
 */
function onlyFrom(stand, username, names, act) {
  return writing(names, async (tx) => {
    const meta = tx.objectStore("meta");
    const now = await meta.get(`pull:${username}`);
    if ((now ? now.cursor : "") !== stand.cursor) return false;
    await meta.put(await act(tx), `pull:${username}`);
    return true;
  });
}

/**
 * One page of news.
 * @param {import("./store.js").Transaction} tx @param {string} username @param {any} data @param {Item[]} asked @param {boolean} isReset
 */
async function apply(tx, username, data, asked, isReset) {
  const [known, drafts, outbox] = ["known", "drafts", "outbox"].map((name) => tx.objectStore(name));
  const mine = IDBKeyRange.bound([username], [username, []]);
  /** @type {Item[]} */
  const items = await outbox.index("person").getAll(username);
  const written = await drafts.index("person").getAll(username);
  const used = inUse([...written, ...items]);
  if (data.reset) for (const key of await known.getAllKeys(mine)) await forget(known, key, used);
  for (const { kind, id } of data.deleted || []) await forget(known, [username, kind, id], used);
  for (const kind of KINDS) for (const body of data[kind]) await known.put({ person: username, kind, id: body.id, body });
  for (const record of await known.getAll(mine)) if (record.gone) await forget(known, [username, record.kind, record.id], used);
  await compareAll(tx, username, asked, isReset, !data.more);
  for (const draft of written) {
    const back = data.inspections.find((/** @type {Inspection} */ one) => one.id === draft.id && one.state === "returned");
    if (back) await drafts.put({ ...draft, returned: { note: back.note, reasons: back.reasons }, changed_at: localTime() });
  }
}

/**
 * Holds every item against what the server lets us know of its visit; one that moved since the question was `asked` knows better.
 * @param {import("./store.js").Transaction} tx @param {string} username @param {Item[]} asked @param {boolean} isReset @param {boolean} isLast
 */
async function compareAll(tx, username, asked, isReset, isLast) {
  const outbox = tx.objectStore("outbox");
  const listed = await tx.objectStore("known").getAll(IDBKeyRange.bound([username, "inspections"], [username, "inspections", []]));
  const stood = new Map(asked.map((item) => [item.key, standing(item)]));
  for (const item of await outbox.index("person").getAll(username)) {
    const told = listed.find(({ id, gone }) => id === item.id && !gone);
    const isLost = isLast && !told && (isReset || !item.listed);
    if (stood.get(item.key) === standing(item) && compare(item, told && told.body, isLost)) await outbox.put(item);
  }
}

/** @param {Item} item */
const standing = ({ state, revision, held }) => `${state} ${revision} ${held}`;

/** What drafts and items cannot do without, sent ones too: they may come back. @param {any[]} things */
function inUse(things) {
  return new Set(things.flatMap((one) => [`instruments ${one.instrument}`, `units ${one.unit}`, `evaluations ${one.evaluation}`]));
}

/** @param {any} known @param {any[]} key @param {Set<string>} used */
async function forget(known, key, used) {
  if (!used.has(`${key[1]} ${key[2]}`)) return known.delete(key);
  const record = await known.get(key);
  if (record && !record.gone) await known.put({ ...record, gone: true });
}

/**
 * Believes the server about a visit that was sent; gives whether the item changed.
 * A server that was restored from a backup has lost it: then it waits again. So does what a coordinator has taken up
 * after it was refused, because only its receipt says which photos are still to come.
 * @param {Item} item @param {Inspection | undefined} told @param {boolean} isLost whether it should have been told of
 */
function compare(item, told, isLost) {
  const isTaken = item.state === "sent" || item.state === "photos";
  const isTakenUp = told && told.body_sha256 === item.body_sha256 && ["conflict", "rejected", "closed"].includes(item.state);
  if (isTakenUp || (isTaken && (told ? told.revision < (item.revision || 0) : isLost))) {
    Object.assign(item, { state: "waiting", held: [], revision: undefined, reason: "", code: "", listed: false });
    return true;
  }
  if (!isTaken || !told) return false;
  const wasListed = item.listed;
  item.listed = true;
  if (told.revision !== item.revision) return !wasListed;
  const held = item.photos.filter((sha256) => told.held.includes(sha256));
  const changed = !wasListed || String(held) !== String(item.held);
  item.held = held;
  if (item.state === "sent" && held.length < item.photos.length) item.state = "photos";
  return changed;
}
