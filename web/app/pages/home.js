/** Beranda: what is to be visited, what was begun, what came back. */
import * as work from "../offline/work.js";
import { age, day, daysSince, moment, size, today } from "../shared/format.js";
import { away, distance } from "../shared/geo.js";
import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { Export, first, form, go, Title, useAct, useWork, visitPath, Waiting } from "./parts.js";

const ROOM_LEAST = 1e8;
const DAYS_RED = 3;

/** What a visit that the server has means here; one that is not handed in yet is still to be made. */
const STATES = { returned: "returned", submitted: "done", verified: "done", final: "done" };

async function everything() {
  const [entries, drafts, items, storage, pulledAt] = await Promise.all([
    work.assignments(), work.drafts(), work.items(), work.storage(), work.pulledAt(),
  ]);
  return { rows: await rowsOf(entries, drafts), items, storage, pulledAt };
}

/** One row per visit: a draft, one that came back, one that was handed in; and what is yet to be made. */
async function rowsOf(entries, drafts) {
  const rows = new Map();
  for (const entry of entries) {
    const { assignment, instrument, inspections, items } = entry;
    const mine = [...entry.drafts, ...inspections, ...items];
    for (const id of new Set(mine.map((one) => one.id))) {
      const of = (some) => some.find((one) => one.id === id);
      const [draft, inspection, item] = [of(entry.drafts), of(inspections), of(items)];
      const state = draft ? "draft" : item ? "done" : STATES[inspection.state];
      const { service } = draft || inspection || item;
      if (state && !rows.has(id)) rows.set(id, { ...entry, key: id, service, draft, inspection, item, state });
    }
    const isOpen = instrument.body.per === "product" && !assignment.service;
    if (isOpen || !mine.some((one) => rows.has(one.id))) rows.set(assignment.id, { ...entry, key: assignment.id, service: assignment.service, state: "new" });
  }
  for (const draft of drafts) {
    if (rows.has(draft.id)) continue;
    const unit = (await work.unit(draft.unit)) || { name: draft.unit, address: "", latitude: null };
    rows.set(draft.id, { key: draft.id, unit, assignment: { due_day: null }, service: draft.service, draft, state: "draft" });
  }
  // only drafts need it, and a phone that opens for the first time has none
  const { score } = drafts.length ? await import("../shared/score.js") : { score: null };
  for (const row of rows.values()) {
    const instrument = row.draft && (await work.instrument(row.draft.instrument));
    if (instrument && score) Object.assign(row, score(instrument.body, row.draft.findings));
  }
  return [...rows.values()];
}

/** `id` is what to search for, where a counter's code led here. */
export function Home({ app, id = "" }) {
  const found = useWork(everything);
  const [wanted, want] = useState(id);
  const [here, setHere] = useState(null);
  const { act, busy, alert } = useAct();
  if (!found) return html`<${Waiting} />`;
  const { rows, items, storage, pulledAt } = found;
  if (!pulledAt && !rows.length) return html`<${First} app=${app} />`;
  const nearest = () =>
    act(async () => {
      const place = here ? null : await work.place();
      if (!here && !place) throw { detail: t("Lokasi ponsel tidak diketahui. Izinkan lokasi, atau cari namanya.") };
      setHere(place);
    });
  const far = (row) => away(here, row.unit);
  const order = (row) => (here ? [far(row) === null ? Infinity : far(row)] : [row.assignment.due_day || "9", row.unit.name]);
  const shown = rows
    .filter((row) => `${row.unit.name} ${row.unit.address}`.toLowerCase().includes(wanted.trim().toLowerCase()))
    .sort((a, b) => inOrder(order(a), order(b)));
  const of = (state) => shown.filter((row) => row.state === state);
  const count = (state) => rows.filter((row) => row.state === state).length;
  const list = (some) =>
    html`<ul class="list">${some.map((row) => html`<${Row} key=${row.key} row=${row} far=${far(row)} />`)}</ul>`;
  const section = (state, name) =>
    of(state).length > 0 && html`<section><h2>${name}</h2>${list(of(state))}</section>`;
  return html`
    <${Title}>${t("Kunjungan Anda")}<//>
    <p class="lead">${rows.length
      ? t("{a} belum dimulai, {b} sedang diisi, {c} dikembalikan.", { a: count("new"), b: count("draft"), c: count("returned") })
      : t("Belum ada penugasan. Hubungi koordinator Anda, lalu ketuk “Muat ulang”.")}</p>
    <${Warnings} items=${items} storage=${storage} hasWork=${count("draft") + app.unsent > 0} />
    <div class="tools">
      <input type="search" autocomplete="off" aria-label=${t("Cari unit")} placeholder=${t("Cari unit")} value=${wanted} onInput=${(event) => want(event.target.value)} />
      <button class="second" aria-pressed=${Boolean(here)} disabled=${busy} onClick=${nearest}>${t("Terdekat")}</button>
    </div>
    ${alert}
    ${section("returned", t("Dikembalikan"))}
    ${section("draft", t("Sedang diisi"))}
    ${section("new", t("Akan dikunjungi"))}
    ${wanted && !shown.length && html`<p role="status">${t("Tidak ada unit dengan nama itu di antara tugas Anda.")}</p>`}
    ${of("done").length > 0 && html`<details><summary>${t("Sudah diserahkan ({n})", { n: of("done").length })}</summary>${list(of("done"))}</details>`}
    <p class="soft row">
      <span>${pulledAt ? t("Diperbarui {when}.", { when: age(pulledAt) }) : t("Daftar belum pernah dimuat.")}</span>
      <button class="plain" disabled=${busy || !app.online} onClick=${() => act(work.refresh)}>${t("Muat ulang")}</button>
    </p>
    <footer class="thumb"><a class="button" href="#/scan">${t("Pindai QR loket")}</a></footer>`;
}

