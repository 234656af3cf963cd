// @ts-check
// From a camera's file to bytes that are small, upright, hashed, stored and read back.

import { localTime, mark } from "./clock.js";
import { exifOf } from "./exif.js";
import { sha256 } from "./hash.js";
import { filesOf, isUnsent } from "./outbox.js";
import { get, put, writing } from "./store.js";
import { Trouble } from "./trouble.js";
import { t } from "../shared/texts.js";
import { uuid7 } from "../shared/uuid7.js";

/** @typedef {import("../types").Piece} Piece */
/** @typedef {import("../types").Place} Place */
/** @typedef {{piece: Piece, warnings: ("dark" | "blurred" | "small")[]}} Taken */

const LONG_SIDE = 1600;
const QUALITY = 0.8;
const SAMPLE_SIDE = 400;
const SMALL_BELOW = 800;
const DARK_BELOW = 45;
const BLURRED_BELOW = 25;
const KEPT_MS = 30 * 24 * 3600 * 1000;
const STRAY_MS = 24 * 3600 * 1000;

/** @type {Promise<unknown>} */
let former = Promise.resolve();

/**
 * One at a time: two pictures of a camera at once are more than a cheap phone's memory.
 * @param {string} person @param {File} file @param {"camera" | "file"} source @param {Place | null} place
 * @returns {Promise<Taken>}
 */
export function takePhoto(person, file, source, place) {
  const now = { captured_at: localTime(), clock: mark() };
  const taken = former.then(() => take(person, file, source, place, now));
  former = taken.catch(() => {});
  return taken;
}

/**
 * @param {string} person @param {File} file @param {"camera" | "file"} source @param {Place | null} place
 * @param {{captured_at: string, clock: import("../types").ClockMark | null}} now
 * @returns {Promise<Taken>}
 */
async function take(person, file, source, place, now) {
  const told = source === "file" ? await exifOf(file) : {};
  const { bytes, width, height, warnings } = await develop(file);
  const hash = await sha256(bytes);
  await keep({ sha256: hash, bytes, type: "image/jpeg", width, height, made_at: now.captured_at, person });
  const read = await get("photos", hash);
  if (!read || (await sha256(read.bytes)) !== hash) throw new Trouble("closed");
  const at = told.taken && new Date(told.taken);
  const when = at && !isNaN(+at) ? { captured_at: /[+-]\d\d:\d\d$/.test(told.taken || "") ? told.taken || "" : localTime(at), clock: null } : now;
  const where = source === "camera" ? place : told.latitude === undefined ? null : { latitude: told.latitude, longitude: told.longitude };
  return { piece: { id: uuid7(), kind: "photo", sha256: hash, bytes: bytes.byteLength, caption: "", ...when, ...where, source }, warnings };
}

/** @param {import("../types").Photo} photo */
async function keep(photo) {
  try {
    await put("photos", photo);
  } catch (error) {
    if (/** @type {Trouble} */ (error).code !== "full" || !(await release(true))) throw error;
    await put("photos", photo);
  }
}

/** @param {File} file */
async function develop(file) {
  const picture = await decoded(file);
  const side = Math.max(picture.width, picture.height);
  const canvas = drawn(picture, Math.min(1, LONG_SIDE / side));
  if ("close" in picture) picture.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob || blob.type !== "image/jpeg") throw new Trouble("refused", unreadable());
  const { width, height } = canvas;
  const warnings = judged(drawn(canvas, Math.min(1, SAMPLE_SIDE / Math.max(width, height))));
  if (side < SMALL_BELOW) warnings.push("small");
  canvas.width = canvas.height = 0; // iOS counts the pixels of every canvas that lives
  return { bytes: await new Response(blob).arrayBuffer(), width, height, warnings };
}

/** @param {File} file @returns {Promise<ImageBitmap | HTMLImageElement>} */
async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (_tooOld) {
    const image = new Image();
    image.src = URL.createObjectURL(file);
    try {
      await image.decode();
    } catch (_unreadable) {
      throw new Trouble("refused", unreadable());
    } finally {
      URL.revokeObjectURL(image.src);
    }
    return image;
  }
}

const unreadable = () => t("Gambar ini tidak dapat dibuka di ponsel ini. Ambil lagi dengan kamera, atau pilih foto JPEG.");

/** @param {ImageBitmap | HTMLImageElement | HTMLCanvasElement} picture @param {number} scale */
function drawn(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff"; // JPEG has no transparency, and a canvas begins black
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Whether a sample is dark, or has no edges (variance of its Laplacian). @param {HTMLCanvasElement} sample */
function judged(sample) {
  const { width, height } = sample;
  const { data } = /** @type {CanvasRenderingContext2D} */ (sample.getContext("2d")).getImageData(0, 0, width, height);
  const grey = new Float32Array(width * height);
  let light = 0;
  for (let at = 0; at < grey.length; at++) {
    grey[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
    light += grey[at];
  }
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const edge = grey[at - 1] + grey[at + 1] + grey[at - width] + grey[at + width] - 4 * grey[at];
      sum += edge;
      squares += edge * edge;
    }
  }
  const count = Math.max(1, (width - 2) * (height - 2));
  /** @type {("dark" | "blurred" | "small")[]} */
  const warnings = [];
  if (light / grey.length < DARK_BELOW) warnings.push("dark");
  else if (squares / count - (sum / count) ** 2 < BLURRED_BELOW) warnings.push("blurred");
  return warnings;
}

/**
 * Frees what the server holds: after a month, or now where room is short. Gives whether anything went.
 * A photo that a draft or an unsent item shows stays, whatever the server says of it.
 */
export function release(isShort = false) {
  const now = Date.now();
  const isOld = (/** @type {string | undefined} */ at, /** @type {number} */ age) => !!at && now - Date.parse(at) > age;
  return writing(["drafts", "outbox", "photos"], async (tx) => {
    const [drafts, outbox, photos] = ["drafts", "outbox", "photos"].map((name) => tx.objectStore(name));
    /** @type {import("../types").Item[]} */
    const items = await outbox.getAll();
    const unsent = items.filter(isUnsent);
    const sent = items.filter((item) => !isUnsent(item));
    const past = sent.filter((item) => isOld(item.sent_at, KEPT_MS));
    const needed = new Set([...(await drafts.getAll()).flatMap((draft) => filesOf(draft.findings).map((piece) => piece.sha256)), ...unsent.flatMap((item) => item.photos)]);
    let freed = 0;
    for (const hash of await photos.getAllKeys()) {
      if (needed.has(hash)) continue;
      const showing = sent.filter((item) => item.photos.includes(hash));
      const isHeld = showing.some((item) => item.held.includes(hash));
      // a picture that nothing shows was deleted or taken again; a fresh one may be on its way into its draft
      const isFree = showing.length ? (isHeld && isShort) || showing.every((item) => past.includes(item)) : isOld((await photos.get(hash)).made_at, STRAY_MS);
      if (isFree) {
        await photos.delete(hash);
        freed++;
      }
    }
    await Promise.all(past.map((item) => outbox.delete(item.key)));
    return freed > 0;
  });
}
