// @ts-check
// Visits while they are made: begun, written by several tabs and pictures at once, frozen in the end.

import { localTime, mark } from "./clock.js";
import { nextSeq } from "./device.js";
import { sha256 } from "./hash.js";
import { BASE, bySeq, filesOf, isUnsent, seen } from "./outbox.js";
import { get, writing } from "./store.js";
import { tell } from "./tabs.js";
import { Trouble } from "./trouble.js";
import { t } from "../shared/texts.js";
import { uuid7 } from "../shared/uuid7.js";

/** @typedef {import("../types").Draft} Draft */
/** @typedef {import("../types").Finding} Finding */
/** @typedef {import("../types").Piece} Piece */
/** @typedef {import("../types").Item} Item */

/** @typedef {import("./store.js").Transaction} Transaction */

const OPEN = ["draft", "submitted", "returned"];

// ── to begin, or to go on ──

/**
 * A visit of this place: the one that is open, or a new one. One that was verified is not opened again, and another is
 * begun only where that is what is wanted.
 * @param {string} username @param {import("../types").Assignment} assignment @param {string | null} service @param {boolean} isAgain
 * @returns {Promise<Draft>}
 */
export async function begin(username, { evaluation, unit, form, team }, service, isAgain) {
  const isHere = (/** @type {any} */ visit) => visit.evaluation === evaluation && visit.unit === unit && visit.form === form && visit.service === service;
  const clock = mark();
  let isNew = true;
  const draft = await writing(["drafts", "outbox", "known", "meta"], async (tx) => {
    const [drafts, outbox, known, meta] = ["drafts", "outbox", "known", "meta"].map((name) => tx.objectStore(name));
    const begun = (await drafts.index("person").getAll(username)).find(isHere);
    isNew = !begun;
    if (begun) return begun;
    const { at = "" } = (await meta.get(`pull:${username}`)) || {};
    // what arrived after the server was last heard is not among what it told
    const handedIn = (await outbox.index("person").getAll(username)).sort(bySeq).filter((item) => isHere(item) && (isUnsent(item) || (item.sent_at || "") > at));
    const told = (await known.getAll(IDBKeyRange.bound([username, "inspections"], [username, "inspections", []])))
      .filter(({ body, gone }) => !gone && isHere(body))
      .map(({ body }) => body);
    const open = handedIn.pop() || told.find(({ state }) => OPEN.includes(state));
    if (open) return reopened(tx, username, open.id, clock);
    if (!isAgain && told.some(({ state }) => state !== "withdrawn")) {
      throw new Trouble("verified", t("Kunjungan Anda di sini sudah diverifikasi dan tidak berubah lagi. Mulai yang baru hanya bila Anda memang datang lagi."));
    }
    const round = await known.get([username, "evaluations", String(evaluation)]);
    if (!round) throw new Trouble("refused", t("Koordinator mengubahnya. Kunjungan lain ada di beranda."));
    /** @type {Draft} */
    const made = {
      id: uuid7(),
      person: username,
      evaluation,
      unit,
      service,
      form,
      team,
      instrument: round.body.instrument,
      base_rev: 0,
      started_at: localTime(),
      clock,
      changed_at: localTime(),
      here: "",
      findings: {},
      note: "",
    };
    await drafts.put(made);
    return made;
  });
  if (isNew) tell();
  return seen(draft);
}

/**
 * A visit as a draft again: what is newest of it, on this phone or at the server.
 * @param {string} username @param {string} visit @returns {Promise<Draft>}
 */
export async function reopen(username, visit) {
  const clock = mark();
  const draft = await writing(["drafts", "outbox", "known"], (tx) => reopened(tx, username, visit, clock));
  tell();
  return seen(draft);
}

/** @param {Transaction} tx @param {string} username @param {string} visit @param {import("../types").ClockMark | null} clock @returns {Promise<Draft>} */
async function reopened(tx, username, visit, clock) {
  const [drafts, outbox, known] = ["drafts", "outbox", "known"].map((name) => tx.objectStore(name));
  const there = await drafts.get(visit);
  if (there && there.person === username) return there;
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
    note: isOurs ? source.note : source.visit_note || "",
  };
  if (told && told.state === "returned") draft.returned = { note: told.note, reasons: told.reasons };
  // nothing of it was ever sent, so there is nothing to go on from
  if (item && item.state === "waiting" && item.tries === 0) await outbox.delete(item.key);
  await drafts.put(draft);
  return draft;
}

// ── to write ──

