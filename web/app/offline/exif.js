// @ts-check
// When and where a chosen picture was taken, read before the canvas forgets it.

const EXIF = 0x8769;
const GPS = 0x8825;
const TAKEN = 0x9003;
const OFFSET = 0x9011;

/**
 * @param {Blob} file
 * @returns {Promise<{taken?: string, latitude?: number, longitude?: number}>} `taken` as ISO, without offset where the camera wrote none
 */
export async function exifOf(file) {
  const view = new DataView(await new Response(file.slice(0, 131072)).arrayBuffer());
  try {
    const start = tiffIn(view);
    return start === null ? {} : facts(view, start);
  } catch (error) {
    if (error instanceof RangeError) return {}; // cut short or made up: then it tells nothing
    throw error;
  }
}

/** Where the TIFF header of the APP1 segment stands. @param {DataView} view */
function tiffIn(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 10 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint8(at) !== 0xff || view.getUint8(at + 1) === 0xda) return null;
    if (view.getUint16(at) === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
  }
  return null;
}

/** @param {DataView} view @param {number} start */
function facts(view, start) {
  const little = view.getUint16(start) === 0x4949;
  const u16 = (/** @type {number} */ at) => view.getUint16(start + at, little);
  const u32 = (/** @type {number} */ at) => view.getUint32(start + at, little);

  /** The entries of a directory: where each tag's value stands. @param {number | undefined} at */
  const directory = (at) => {
    const found = new Map();
    for (let left = at ? u16(at) : 0, entry = (at || 0) + 2; left > 0; left--, entry += 12) {
      const size = u32(entry + 4) * [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8][Math.min(u16(entry + 2), 10)];
      found.set(u16(entry), { at: size > 4 ? u32(entry + 8) : entry + 8, size });
    }
    return found;
  };
  /** @param {{at: number, size: number} | undefined} value */
  const words = (value) => (value ? String.fromCharCode(...new Uint8Array(view.buffer, start + value.at, Math.min(value.size, 40))).replace(/\0.*$/, "") : "");
  /** @param {{at: number} | undefined} value @param {string} reference */
  const degrees = (value, reference) => {
    if (!value) return NaN;
    const [whole, minutes, seconds] = [0, 8, 16].map((at) => u32(value.at + at) / u32(value.at + at + 4));
    return (whole + minutes / 60 + (seconds || 0) / 3600) * (/[SW]/.test(reference) ? -1 : 1);
  };

  const first = directory(u32(4));
  const pointed = (/** @type {number} */ tag) => directory(first.has(tag) ? u32(first.get(tag).at) : undefined);
  const [exif, gps] = [pointed(EXIF), pointed(GPS)];
  /** @type {{taken?: string, latitude?: number, longitude?: number}} */
  const told = {};
  const taken = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(words(exif.get(TAKEN)));
  const offset = words(exif.get(OFFSET));
  if (taken) told.taken = `${taken[1]}-${taken[2]}-${taken[3]}T${taken[4]}${/^[+-]\d\d:\d\d$/.test(offset) ? offset : ""}`;
  const latitude = degrees(gps.get(2), words(gps.get(1)));
  const longitude = degrees(gps.get(4), words(gps.get(3)));
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) Object.assign(told, { latitude, longitude });
  return told;
}
