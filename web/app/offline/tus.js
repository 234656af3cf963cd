// @ts-check
// A photo on its way, in pieces that a bad link can carry (tus 1.0.0); the server's offset is the only truth.

import { fetched, stopping } from "./ask.js";
import { base64Sha256 } from "./hash.js";
import { get, put, remove } from "./store.js";
import { Trouble } from "./trouble.js";

const SMALLEST = 16 * 1024;
const LARGEST = 256 * 1024;
const TRIES_MOST = 6;
const PAUSE_MS = 500;
const BUSY = [409, 423];
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
  let offset = url ? await offsetOf(url, person) : null;
  let failures = 0;
  let trouble = new Trouble("offline");
  for (;;) {
    if (offset === null) {
      ({ url, offset } = await create(bytes.byteLength, { sha256, filetype: type, inspection: visit, person }));
      await put("meta", url, key);
    }
    onProgress(offset);
    if (offset === bytes.byteLength) return remove("meta", key);
    const { reached, said } = await send(url, bytes.slice(offset, offset + chunk), offset, person);
    if (reached !== null) {
      offset = reached;
      failures = 0;
      chunk = Math.min(LARGEST, chunk * 2);
      continue;
    }
    chunk = Math.max(SMALLEST, chunk / 2);
    trouble = said || trouble;
    if (++failures === TRIES_MOST) throw trouble;
    // it answered, so it is not the link: another request of ours may still hold the upload
    if (said && said.code === "broken") await new Promise((resolve) => setTimeout(resolve, said.wait * 1000 || PAUSE_MS * 2 ** (failures - 1)));
    offset = await offsetOf(url, person);
  }
}

/** @param {number} length @param {Record<string, string>} facts */
async function create(length, facts) {
  const metadata = Object.entries(facts).map(([name, value]) => `${name} ${btoa(value)}`).join(",");
  const response = await asked("/api/photos", { method: "POST", as: facts.person, headers: { ...TUS, "Upload-Length": String(length), "Upload-Metadata": metadata } });
  const place = new URL(response.headers.get("Location") || "", location.href);
  // a browser takes an answer that was cut in its headers for a whole one: the address must be there to its end
  if (response.status !== 201 || !/^\/api\/photos\/[0-9a-f-]{36}$/.test(place.pathname)) throw new Trouble("portal");
  return { url: place.pathname, offset: Number(response.headers.get("Upload-Offset") || 0) };
}

/** How far an upload is; null when it is gone. @param {string} url @param {string} person */
async function offsetOf(url, person) {
  const response = await asked(url, { method: "HEAD", as: person, headers: TUS }, [404, 410]);
  if (response.status >= 400) return null;
  const offset = response.headers.get("Upload-Offset");
  if (offset === null) throw new Trouble("portal");
  return Number(offset);
}

/**
 * Sends a piece; `reached` is null where it did not arrive, and `said` what the server had to say of it.
 * @param {string} url @param {ArrayBuffer} piece @param {number} offset @param {string} person
 */
async function send(url, piece, offset, person) {
  const headers = { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset), "Upload-Checksum": `sha256 ${await base64Sha256(piece)}` };
  try {
    const response = await asked(url, { method: "PATCH", as: person, headers, body: piece, seconds: 90 }, [404, 409, 410, 423, 460]);
    const reached = Number(response.headers.get("Upload-Offset"));
    if (response.status === 204 && reached > offset && reached <= offset + piece.byteLength) return { reached, said: null };
    return { reached: null, said: [...BUSY, 460].includes(response.status) ? await saidBy(response) : null };
  } catch (error) {
    if (/** @type {Trouble} */ (error).code !== "offline") throw error;
    return { reached: null, said: null };
  }
}

/** Throws what is neither a success nor among the `known` refusals. @param {string} path @param {Parameters<typeof fetched>[1]} request @param {number[]} known */
async function asked(path, request, known = []) {
  const response = await fetched(path, request);
  const { status, headers } = response;
  if (status < 400 || known.includes(status)) return response;
  const data = request && request.method === "HEAD" ? {} : await response.clone().json().catch(() => null);
  stopping({ status, headers, data: data && { ...data, code: status === 401 ? "sign_in" : data.code } });
  // the server takes us for somebody else
  if (data && data.code === "not_their_work") throw new Trouble("signed_out");
  throw await saidBy(response);
}

/** A refusal in words; what is only busy or out of step is no fault of the photo. @param {Response} response */
async function saidBy(response) {
  const { status, headers } = response;
  const data = await response.json().catch(() => null);
  const isOfPhoto = status < 500 && !BUSY.includes(status);
  return new Trouble(isOfPhoto ? "refused_photo" : "broken", data && data.detail, Number(headers.get("Retry-After")) || 0);
}
