/** Which unit a counter's code belongs to: from a picture of its QR, or typed. */
import * as work from "../offline/work.js";
import { html, useState } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { go, Title, useAct, visitPath } from "./parts.js";

const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK_MODULUS = 37;

/** The code in a text or an address, with its last symbol checked; "" if it is none. */
export function codeIn(text) {
  const last = /\/s\/([^/?#]+)/i.exec(text);
  const code = (last ? last[1] : text).toUpperCase().replace(/[^0-9A-Z]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  const digits = [...code].map((symbol) => SYMBOLS.indexOf(symbol));
  const number = digits.slice(0, 5).reduce((sum, digit) => sum * 32 + digit, 0);
  return digits.length === 6 && !digits.includes(-1) && number % CHECK_MODULUS === digits[5] ? code : "";
}

async function open(text) {
  const code = codeIn(text);
  if (!code) throw { detail: t("Kode ini tidak cocok. Ada enam huruf dan angka, yang terakhir pemeriksa: satu salah ketik saja ketahuan. Huruf U tidak pernah dipakai.") };
  const entries = (await work.assignments()).filter(({ unit }) => unit.counters.some((one) => one.code === code));
  const entry = entries.find((one) => one.drafts.length) || entries[0];
  if (!entry) throw { detail: t("Loket {code} bukan milik unit yang ditugaskan kepada Anda. Periksa kodenya, atau cari unitnya di beranda.", { code }) };
  const [draft] = entry.drafts;
  go(draft ? visitPath(draft.id, draft.here) : `#/begin/${entry.assignment.id}`);
}

async function read(file) {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  const found = await new Detector({ formats: ["qr_code"] }).detect(await createImageBitmap(file)).catch(() => []);
  if (!found.length) throw { detail: t("QR tidak terbaca. Dekatkan ponsel dan hindari pantulan, atau ketik kode di bawah QR.") };
  await open(found[0].rawValue);
}

export function Scan() {
  const { act, busy, alert } = useAct();
  const [typed, type] = useState("");
  const canRead = "BarcodeDetector" in window;
  const submit = (event) => {
    event.preventDefault();
    act(() => open(typed));
  };
  return html`<form onSubmit=${submit}>
    <${Title}>${canRead ? t("Loket mana?") : t("Ketik kode loket")}<//>
    <p>${canRead ? t("Potret QR di loket, atau ketik kode di bawahnya.") : t("Kodenya ada di bawah QR loket. Peramban ini tidak dapat membaca QR sendiri.")}</p>
    ${alert}
    <label class="field">${t("Kode loket")}
      <small>${t("Enam huruf dan angka, misalnya K7M 2Q6.")}</small>
      <input class="code" value=${typed} autocomplete="off" autocapitalize="characters" spellcheck="false" required onInput=${(event) => type(event.target.value)} /></label>
    <footer class="thumb">
      <button class=${canRead ? "second" : ""} disabled=${busy}>${t("Buka")}</button>
      ${canRead && html`<label class="button">${t("Potret QR")}<input type="file" accept="image/*" capture="environment" onChange=${(event) => event.target.files[0] && act(() => read(event.target.files[0]))} /></label>`}
    </footer>
  </form>`;
}
