/** Belum terkirim: every visit that was handed in on this phone, and how far it has come. */
import * as work from "../offline/work.js";
import { age, moment, size } from "../shared/format.js";
import { html } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { isUnsent } from "./home.js";
import { Export, go, Title, useAct, useWork, visitPath, Waiting } from "./parts.js";

async function everything() {
  const [items, others] = await Promise.all([work.items(), work.others()]);
  const units = await Promise.all(items.map((one) => work.unit(one.unit)));
  return { rows: items.map((item, n) => ({ item, unit: units[n] })), others };
}

export function Tray({ app }) {
  const { act, busy, alert } = useAct();
  const found = useWork(everything);
  if (!found) return html`<${Waiting} />`;
  const open = found.rows.filter((row) => isUnsent(row.item));
  const sent = found.rows.filter((row) => !isUnsent(row.item));
  const others = found.others.filter((one) => !app.person || one.username !== app.person.username);
  return html`
    <${Title}>${t("Belum terkirim ({n})", { n: open.length })}<//>
    <p class="lead">${open.length ? t("Semuanya utuh di ponsel ini. Terkirim sendiri begitu ada jaringan.") : t("Semua yang diserahkan dari ponsel ini sudah ada di server.")}</p>
    ${app.signIn && html`<p class="notice warn">${t("Masuk lagi supaya kiriman dapat berjalan.")} <a href="#/sign-in">${t("Masuk")}</a></p>`}
    ${others.map((one) => html`<p class="notice">${t("{n} kiriman milik {name} menunggu {name} masuk.", { n: one.unsent, name: one.name })}</p>`)}
    ${alert}
    <ul class="list">${open.map(({ item, unit }) => html`<${Waits} key=${item.key} item=${item} unit=${unit} />`)}</ul>
    ${sent.length > 0 && html`<details open=${!open.length}><summary>${t("Sudah terkirim ({n})", { n: sent.length })}</summary>
      <ul class="list">${sent.map(({ item, unit }) => html`<li class="card" key=${item.key}><strong>${unit ? unit.name : item.unit}</strong>
        <small>${item.state === "replaced" ? t("diganti oleh perbaikan sesudahnya") : t("revisi {n}, diterima {when}", { n: item.revision || 1, when: moment(item.sent_at || item.handed_in_at, unit ? unit.zone : undefined) })}</small>
        <small>${t("Tanda terima")} <code>${item.body_sha256.slice(0, 12)}</code></small></li>`)}</ul></details>`}
    ${open.length > 0 && html`<p><${Export} /></p>`}
    ${open.length > 0 && html`<footer class="thumb"><button disabled=${busy || app.signIn} onClick=${() => act(work.sendNow)}>${busy ? t("Mengirim…") : t("Kirim sekarang")}</button></footer>`}`;
}

const stateName = (state) =>
  ({ waiting: t("menunggu jaringan"), sending: t("sedang dikirim"), photos: t("isian sudah di server, foto menyusul"), conflict: t("ada versi lain di server; keduanya disimpan, koordinator memilih"), rejected: t("perlu diperbaiki") })[state];

function Waits({ item, unit }) {
  const { act, busy, alert } = useAct();
  const moving = work.progress();
  const isMoving = moving && moving.item === item.key;
  const all = item.photos.length + 1;
  // what the server holds stays so whatever happens; of the piece on its way, the part that left
  const arrived = item.held.length + (item.state === "photos" ? 1 : 0) + (isMoving && moving.total ? moving.sent / moving.total : 0);
  const mend = () => act(async () => go(visitPath((await work.reopen(item.id)).id)));
  const isRefused = item.state === "rejected" || Object.keys(item.refused || {}).length > 0;
  return html`<li class="card ${item.state === "rejected" ? "state-wrong" : ""}">
    <strong>${unit ? unit.name : item.unit}</strong>
    <span>${isMoving ? t("sedang dikirim") : stateName(item.state)}</span>
    <small>${t("diserahkan {when}", { when: age(item.handed_in_at) })} · ${size(item.size)} · ${t("{a} dari {b} foto di server", { a: item.held.length, b: item.photos.length })}</small>
    <progress max=${all} value=${Math.min(arrived, all)} aria-label=${t("Kemajuan kiriman")}></progress>
    ${item.reason && html`<p class=${isRefused ? "notice wrong" : "soft"}>${item.reason}</p>`}
    ${Object.values(item.refused || {}).map((why) => html`<p class="notice wrong">${why}</p>`)}
    ${alert}
    <p class="row">
      ${item.state !== "sending" && html`<button class="second" disabled=${busy} onClick=${() => act(() => work.retry(item.key))}>${t("Coba lagi")}</button>`}
      ${isRefused && html`<button disabled=${busy} onClick=${mend}>${t("Perbaiki")}</button>`}
    </p>
  </li>`;
}
