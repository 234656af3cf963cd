// @ts-check
/** The text of a QR code on a picture: read by the browser where it can, else by the decoder that the app brings. */

// a code in a corner is found in many pixels, one that fills a blurred picture in few; measured on photos of posters
const SIDES = [1200, 600, 1000, 400];

/**
 * "" where there is no code that can be read.
 * @param {Blob} file
 * @returns {Promise<string>}
 */
export async function qrIn(file) {
  const picture = await opened(file);
  return picture && ((await foundByBrowser(picture)) || (await foundByDecoder(picture)));
}

/** @param {Blob} file */
async function opened(file) {
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  try {
    await picture.decode();
    return picture;
  } catch (_noPicture) {
    return "";
  } finally {
    URL.revokeObjectURL(picture.src);
  }
}

/** Phones have this without any bytes of ours; most other browsers do not. @param {HTMLImageElement} picture */
async function foundByBrowser(picture) {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  try {
    if (!Detector || !(await Detector.getSupportedFormats()).includes("qr_code")) return "";
    const [found] = await new Detector({ formats: ["qr_code"] }).detect(drawn(picture, SIDES[0]));
    return found ? found.rawValue : "";
  } catch (_unavailable) {
    // the phone's own service is missing or not there yet: ours looks
    return "";
  }
}

/** @param {HTMLImageElement} picture */
async function foundByDecoder(picture) {
  const { decodeQR } = await import("../vendor/qr/qr.mjs");
  const most = Math.max(picture.naturalWidth, picture.naturalHeight);
  for (const side of new Set(SIDES.map((one) => Math.min(one, most)))) {
    const canvas = drawn(picture, side);
    const { width, height } = canvas;
    try {
      const text = decodeQR(/** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, width, height));
      if (text) return text;
    } catch (_notFound) {
      // its way to say so; another size may show it
    } finally {
      canvas.width = canvas.height = 0; // iOS counts the pixels of every canvas that lives
    }
  }
  return "";
}

/** @param {HTMLImageElement} picture @param {number} side the longer one, at most */
function drawn(picture, side) {
  const { naturalWidth, naturalHeight } = picture;
  const scale = Math.min(1, side / Math.max(naturalWidth, naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(naturalHeight * scale));
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
