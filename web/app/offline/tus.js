// @ts-check
// A photo on its way, in pieces that a bad link can carry (tus 1.0.0); the server's offset is the only truth.

import { fetched, stopping } from "./ask.js";
import { base64Sha256 } from "./hash.js";
import { get, put, remove } from "./store.js";
import { Trouble } from "./trouble.js";

const SMALLEST = 16 * 1024;
const LARGEST = 256 * 1024;
const TRIES_MOST = 6;
const TUS = { "Tus-Resumable": "1.0.0" };

let chunk = 64 * 1024;

/**
 * Brings a photo to the server; resolves when the server has said that all its bytes are there.
 * @param {import("../types").Photo} photo @param {string} visit @param {string} person
 * @param {(offset: number) => void} onProgress
 */
export async function upload({ sha256, bytes, type }, visit, person, onProgress) {
  const key = `upload:${person}:${sha256}`;
  let url = await get("meta", key);
  /** @type {number | null} null: there is no such upload */
  let offset = url ? await offsetOf(url) : null;
  let failures = 0;
  let reason = "";
  for (;;) {
    if (offset === null) {
      ({ url, offset } = await create(bytes.byteLength, { sha256, filetype: type, inspection: visit }));
      await put("meta", url, key);
    }
    onProgress(offset);
    if (offset === bytes.byteLength) return remove("meta", key);
    const { reached, detail } = await send(url, bytes.slice(offset, offset + chunk), offset);
    if (reached !== null) {
      offset = reached;
      failures = 0;
      chunk = Math.min(LARGEST, chunk * 2);
      continue;
    }
    chunk = Math.max(SMALLEST, chunk / 2);
    reason = detail || reason;
    if (++failures === TRIES_MOST) throw new Trouble(reason ? "refused_photo" : "offline", reason);
    offset = await offsetOf(url);
  }
}

/** @param {number} length @param {Record<string, string>} facts */
async function create(length, facts) {
  const metadata = Object.entries(facts).map(([name, value]) => `${name} ${btoa(value)}`).join(",");
  const response = await asked("/api/photos", { method: "POST", headers: { ...TUS, "Upload-Length": String(length), "Upload-Metadata": metadata } });
  const place = new URL(response.headers.get("Location") || "", location.href);
  if (response.status !== 201 || !place.pathname.startsWith("/api/photos/")) throw new Trouble("portal");
  return { url: place.pathname, offset: Number(response.headers.get("Upload-Offset") || 0) };
}

/** How far an upload is; null when it is gone. @param {string} url */
async function offsetOf(url) {
  const response = await asked(url, { method: "HEAD", headers: TUS }, [404, 410]);
  if (response.status >= 400) return null;
  const offset = response.headers.get("Upload-Offset");
  if (offset === null) throw new Trouble("portal");
  return Number(offset);
}

/** Sends a piece; `reached` is null where it did not arrive. @param {string} url @param {ArrayBuffer} piece @param {number} offset */
async function send(url, piece, offset) {
  const headers = { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset), "Upload-Checksum": `sha256 ${await base64Sha256(piece)}` };
  try {
    const response = await asked(url, { method: "PATCH", headers, body: piece, seconds: 90 }, [404, 409, 410, 423, 460]);
    const reached = Number(response.headers.get("Upload-Offset"));
    if (response.status === 204 && reached > offset && reached <= offset + piece.byteLength) return { reached, detail: "" };
    return { reached: null, detail: response.status === 460 ? await detailOf(response) : "" };
  } catch (error) {
    if (/** @type {Trouble} */ (error).code !== "offline") throw error;
    return { reached: null, detail: "" };
  }
}

/** Throws what is neither a success nor among the `known` refusals. @param {string} path @param {Parameters<typeof fetched>[1]} request @param {number[]} known */
async function asked(path, request, known = []) {
  const response = await fetched(path, request);
  const { status, headers } = response;
  if (status < 400 || known.includes(status)) return response;
  const detail = await detailOf(response);
  stopping({ status, headers, data: detail ? { detail, code: status === 401 ? "sign_in" : "" } : null });
  throw new Trouble(status < 500 ? "refused_photo" : "broken", detail);
}

/** @param {Response} response */
async function detailOf(response) {
  const data = await response.json().catch(() => null);
  return (data && data.detail) || "";
}
