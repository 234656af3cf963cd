/** What the inspector's app remembers and passes around. Types only: nothing here reaches a phone. */

/** Who is signed in on this phone. */
export interface Person {
  username: string;
  name: string;
  role: "inspector" | "officer" | "administrator" | "coordinator";
}

// ── what the server lets a person know (GET /api/sync/pull) ──

export interface Unit {
  id: string; // slug
  name: string;
  address: string;
  zone: "Asia/Jakarta" | "Asia/Makassar" | "Asia/Jayapura";
  latitude: number | null;
  longitude: number | null;
  services: { slug: string; name: string }[];
  counters: { code: string; name: string }[]; // counters of this unit, wherever they stand
}

export interface Evaluation {
  id: string; // of the number, as text
  number: number;
  title: string;
  instrument: string; // id of an instrument
  first_day: string;
  last_day: string;
  convention: string;
}

export interface InstrumentRecord {
  id: string; // SHA-256 of its content
  body: Instrument; // as GET /api/instruments/… gives it: see server/inspections/instrument.py
}

export interface Instrument {
  code: string;
  version: string;
  title: string;
  scale: { lowest: string; highest: string; step?: string };
  maximum: string;
  aggregation: "weighted" | "mean" | "points";
  parts: Part[];
  per?: "unit" | "product";
  not_applicable?: "refused" | "leaves";
  [more: string]: unknown;
}

export interface Part {
  code: string;
  name: string;
  weight?: string;
  indicators: Indicator[];
}

export interface Indicator {
  key: string;
  name: string;
  code?: string;
  weight?: string;
  scoring: { type: "ladder" | "level" | "count" | "percent" | "months" | "presence" | "points"; [more: string]: any };
  is_on_site?: boolean;
  is_optional?: boolean;
  evidence_kinds?: EvidenceKind[];
  evidence?: string[];
  evidence_rule?: { kinds: EvidenceKind[]; above?: string; least?: number };
  hints?: string[];
}

export type EvidenceKind = "photo" | "video" | "screenshot" | "document" | "observation" | "interview";

export interface Assignment {
  id: string;
  evaluation: number;
  unit: string; // slug
  service: string | null; // null: the unit, or any of its services where the instrument looks at products
  form: "F-01" | "F-02";
  team: string;
  due_day: string | null;
}

/** A visit of one's own as the server has it. */
export interface Inspection {
  id: string;
  evaluation: number;
  unit: string;
  service: string | null;
  form: "F-01" | "F-02";
  state: "draft" | "submitted" | "returned" | "verified" | "final" | "withdrawn";
  revision: number;
  body_sha256: string | null;
  held: string[]; // hashes of its photos, those of former revisions too, that this person brought and the server has
  awaited: string[]; // hashes it still waits for
  unusable?: Record<string, string>; // hashes of photos that came and cannot be used, whoever sent them: why
  note: string; // of the return
  visit_note?: string; // of the visit itself, as it was last handed in; while it can be changed
  reasons: Record<string, string>; // of the return, by indicator
  findings?: Record<string, SentFinding>; // while it can be changed: to go on from another phone
  made_at: string;
  submitted_at: string | null;
}

// ── what is made on the phone ──

export interface ClockMark {
  contact: string;
  elapsed_ms: number;
  steady: boolean;
}

export interface Place {
  latitude: number;
  longitude: number;
  accuracy_m: number;
}

/** A piece of evidence of a finding. */
export interface Piece {
  id: string; // UUIDv7
  kind: EvidenceKind;
  sha256?: string; // of a file; its bytes are in the store `photos`
  bytes?: number;
  caption: string;
  captured_at: string | null; // ISO with offset, this phone's clock; null: nobody said
  clock: ClockMark | null;
  latitude?: number;
  longitude?: number;
  accuracy_m?: number;
  source: "camera" | "file";
}

export interface Finding {
  observed_at: string;
  clock: ClockMark | null;
  value?: number | string; // a level; 0 or 1 for presence; a decimal as text
  items?: string[]; // of a count rule: the keys that are there
  done?: number;
  planned?: number;
  months?: number;
  not_applicable?: boolean;
  note: string;
  latitude?: number;
  longitude?: number;
  accuracy_m?: number;
  evidence: Piece[];
}

export type SentFinding = Finding;

/** A visit while it is made, written to IndexedDB on every change. */
export interface Draft {
  id: string; // of the visit, UUIDv7
  person: string;
  evaluation: number;
  unit: string;
  service: string | null;
  form: "F-01" | "F-02";
  team: string;
  instrument: string; // stays what it was when the draft began
  base_rev: number; // the revision it goes on from; 0: none
  started_at: string;
  clock: ClockMark | null;
  changed_at: string;
  here: string; // the indicator one was at, to reopen there
  findings: Record<string, Finding>;
  note: string;
  returned?: { note: string; reasons: Record<string, string> };
}

/** What goes over the network as the `body` of an item of kind "inspection". */
export interface InspectionBody {
  person: string;
  evaluation: number;
  unit: string;
  service: string | null;
  form: "F-01" | "F-02";
  instrument: string;
  started_at: string;
  finished_at: string;
  clock: ClockMark | null; // of finished_at
  note: string;
  findings: Record<string, SentFinding>;
}

