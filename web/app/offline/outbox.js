// @ts-check
// What was handed in: frozen, it waits to be sent; what was refused stays as it is.

import { allOf, writing } from "./store.js";

/** @typedef {import("../types").Draft} Draft */
/** @typedef {import("../types").Item} Item */

/** Whether an item waits for a network and nothing else. @param {Item} item */
export const isWaiting = ({ state }) => ["waiting", "sending", "photos"].includes(state);

/** Whether an item still has something to tell the server. @param {Item} item */
export const isUnsent = (item) => isWaiting(item) || item.state === "conflict" || item.state === "rejected";

/** @param {Item} a @param {Item} b */
export const bySeq = (a, b) => a.seq - b.seq;

export const BASE = Symbol("base");

/**
 * A draft that remembers what its holder saw, also in copies of it: so what somebody else wrote since can be told from
 * what the holder changed. Neither JSON nor the store sees it.
 * @template {Draft | null} D
 * @param {D} draft @returns {D}
 */
export function seen(draft) {
  if (draft) Object.assign(draft, { [BASE]: { text: JSON.stringify(draft) } });
  return draft;
}

/** The pieces of evidence that have a file. @param {Record<string, import("../types").Finding>} findings */
export const filesOf = (findings) => Object.values(findings).flatMap(({ evidence }) => (evidence || []).filter((piece) => piece.sha256));

/** @param {string} username @returns {Promise<Item[]>} in the order they were handed in */
export const itemsOf = async (username) => (await allOf("outbox", username)).sort(bySeq);

/**
 * Changes items as they are now, in one transaction; an item that is gone stays gone.
 * @param {string[]} keys @param {(item: Item, tx: import("./store.js").Transaction) => void | Promise<void>} act
 * @returns {Promise<Item[]>}
 */
export function change(keys, act) {
  return writing(["outbox", "drafts"], async (tx) => {
    const outbox = tx.objectStore("outbox");
    const changed = [];
    for (const key of keys) {
      const item = await outbox.get(key);
      if (!item) continue;
      await act(item, tx);
      await outbox.put(item);
      changed.push(item);
    }
    return changed;
  });
}