/** By the first in which two lists differ. */
function inOrder(some, others) {
  const at = some.findIndex((one, n) => one !== others[n]);
  return at < 0 ? 0 : some[at] < others[at] ? -1 : 1;
}

const stateOf = (state) =>
  state === "submitted" ? t("menunggu verifikasi") : state === "verified" ? t("terverifikasi") : t("final");

/** Right after signing in: the list is on its way, or says what keeps it. */
function First({ app }) {
  const load = () => first.load(work.refresh, app.redraw).catch(app.redraw);
  useEffect(() => void (first.said || load()), []);
  return html`<${Title}>${t("Kunjungan Anda")}<//>
    ${first.said
      ? html`<p class="lead">${t("Daftar belum dapat dimuat.")}</p><p role="alert">${first.said}</p><button onClick=${() => (load(), app.redraw())}>${t("Muat ulang")}</button>`
      : html`<p class="lead" role="status">${t("Daftar tugas sedang dimuat…")}</p>`}`;
}

function Row({ row, far }) {
  const { act, busy, alert } = useAct();
  const { unit, assignment, draft, inspection, item } = row;
  const named = row.service && (unit.services || []).find((one) => one.slug === row.service);
  const title = html`<strong>${unit.name}</strong>${named && html` <span>${named.name}</span>`}
    ${row.evaluation && html` <small lang="id">${row.evaluation.title} · ${form(assignment.form)}</small>`}`;
  const lost = Object.keys((inspection && inspection.unusable) || {}).length;
  const due = assignment.due_day;
  const isLate = due && due < today() && row.state !== "done";
  const facts = [
    row.state === "draft" && t("{a} dari {b} terisi", { a: row.filled, b: row.total }),
    row.state === "draft" && t("diubah {when}", { when: age(draft.changed_at) }),
    row.state === "done" && (item ? (work.isWaiting(item) ? t("menunggu terkirim") : t("perlu Anda lihat")) : stateOf(inspection.state)),
    row.state === "new" && t("belum dimulai"),
    due && !isLate && row.state !== "done" && (due === today() ? t("paling lambat hari ini") : t("paling lambat {day}", { day: day(due) })),
    far !== null && distance(far),
  ].filter(Boolean).join(" · ");
  const body = html`${title}<small>${isLate && html`<b class="late">${t("terlambat, batasnya {day}", { day: day(due) })}</b> · `}${facts}</small>
    ${row.state === "draft" && html`<progress max=${row.total || 1} value=${row.filled} aria-hidden="true"></progress>`}`;
  if (row.state === "returned") {
    const names = Object.fromEntries(row.instrument.body.parts.flatMap((part) => part.indicators.map((one) => [one.key, one.name])));
    const keys = Object.keys(inspection.reasons);
    const mend = () => act(async () => go(visitPath((await work.reopen(inspection.id)).id)));
    return html`<li class="card">${body}
      ${inspection.note && html`<p>${inspection.note}</p>`}
      ${alert}<button disabled=${busy} onClick=${mend}>${t("Perbaiki")}</button>
      ${keys.length > 0 && html`<details><summary>${t("{n} alasan", { n: keys.length })}</summary><ul>${keys.map((key) => html`<li><span lang="id">${names[key] || key}</span>: ${inspection.reasons[key]}</li>`)}</ul></details>`}</li>`;
  }
  const path = row.state === "draft" ? visitPath(draft.id, draft.here) : item ? "#/tray" : `#/begin/${[assignment.id, row.service].filter(Boolean).join("/")}`;
  return html`<li><a class="card" href=${path}>${body}
    ${inspection && row.state === "done" && inspection.submitted_at && html`<small>${moment(inspection.submitted_at, unit.zone)}</small>`}
    ${lost > 0 && html`<small class="late">${t("{n} foto tidak terpakai", { n: lost })}</small>`}</a></li>`;
}

/** What threatens the work on this phone, said before it bites. */
function Warnings({ items, storage, hasWork }) {
  const oldest = items.filter(work.isWaiting).map((one) => one.handed_in_at).sort()[0];
  const isOld = oldest && daysSince(oldest) > DAYS_RED;
  const free = storage.quota - storage.usage;
  const isApple = /** @type {any} */ (navigator).standalone === false;
  return html`
    ${isOld && html`<div class="notice wrong" role="alert">
      <p>${t("Ada kiriman yang menunggu sejak {when}. Cari sinyal dan kirim, atau simpan ke berkas dan antar ke koordinator.", { when: age(oldest) })}</p>
      <${Export} /></div>`}
    ${storage.quota > 0 && free < ROOM_LEAST && html`<p class="notice warn">${t("Ruang ponsel tinggal {size}. Kirim yang menunggu atau hapus berkas lain, sebelum foto tidak muat lagi.", { size: size(Math.max(free, 0)) })}</p>`}
    ${isApple && !storage.installed && html`<p class="notice warn">${t("Tambahkan Loket ke layar utama: ketuk Bagikan, lalu “Tambah ke Layar Utama”. Tanpa itu iPhone dapat menghapus isinya setelah 7 hari.")}</p>`}
    ${!isApple && hasWork && !storage.persisted && html`<p class="notice">${t("Peramban ini belum menjamin penyimpanan. Pasang Loket di layar utama, dan jangan hapus data peramban sebelum semua terkirim.")}</p>`}`;
}
