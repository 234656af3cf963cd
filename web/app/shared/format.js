// @ts-check
/** Numbers, days, times, ages and sizes as people of the language write them. */
import { language, t } from "./texts.js";

/** @type {Record<string, string>} */
const ZONES = { "Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT" };
const tag = () => (language === "id" ? "id-ID" : "en-GB");

/** A decimal's digits stay as they are: only its point becomes a comma. */
export const decimal = (/** @type {string | number | null | undefined} */ value) =>
  language === "id" ? String(value).replace(".", ",") : String(value);

/** 22 Nov 2026, of a date or of a moment in a zone. */
export const day = (/** @type {string} */ iso, zone = "UTC") =>
  new Date(iso).toLocaleDateString(tag(), { day: "numeric", month: "short", year: "numeric", timeZone: zone });

/** 09.14 WIB */
export function clock(/** @type {string} */ iso, zone = "") {
  const at = { hour: "2-digit", minute: "2-digit", timeZone: zone || undefined };
  return `${new Date(iso).toLocaleTimeString(tag(), /** @type {any} */ (at))} ${ZONES[zone] || ""}`.trim();
}

export const moment = (/** @type {string} */ iso, zone = "Asia/Jakarta") => `${day(iso, zone)}, ${clock(iso, zone)}`;

/** Today where the phone is, as a date. */
export function today() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

export const daysSince = (/** @type {string} */ iso) => (Date.now() - Date.parse(iso)) / 864e5;

/** 3 jam lalu */
export function age(/** @type {string} */ iso) {
  const minutes = Math.floor(daysSince(iso) * 1440);
  if (minutes < 1) return t("baru saja");
  if (minutes < 60) return t("{n} menit lalu", { n: minutes });
  return minutes < 1440
    ? t("{n} jam lalu", { n: Math.floor(minutes / 60) })
    : t("{n} hari lalu", { n: Math.floor(minutes / 1440) });
}

/** 331 KB */
export function size(/** @type {number} */ bytes) {
  const [amount, unit] = bytes < 1e6 ? [bytes / 1e3, "KB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${decimal(amount < 10 ? amount.toFixed(1) : Math.round(amount))} ${unit}`;
}
