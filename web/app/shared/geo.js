// @ts-check
/** How far away a unit is. */
import { decimal } from "./format.js";

/**
 * Metres between two places on the globe.
 * @param {{latitude: number, longitude: number}} a
 * @param {{latitude: number, longitude: number}} b
 */
export function metres(a, b) {
  const rad = Math.PI / 180;
  const sine = (/** @type {number} */ degrees) => Math.sin((degrees * rad) / 2) ** 2;
  const half =
    sine(b.latitude - a.latitude) +
    Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * sine(b.longitude - a.longitude);
  return 12742000 * Math.asin(Math.sqrt(half));
}

/**
 * From a place to a unit, if both are known.
 * @param {import("../types").Place | null} place
 * @param {import("../types").Unit} unit
 */
export const away = (place, unit) =>
  place && unit.latitude !== null && unit.longitude !== null ? metres(place, /** @type {any} */ (unit)) : null;

export const distance = (/** @type {number} */ far) =>
  far < 950 ? `${Math.max(10, Math.round(far / 10) * 10)} m` : `${decimal((far / 1000).toFixed(far < 9950 ? 1 : 0))} km`;
