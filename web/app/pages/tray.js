/** Belum terkirim: every visit that was handed in on this phone, and how far it has come. */
import * as work from "../offline/work.js";
import { age, moment, size } from "../shared/format.js";
import { html } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { Export, go, Title, useAct, useProgress, useWork, visitPath, Waiting } from "./parts.js";

async function everything() {
  const [items, others] = await Promise.all([work.items(), work.others()]);
  const units = await Promise.all(items.map((one) => work.unit(one.unit)));
  return { rows: items.map((item, n) => ({ item, unit: units[n] })), others };
}

export function Tray({ app }) {
  const { act, busy, alert } = useAct();
  const found = useWork(everything);
  if (!found) return html`<${Waiting} />`;
  const open = found.rows.filter((row) => work.isUnsent(row.item));
  const sent = found.rows.filter((row) => !work.isUnsent(row.item));
  const closed = sent.some((row) => row.item.state === "closed");
  // what keeps all of them back is said once
  const reasons = new Set(open.map((row) => row.item).filter((item) => !isRefused(item)).map((item) => item.reason));
  const others = found.others.filter((one) => !app.person || one.username !== app.person.username);
  return html`
    <${Title}>${t("Belum terkirim ({n})", { n: open.length })}<//>
    <p class="lead">${open.some(({ item }) => work.isWaiting(item))
      ? t("Semuanya utuh di ponsel ini. Terkirim sendiri begitu ada jaringan.")
      : open.length ? t("Semuanya utuh di ponsel ini. Yang tersisa menunggu Anda atau koordinator.") : t("Semua yang diserahkan dari ponsel ini sudah ada di server.")}</p>
    ${app.signIn && html`<p class="notice warn">${t("Masuk lagi supaya kiriman dapat berjalan.")} <a href="#/sign-in">${t("Masuk")}</a></p>`}
    ${others.map((one) => html`<p class="notice">${t("{n} kiriman milik {name} menunggu {name} masuk.", { n: one.unsent, name: one.name })}</p>`)}
    ${[...reasons].filter(Boolean).map((reason) => html`<p class="notice">${reason}</p>`)}
    ${alert}
    <ul class="list">${open.map(({ item, unit }) => html`<${Waits} key=${item.key} item=${item} unit=${unit} />`)}</ul>
    ${sent.length > 0 && html`<details open=${!open.length}><summary>${t("Sudah terkirim ({n})", { n: sent.length })}</summary>
      <ul class="list">${sent.map(({ item, unit }) => html`<${Gone} key=${item.key} item=${item} unit=${unit} />`)}</ul></details>`}
    ${(open.length > 0 || closed) && html`<p><${Export} /></p>`}
    ${open.length > 0 && html`<footer class="thumb"><button disabled=${busy || app.signIn} onClick=${() => act(work.sendNow)}>${busy ? t("Mengirim…") : t("Kirim sekarang")}</button></footer>`}`;
}

/** Whether the server said no to it, or to a picture of it. */
const isRefused = (item) => ["rejected", "conflict"].includes(item.state) || Object.keys(item.refused || {}).length > 0;

const mendOf = (item) => async () => go(visitPath((await work.reopen(item.id)).id));

/** What has arrived, or was set aside: nothing of it waits for a network. */
function Gone({ item, unit }) {
  const { act, busy, alert } = useAct();
  const zone = unit ? unit.zone : undefined;
  const isClosed = item.state === "closed";
  return html`<li class="card"><strong>${unit ? unit.name : item.unit}</strong>
    <small>${isClosed ? t("dikesampingkan oleh koordinator; isinya tetap di ponsel ini")
      : item.state === "replaced" ? t("diganti oleh perbaikan sesudahnya")
      : t("revisi {n}, diterima {when}", { n: item.revision || 1, when: moment(item.sent_at || item.handed_in_at, zone) })}</small>
    ${isClosed
      ? html`${item.reason && html`<p class="notice warn">${item.reason}</p>`}${alert}<button class="second" disabled=${busy} onClick=${() => act(mendOf(item))}>${t("Perbaiki")}</button>`
      : html`<small>${t("Tanda terima")} <code>${item.body_sha256.slice(0, 12)}</code></small>`}</li>`;
}

const stateName = (state) =>
  ({ waiting: t("menunggu jaringan"), sending: t("sedang dikirim"), photos: t("isian sudah di server, foto menyusul"), conflict: t("ada versi lain di server; keduanya disimpan, koordinator memilih"), rejected: t("perlu diperbaiki") })[state];

function Waits({ item, unit }) {
  const { act, busy, alert } = useAct();
  const moving = useProgress(item.key);
  const all = item.photos.length + 1;
  // what the server holds stays so whatever happens; of the piece on its way, the part that left
  const arrived = item.held.length + (item.state === "photos" ? 1 : 0) + (moving && moving.total ? moving.sent / moving.total : 0);
  return html`<li class="card ${item.state === "rejected" ? "state-wrong" : ""}">
    <strong>${unit ? unit.name : item.unit}</strong>
    <span>${moving ? t("sedang dikirim") : stateName(item.state)}</span>
    <small>${t("diserahkan {when}", { when: age(item.handed_in_at) })} · ${size(item.size)} · ${t("{a} dari {b} foto di server", { a: item.held.length, b: item.photos.length })}</small>
    <progress max=${all} value=${Math.min(arrived, all)} aria-label=${t("Kemajuan kiriman")}></progress>
    ${item.reason && isRefused(item) && html`<p class="notice wrong">${item.reason}</p>`}
    ${Object.values(item.refused || {}).map((why) => html`<p class="notice wrong">${why}</p>`)}
    ${alert}
    <p class="row">
      ${isRefused(item) && html`<button class="second" disabled=${busy} onClick=${() => act(() => work.retry(item.key))}>${t("Coba lagi")}</button>`}
      ${isRefused(item) && item.state !== "conflict" && html`<button disabled=${busy} onClick=${() => act(mendOf(item))}>${t("Perbaiki")}</button>`}
    </p>
  </li>`;
}
