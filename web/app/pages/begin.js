/** The place once more before a visit begins, so that nobody fills in the wrong one, or one twice. */
import * as work from "../offline/work.js";
import { moment } from "../shared/format.js";
import { html, useState } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { form, go, Title, useAct, useWork, visitPath, Waiting } from "./parts.js";

export function Begin({ id, part = "" }) {
  const { act, busy, alert } = useAct();
  const entries = useWork(() => work.assignments());
  const [service, choose] = useState(part);
  if (!entries) return html`<${Waiting} />`;
  const entry = entries.find((one) => one.assignment.id === id);
  if (!entry) return html`<${Title}>${t("Penugasan ini tidak ada lagi")}<//><p>${t("Koordinator mengubahnya. Kunjungan lain ada di beranda.")}</p>`;
  const { unit, assignment, instrument, evaluation } = entry;
  const asks = instrument.body.per === "product" && !assignment.service;
  const here = asks ? service : assignment.service;
  const at = (some) => some.find((one) => one.service === here);
  const visited = (...states) => at(entry.inspections.filter((one) => states.includes(one.state)));
  // opening what was handed in makes another revision of it, and after a verified visit comes another one: only who wants that
  const over = !at(entry.drafts) && (at(entry.items) || visited("submitted"));
  const checked = !over && !at(entry.drafts) && !visited("draft", "returned") && visited("verified", "final");
  const begin = () => act(async () => go(visitPath((await work.begin(assignment, here, Boolean(checked))).id)));
  return html`
    <${Title}>${unit.name}<//>
    ${unit.address && html`<p class="lead">${unit.address}</p>`}
    <p lang="id">${evaluation.title} · ${form(assignment.form)}</p>
    <p>${t("{n} indikator. Jawaban dan foto tersimpan di ponsel sejak ketukan pertama.", { n: instrument.body.parts.reduce((sum, part) => sum + part.indicators.length, 0) })}</p>
    ${asks && html`<fieldset><legend>${t("Layanan yang dilihat")}</legend>
      ${unit.services.map((one) => html`<label class="choice"><input type="radio" name="service" checked=${service === one.slug} onChange=${() => choose(one.slug)} /> <span>${one.name}</span></label>`)}</fieldset>`}
    ${over && html`<p class="notice warn" role="status">${t("Sudah diserahkan {when}. Buka lagi untuk mengubah?", { when: moment(over.handed_in_at || over.submitted_at, unit.zone) })}</p>`}
    ${checked && html`<p class="notice warn" role="status">${t("Kunjungan Anda di sini, diserahkan {when}, sudah diverifikasi. Mulai kunjungan baru?", { when: moment(checked.submitted_at || checked.made_at, unit.zone) })}</p>`}
    ${alert}
    <footer class="thumb">
      ${(over || checked) && html`<a class="button" href="#/">${t("Tidak, kembali")}</a>`}
      <button class=${over || checked ? "second" : ""} disabled=${busy || (asks && !service)} onClick=${begin}>${over ? t("Buka lagi") : checked ? t("Mulai kunjungan baru") : t("Mulai kunjungan")}</button>
    </footer>`;
}
