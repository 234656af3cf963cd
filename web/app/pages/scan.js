/** Which unit a counter's code belongs to: from a picture of its QR, or typed. */
import * as work from "../offline/work.js";
import { html, useState } from "../shared/html.js";
import { qrIn } from "../shared/qr.js";
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
  const [entry, ...others] = (await work.assignments()).filter(({ unit }) => unit.counters.some((one) => one.code === code));
  if (!entry) throw { detail: t("Loket {code} bukan milik unit yang ditugaskan kepada Anda. Periksa kodenya, atau cari unitnya di beranda.", { code }) };
  const { assignment, instrument, unit } = entry;
  const [draft] = entry.drafts;
  const isOfOneService = assignment.service || instrument.body.per !== "product";
  // which of several visits is meant, only the person knows
  if (others.length || (draft && !isOfOneService)) go(`#//${encodeURIComponent(unit.name)}`);
  else go(draft ? visitPath(draft.id, draft.here) : `#/begin/${assignment.id}`);
}

async function read(file) {
  const text = await qrIn(file);
  if (!text) throw { detail: t("QR tidak terbaca. Dekatkan ponsel dan hindari pantulan, atau ketik kode di bawah QR.") };
  await open(text);
}

export function Scan() {
  const { act, busy, alert } = useAct();
  const [typed, type] = useState("");
  const submit = (event) => {
    event.preventDefault();
    act(() => open(typed));
  };
  const take = (event) => {
    const [file] = event.currentTarget.files;
    if (file) act(() => read(file));
    event.currentTarget.value = "";
  };
  return html`<form onSubmit=${submit}>
    <${Title}>${t("Loket mana?")}<//>
    <p>${t("Potret QR di loket, atau ketik kode di bawahnya.")}</p>
    <div id="fault">${alert}</div>
    <label class="field">${t("Kode loket")}
      <small>${t("Enam huruf dan angka, misalnya K7M 2Q6.")}</small>
      <input class="code" value=${typed} autocomplete="off" autocapitalize="characters" spellcheck="false" required aria-describedby="fault" aria-invalid=${alert && typed ? "true" : undefined} onInput=${(event) => type(event.target.value)} /></label>
    <footer class="thumb">
      <button class="second" disabled=${busy}>${t("Buka")}</button>
      <label class="button" aria-busy=${busy ? "true" : undefined}>${busy ? t("Membaca…") : t("Potret QR")}<input type="file" accept="image/*" capture="environment" disabled=${busy} onChange=${take} /></label>
    </footer>
  </form>`;
}