/** Writes what its holder changed. @param {Draft} mine @returns {Promise<Draft>} as it is now */
export async function save(mine) {
  mine.changed_at = localTime();
  const text = JSON.stringify(mine);
  const base = baseOf(mine);
  const draft = await writing(["drafts", "outbox"], async (tx) => {
    const drafts = tx.objectStore("drafts");
    const stored = await drafts.get(mine.id);
    if (!stored && (base || (await tx.objectStore("outbox").index("person").getAll(mine.person)).some(({ id }) => id === mine.id))) throw gone();
    const all = stored ? merged(mine, stored) : mine;
    await drafts.put(all);
    return all;
  });
  if (base) base.text = text;
  tell({ kind: "draft" });
  return seen({ ...draft });
}

/**
 * Adds a piece of evidence, or puts it in the place of another one; whoever holds the draft finds it there.
 * @param {string} id @param {string} key @param {Piece} piece @param {string} [instead] @returns {Promise<Draft>}
 */
export async function addPiece(id, key, piece, instead = "") {
  const when = { observed_at: localTime(), clock: mark() };
  const draft = await writing(["drafts"], async (tx) => {
    const stored = await tx.objectStore("drafts").get(id);
    if (!stored) throw gone();
    const finding = { ...when, note: "", evidence: [], ...stored.findings[key] };
    const old = finding.evidence.find((/** @type {Piece} */ one) => one.id === instead);
    const evidence = old
      ? finding.evidence.map((/** @type {Piece} */ one) => (one === old ? { ...piece, kind: old.kind, caption: old.caption } : one))
      : [...finding.evidence, piece];
    stored.findings[key] = { ...finding, evidence };
    stored.changed_at = localTime();
    await tx.objectStore("drafts").put(stored);
    return stored;
  });
  tell({ kind: "draft" });
  return seen(draft);
}

/** @param {Draft} draft @returns {{text: string} | undefined} */
const baseOf = (draft) => /** @type {any} */ (draft)[BASE];

const gone = () => new Trouble("handed_in", t("Kunjungan ini sudah diserahkan di jendela lain. Buka lagi dari daftar untuk mengubahnya."));

/** @param {any} one @param {any} other */
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * What a holder changed, over what is stored; who never saw a stored one replaces it.
 * @param {Draft} mine @param {Draft} stored @returns {Draft}
 */
function merged(mine, stored) {
  const known = baseOf(mine);
  // the sender may have learned meanwhile which revision this one goes on from, and the pull why it came back
  const all = { ...stored, ...mine, base_rev: Math.max(mine.base_rev, stored.base_rev), returned: stored.returned };
  if (!stored.returned) delete all.returned;
  if (!known) return all;
  const base = JSON.parse(known.text);
  if (mine.note === base.note) all.note = stored.note;
  all.findings = {};
  for (const key of Object.keys({ ...stored.findings, ...mine.findings })) {
    const found = mergedFinding(mine.findings[key], base.findings[key], stored.findings[key]);
    if (found) all.findings[key] = found;
  }
  return all;
}

/** Judged, told in words, proven: each by whoever did it last. @param {Finding | undefined} mine @param {Finding | undefined} base @param {Finding | undefined} stored */
function mergedFinding(mine, base, stored) {
  if (isSame(mine, base)) return stored;
  if (!mine || !stored || isSame(stored, base)) return mine;
  const was = base || { note: "", evidence: [] };
  const judged = (/** @type {any} */ { note, evidence, ...facts }) => facts;
  const isIn = (/** @type {Piece[]} */ pieces, /** @type {Piece} */ { id }) => pieces.some((one) => one.id === id);
  return {
    ...judged(isSame(judged(mine), judged(was)) ? stored : mine),
    note: mine.note === was.note ? stored.note : mine.note,
    evidence: [
      ...mine.evidence.filter((one) => !isIn(was.evidence, one) || isIn(stored.evidence, one)),
      ...stored.evidence.filter((one) => !isIn(was.evidence, one) && !isIn(mine.evidence, one)),
    ],
  };
}

// ── to hand in ──

/** Freezes a draft with what anybody wrote into it: from here on its text never changes. @param {Draft} mine @returns {Promise<Item>} */
export async function handIn(mine) {
  for (;;) {
    const before = await get("drafts", mine.id);
    const item = await handedIn(before ? merged(mine, before) : mine, before);
    if (item) return item;
  }
}

/** Gives nothing where somebody wrote into it since `before`. @param {Draft} draft @param {Draft | undefined} before @returns {Promise<Item | null>} */
async function handedIn(draft, before) {
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
    const former = (await outbox.index("person").getAll(person)).filter(({ id }) => id === draft.id).sort(bySeq).pop();
    if (!stored && former) return former;
    if (stored && !isSame(stored, before)) return null;
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
      service,
      form,
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
