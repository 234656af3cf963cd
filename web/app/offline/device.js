// @ts-check
// Which phone this is, and how many things it has handed in.

import { uuid7 } from "../shared/uuid7.js";
import { writing } from "./store.js";

export const deviceId = () =>
  writing(["meta"], async (tx) => {
    const meta = tx.objectStore("meta");
    const known = await meta.get("device");
    if (known) return known;
    const made = uuid7();
    await meta.put(made, "device");
    return made;
  });

/** The next number, taken in the transaction of what it is for. @param {import("./store.js").Transaction} tx */
export async function nextSeq(tx) {
  const meta = tx.objectStore("meta");
  const seq = ((await meta.get("seq")) || 0) + 1;
  await meta.put(seq, "seq");
  return seq;
}
