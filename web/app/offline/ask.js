// @ts-check
// Asking the server and believing only what can be nobody else's answer.

import { get } from "./store.js";
import { listen, tell } from "./tabs.js";
import { Trouble } from "./trouble.js";

/** @typedef {{status: number, data: any, headers: Headers}} Answer */

/** @type {Set<() => void>} */
const underWay = new Set();
listen(({ halts }) => halts && underWay.forEach((end) => end()));

/** Ends what is being asked, in every tab: somebody else takes over this phone. */
export const halt = () => tell({ halts: true });

/**
 * `as` is whose work is sent: not a byte of it goes out while somebody else is here.
 * @param {string} path
 * @param {{method?: string, headers?: Record<string, string>, body?: BodyInit, seconds?: number, as?: string}} [request]
 * @returns {Promise<Response>}
 */
export async function fetched(path, { seconds = 45, as, ...request } = {}) {
  const stop = new AbortController();
  let isHalted = false;
  const end = () => {
    isHalted = true;
    stop.abort();
  };
  underWay.add(end);
  const timer = setTimeout(() => stop.abort(), seconds * 1000);
  try {
    const person = as && (await get("meta", "person"));
    if (as && (!person || person.username !== as)) end();
    const response = await fetch(path, { ...request, signal: stop.signal, redirect: "error", cache: "no-store", credentials: "same-origin" });
    // the body belongs to what may take too long
    const bytes = await response.arrayBuffer();
    const { status, headers } = response;
    return new Response([204, 205, 304].includes(status) ? null : bytes, { status, headers });
  } catch (_unreachable) {
    throw new Trouble(isHalted ? "halted" : "offline");
  } finally {
    clearTimeout(timer);
    underWay.delete(end);
  }
}

/**
 * The answer as JSON. What stops everything is thrown: no network, a portal, an expired sign-in, a busy server.
 * @param {string} path
 * @param {Parameters<typeof fetched>[1]} [request]
 * @returns {Promise<Answer>}
 */
export async function ask(path, request) {
  const response = await fetched(path, request);
  const { status, headers } = response;
  const data = await response.json().catch(() => null);
  const isJson = /^application\/(problem\+)?json/.test(headers.get("Content-Type") || "");
  if (status < 300 && status !== 204 && !(isJson && data)) throw new Trouble("portal");
  const answer = { status, headers, data: isJson ? data : null };
  stopping(answer);
  return answer;
}

/** Throws what concerns everything that waits, not just this. @param {{status: number, data: any, headers: Headers}} answer */
export function stopping({ status, headers, data }) {
  const detail = (data && data.detail) || "";
  const wait = Number(headers.get("Retry-After")) || 0;
  if (status === 401 && !data) throw new Trouble("portal");
  if (status === 401 && data.code === "sign_in") throw new Trouble("signed_out");
  if (status === 426) throw new Trouble("outdated");
  if ([429, 502, 503, 504, 507].includes(status)) throw new Trouble([502, 504].includes(status) ? "refused" : "later", detail || new Trouble("broken").detail, wait);
}
