// @ts-check
// Ids made on the phone: UUIDv7, in order also within a millisecond and when the clock is set back.

let last = 0;
let count = 0;

export function uuid7() {
  const now = Date.now();
  const random = crypto.getRandomValues(new Uint8Array(10));
  if (now > last) {
    last = now;
    count = ((random[0] & 7) << 8) | random[1];
  } else if (++count > 0xfff) {
    last += 1;
    count = 0;
  }
  const rest = Array.from(random.slice(2), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const time = last.toString(16).padStart(12, "0");
  const variant = (8 | (random[0] >> 6)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.toString(16).padStart(3, "0")}-${variant}${rest.slice(1, 4)}-${rest.slice(4)}`;
}