export type ItemState =
  | "waiting" // not tried yet, or to be tried again
  | "sending"
  | "photos" // the record is on the server, some of its photos are not
  | "sent" // record and all photos are on the server
  | "conflict" // kept there beside another; a coordinator chooses
  | "rejected" // the server said no; `reason` says why; nothing is lost
  | "closed" // a coordinator has set it aside; `reason` says why; not unsent
  | "replaced"; // the server has a later revision of the visit; not unsent

/** A frozen revision of a visit: its text never changes again. */
export interface Item {
  key: string; // `${id}.${body_sha256}`
  id: string; // of the visit
  person: string;
  seq: number;
  kind: "inspection";
  base_rev: number;
  body: string; // frozen JSON text
  body_sha256: string;
  evaluation: number;
  unit: string; // slug, for people
  service: string | null;
  form: "F-01" | "F-02";
  instrument: string; // kept on the phone while this waits
  handed_in_at: string;
  size: number; // bytes of body and photos
  photos: string[]; // hashes
  held: string[]; // of these, what the server has confirmed
  refused?: Record<string, string>; // of these, what the server said no to, and why; only `retry` sends them again
  state: ItemState;
  tries: number;
  reason: string; // Indonesian, from the server or of our own
  code: string;
  revision?: number; // as the server stored it
  listed?: boolean; // the server has told us of the visit since; false: it did not, so its receipt is asked for once more
  sent_at?: string;
  judged_at?: string; // when the server last refused it
}

/** The bytes of a photo; freed only after the server lists its hash as held and 30 days passed, or room is needed. */
export interface Photo {
  sha256: string;
  bytes: ArrayBuffer;
  type: string;
  width: number;
  height: number;
  made_at: string;
  person: string;
}

// ── offline/work.js: what pages call ──
// every function returns a Promise that resolves after the transaction is complete, or rejects with a Trouble

/** What went wrong in words for people: `code` is full, closed, private, offline, signed_out, handed_in, verified, refused, later or broken. */
export interface Trouble extends Error {
  code: string;
  detail: string;
}

export interface Work {
  // the house
  start(): Promise<void>; // opens the store: what the first screen needs
  carryOn(pages?: Promise<unknown>): Promise<void>; // once the first screen stands: the sender, and after the pages the worker
  subscribe(listener: (kind: string) => void): () => void; // after anything changed, in this tab or another; "progress": only what progress() tells, "draft": only a draft
  // sign-in
  person(): Promise<Person | null>; // who works here, also while offline or with an expired session
  needsSignIn(): boolean; // the server said 401: ask once
  signIn(username: string, password: string): Promise<Person>;
  signOut(): Promise<void>; // keeps everything that is not sent
  others(): Promise<{ username: string; name: string; unsent: number }[]>; // other people's waiting work on this phone
  // what is known
  assignments(): Promise<{ assignment: Assignment; unit: Unit; evaluation: Evaluation; instrument: InstrumentRecord; inspections: Inspection[]; drafts: Draft[]; items: Item[] }[]>; // every visit of it, newest first; items that are not sent
  unit(slug: string): Promise<Unit | null>;
  instrument(id: string): Promise<InstrumentRecord | null>;
  refresh(): Promise<void>; // pull now
  pulledAt(): Promise<string | null>; // when the server was last heard
  // drafts
  drafts(): Promise<Draft[]>;
  draft(id: string): Promise<Draft | null>;
  begin(assignment: Assignment, service: string | null, isAgain?: boolean): Promise<Draft>; // or what is open there already; after one that was verified only `isAgain`
  reopen(visit: string): Promise<Draft>; // a returned, refused or not yet sent visit, as a new revision
  save(draft: Draft): Promise<Draft>; // what was changed since it was read, over what is stored
  addPiece(draft: string, key: string, piece: Piece, instead?: string): Promise<Draft>; // into the stored draft, whoever else writes it
  discard(id: string): Promise<void>; // a draft that was never handed in; pages ask first
  handIn(draft: Draft): Promise<Item>; // freezes it and queues it
  // photos
  takePhoto(file: File, source: "camera" | "file"): Promise<{ piece: Piece; warnings: ("dark" | "blurred" | "small")[] }>; // downscaled, hashed, stored, read back
  photoUrl(sha256: string): Promise<string | null>; // object URL; the caller revokes it
  // the tray
  items(): Promise<Item[]>; // own, newest first; unsent ones first
  unsentCount(): Promise<number>;
  progress(): { item: string; sent: number; total: number; photo: number; photos: number } | null; // of what is being sent now
  sendNow(): Promise<void>;
  retry(key: string): Promise<void>;
  exportQueue(): Promise<{ name: string; blob: Blob }>; // a zip: see server/sync/queue_file.py
  // the phone
  storage(): Promise<{ persisted: boolean; usage: number; quota: number; installed: boolean }>;
  isUnsent(item: Item): boolean;
  isWaiting(item: Item): boolean; // for a network, not for a person
  newVersion(): boolean; // a new app waits
  overtaken(): { detail?: string } | null; // another tab took the new app, and this one could not write what is on its screen: why
  beforeReload(act: () => unknown): () => void; // writes what is on the screen before a new version takes over
  update(): Promise<void>; // only after a tap; refuses while something is being sent or cannot be written
  place(): Promise<Place | null>; // where we are, within 8 s; null: unknown or not allowed
}
