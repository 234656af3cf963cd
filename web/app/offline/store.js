// @ts-check
// The one way into IndexedDB: whole transactions, durable when they resolve, reopened once when the phone closed it.

import "../vendor/idb/umd.js";
import { Trouble } from "./trouble.js";

/** @typedef {import("../vendor").Transaction} Transaction */

/** @type {import("../vendor").Idb} */
const { openDB } = /** @type {any} */ (self).idb;

const NAME = "loket";

/** Numbered and additive: what an older app wrote is never dropped. @type {((db: any) => void)[]} */
const MIGRATIONS = [
  (db) => {
    db.createObjectStore("meta");
    db.createObjectStore("known", { keyPath: ["person", "kind", "id"] });
    for (const [name, key] of [["drafts", "id"], ["outbox", "key"], ["photos", "sha256"]]) {
      db.createObjectStore(name, { keyPath: key }).createIndex("person", "person");
    }
  },
];

/** @type {Promise<any> | null} */
let opening = null;

function opened() {
  if (!opening) {
    const forget = () => (opening = null);
    opening = openDB(NAME, MIGRATIONS.length, {
      upgrade: (db, from) => MIGRATIONS.slice(from).forEach((migrate) => migrate(db)),
      blocking() {
        // a newer app in another tab wants to migrate: step aside
        if (opening) opening.then((db) => db.close());
        forget();
      },
      terminated: forget,
    });
    opening.catch(forget);
  }
  return opening;
}

/**
 * Runs `act` in one transaction and resolves with its result once that is complete. `act` may run twice.
 * @template T
 * @param {string[]} names
 * @param {"readonly" | "readwrite"} mode
 * @param {(tx: Transaction) => Promise<T>} act
 * @returns {Promise<T>}
 */
async function transact(names, mode, act) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(names, mode, act);
    } catch (error) {
      const { name } = /** @type {Error} */ (error);
      if (error instanceof Trouble || !(error instanceof DOMException)) throw error;
      if (name === "QuotaExceededError") throw new Trouble("full");
      if (name === "VersionError") throw new Trouble("closed");
      if (attempt === 2) throw new Trouble(opening ? "closed" : "private");
      // iOS closes the connection under memory pressure, and any of these may be how it shows
      const db = opening && (await opening.catch(() => null));
      if (db) db.close();
      opening = null;
    }
  }
}

/** @type {typeof transact} */
async function once(names, mode, act) {
  if (typeof indexedDB === "undefined") throw new Trouble("private");
  const db = await opened();
  const tx = db.transaction(names, mode, { durability: "strict" });
  tx.done.catch(() => {});
  try {
    const result = await act(tx);
    await tx.done;
    return result;
  } catch (error) {
    try {
      tx.abort();
    } catch (_over) {
      // it is over already
    }
    await tx.done.catch(() => {});
    throw tx.error || error;
  }
}

/**
 * @template T
 * @param {string[]} names
 * @param {(tx: Transaction) => Promise<T>} act
 */
export const reading = (names, act) => transact(names, "readonly", act);

/**
 * @template T
 * @param {string[]} names
 * @param {(tx: Transaction) => Promise<T>} act
 */
export const writing = (names, act) => transact(names, "readwrite", act);

/** @param {string} name @param {any} key @returns {Promise<any>} */
export const get = (name, key) => reading([name], (tx) => tx.objectStore(name).get(key));

/** All that belongs to a person. @param {string} name @param {string} person @returns {Promise<any[]>} */
export const allOf = (name, person) => reading([name], (tx) => tx.objectStore(name).index("person").getAll(person));

/** @param {string} name @param {any} value @param {any} [key] */
export const put = (name, value, key) =>
  writing([name], async (tx) => void (await (key === undefined ? tx.objectStore(name).put(value) : tx.objectStore(name).put(value, key))));

/** @param {string} name @param {any} key */
export const remove = (name, key) => writing([name], (tx) => tx.objectStore(name).delete(key));
