// @ts-check

/** SHA-256 in small hexadecimal letters. @param {BufferSource} bytes */
export async function sha256(bytes) {
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

/** @param {ArrayBuffer} buffer */
export const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** SHA-256 as the tus protocol writes it. @param {BufferSource} bytes */
export async function base64Sha256(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))));
}
