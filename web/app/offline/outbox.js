// @ts-check
// From a draft to something frozen that waits to be sent; what was refused stays as it is.

import { nextSeq } from "./device.js";
import { localTime, mark } from "./clock.js";
import { sha256 } from "./hash.js";
import { allOf, writing } from "./store.js";
import { Trouble } from "./trouble.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../types").Draft} Draft */
/** @typedef {import("../types").Item} Item */

/** Whether an item still has something to tell the server. @param {Item} item */
export const isUnsent = ({ state }) => state !== "sent" && state !== "replaced";

/** @param {Item} a @param {Item} b */
const bySeq = (a, b) => a.seq - b.seq;

/** The pieces of evidence that have a file. @param {Record<string, import("../types").Finding>} findings */
export const filesOf = (findings) => Object.values(findings).flatMap(({ evidence }) => (evidence || []).filter((piece) => piece.sha256));

/** Freezes a draft: from here on its text never changes. @param {Draft} draft @returns {Promise<Item>} */
export async function handIn(draft) {
  const { person, evaluation, unit, service, form, instrument, started_at, note, findings } = draft;
  const finished_at = localTime();
  const body = JSON.stringify({ person, evaluation, unit, service, form, instrument, started_at, finished_at, clock: mark(), note, findings });
  const bytes = new TextEncoder().encode(body);
  const body_sha256 = await sha256(bytes);
  const files = filesOf(findings);
  return writing(["drafts", "outbox", "meta"], async (tx) => {
    const [drafts, outbox] = [tx.objectStore("drafts"), tx.objectStore("outbox")];
    const stored = await drafts.get(draft.id);
    // a second tap, or another tab: it is handed in once
    const before = (await outbox.index("person").getAll(person)).filter(({ id }) => id === draft.id).sort(bySeq).pop();
    if (!stored && before) return before;
    /** @type {Item} */
    const item = {
      key: `${draft.id}.${body_sha256}`,
      id: draft.id,
      person,
      seq: await nextSeq(tx),
      kind: "inspection",
      base_rev: Math.max(draft.base_rev, stored ? stored.base_rev : 0),
      body,
      body_sha256,
      evaluation,
      unit,
      instrument,
      handed_in_at: finished_at,
      size: bytes.length + files.reduce((sum, piece) => sum + (piece.bytes || 0), 0),
      photos: [...new Set(files.map((piece) => piece.sha256 || ""))],
      held: [],
      state: "waiting",
      tries: 0,
      reason: "",
      code: "",
    };
    await Promise.all([outbox.put(item), drafts.delete(draft.id)]);
    return item;
  });
}

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

/**
 * A visit as a draft again: what is newest of it, on this phone or at the server.
 * @param {string} username @param {string} visit @returns {Promise<Draft>}
 */
export function reopen(username, visit) {
  const clock = mark();
  return writing(["drafts", "outbox", "known"], async (tx) => {
    const [drafts, outbox, known] = ["drafts", "outbox", "known"].map((name) => tx.objectStore(name));
    const there = await drafts.get(visit);
    if (there) return there;
    const items = (await outbox.index("person").getAll(username)).filter(({ id }) => id === visit);
    /** @type {Item | undefined} */
    const item = items.sort(bySeq).pop();
    const record = await known.get([username, "inspections", visit]);
    /** @type {import("../types").Inspection | null} */
    const told = record ? record.body : null;
    const revision = Math.max(told ? told.revision : 0, (item && item.revision) || 0);
    const isTaken = item && (!isUnsent(item) || item.state === "photos" || (told && told.body_sha256 === item.body_sha256));
    const isOurs = item && (isUnsent(item) || item.revision === revision || !told || !told.findings);
    const source = isOurs && item ? JSON.parse(item.body) : told;
    if (!source || !source.findings || (told && ["verified", "final", "withdrawn"].includes(told.state))) {
      throw new Trouble("refused", t("Kunjungan ini tidak dapat dibuka lagi di ponsel ini."));
    }
    const evaluation = await known.get([username, "evaluations", String(source.evaluation)]);
    const team = (await known.getAll(IDBKeyRange.bound([username, "assignments"], [username, "assignments", []])))
      .map(({ body }) => body)
      .find((one) => one.evaluation === source.evaluation && one.unit === source.unit);
    /** @type {Draft} */
    const draft = {
      id: visit,
      person: username,
      evaluation: source.evaluation,
      unit: source.unit,
      service: source.service,
      form: source.form,
      team: team ? team.team : "",
      instrument: source.instrument || (evaluation && evaluation.body.instrument),
      // what was refused or never judged goes on from where it began
      base_rev: item && !isTaken ? item.base_rev : revision,
      started_at: source.started_at || source.made_at,
      clock,
      changed_at: localTime(),
      here: "",
      findings: source.findings,
      note: isOurs ? source.note : "",
    };
    if (told && told.state === "returned") draft.returned = { note: told.note, reasons: told.reasons };
    // nothing of it was ever sent, so there is nothing to go on from
    if (item && item.state === "waiting" && item.tries === 0) await outbox.delete(item.key);
    await drafts.put(draft);
    return draft;
  });
}
