// @ts-check
// What is not sent, as a file that can be carried on a stick: server/sync/queue_file.py reads it.

import { downloadZip } from "../vendor/client-zip/client-zip.mjs";
import { localTime } from "./clock.js";
import { deviceId } from "./device.js";
import { sha256 } from "./hash.js";
import { isUnsent, itemsOf } from "./outbox.js";
import { get } from "./store.js";

/** @param {string} person @returns {Promise<{name: string, blob: Blob}>} */
export async function exportQueue(person) {
  const exported_at = localTime();
  const items = (await itemsOf(person)).filter((item) => isUnsent(item) || item.state === "closed");
  const stamp = exported_at.slice(0, 16).replace(/[-:]/g, "").replace("T", "-");
  const blob = await downloadZip(entries(person, exported_at, items)).blob();
  return { name: `loket-antrean-${person}-${stamp}.zip`, blob };
}

/** One photo at a time in memory. @param {string} person @param {string} exported_at @param {import("../types").Item[]} items */
async function* entries(person, exported_at, items) {
  const sums = [];
  const listed = [];
  for (const { id, seq, kind, base_rev, body, body_sha256 } of items) {
    const file = `items/${id}.${body_sha256.slice(0, 8)}.json`;
    listed.push({ id, seq, kind, base_rev, body_sha256, file });
    sums.push(`${body_sha256}  ${file}`);
    yield { name: file, input: body };
  }
  const photos = [];
  for (const hash of new Set(items.flatMap((item) => item.photos.filter((one) => !item.held.includes(one))))) {
    const photo = await get("photos", hash);
    if (!photo) continue;
    const file = `photos/${hash}`;
    photos.push({ sha256: hash, bytes: photo.bytes.byteLength, type: photo.type, file });
    sums.push(`${hash}  ${file}`);
    yield { name: file, input: photo.bytes };
  }
  const manifest = JSON.stringify({ format: "loket-queue", wire: 1, person, device_id: await deviceId(), exported_at, items: listed, photos });
  sums.push(`${await sha256(new TextEncoder().encode(manifest))}  manifest.json`);
  yield { name: "manifest.json", input: manifest };
  yield { name: "SHA256SUMS", input: `${sums.join("\n")}\n` };
}
