// @ts-check
// How long ago the server was last heard: the phone's own clock may be years off, or be set while one works.

import { get, put } from "./store.js";

/**
 * Where counting stands: `elapsed` ms after the contact, the wall clock showed `wall` and the steady one `steady`.
 * @typedef {{contact: string, elapsed: number, wall: number, steady: number | null}} Anchor
 */

const JUMP_MS = 2000;
const SLEEP_MOST_MS = 3 * 24 * 3600 * 1000;
const ELAPSED_MOST_MS = 4e9; // what the server reads

/** @type {Anchor | null} */
let anchor = null;
let isSteady = false;
let wasHidden = false;

/** What an earlier life of the app heard: from there only the wall clock has counted on. */
export async function resume() {
  anchor = (await get("meta", "anchor")) || null;
  if (anchor) anchor.steady = null;
  addEventListener("visibilitychange", () => {
    look();
    wasHidden = wasHidden || document.hidden;
  });
  setInterval(look, 10000);
}

/** The server was heard just now. @param {string} contact */
export function heard(contact) {
  isSteady = true;
  return settle({ contact, elapsed: 0, wall: Date.now(), steady: performance.now() });
}

/** @returns {import("../types").ClockMark | null} */
export function mark() {
  look();
  if (!anchor || anchor.elapsed > ELAPSED_MOST_MS) return null;
  return { contact: anchor.contact, elapsed_ms: Math.round(anchor.elapsed), steady: isSteady };
}

/**
 * Counts on from the anchor. A steady clock stands still while the phone sleeps, the wall clock can be set: where they
 * part, a page that was hidden has slept, and one that was not has seen somebody set the clock.
 */
function look() {
  if (!anchor) return;
  const wall = Date.now();
  const steady = performance.now();
  const byWall = wall - anchor.wall;
  const bySteady = anchor.steady === null ? byWall : steady - anchor.steady;
  const gap = byWall - bySteady;
  let passed = bySteady;
  if (gap > JUMP_MS && wasHidden && gap < SLEEP_MOST_MS) {
    passed = byWall;
    isSteady = false;
  } else if (gap < -JUMP_MS && wasHidden) {
    isSteady = false;
  }
  wasHidden = document.hidden;
  const jumped = Math.abs(gap) > JUMP_MS || anchor.steady === null;
  anchor = { contact: anchor.contact, elapsed: anchor.elapsed + Math.max(0, passed), wall, steady };
  if (jumped) settle(anchor);
}

/** @param {Anchor} now */
function settle(now) {
  anchor = now;
  return put("meta", now, "anchor").catch(() => {
    // only the next life of the app would have needed it
  });
}

/** This phone's clock, with its offset: 2026-11-22T09:14:03.120+07:00. */
export function localTime(at = new Date()) {
  const minutes = -at.getTimezoneOffset();
  const shifted = new Date(at.getTime() + minutes * 60000).toISOString().slice(0, 23);
  const two = (/** @type {number} */ value) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  return `${shifted}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
