/** Beranda: what is to be visited, what was begun, what came back. */
import * as work from "../offline/work.js";
import { age, day, daysSince, moment, size, today } from "../shared/format.js";
import { away, distance } from "../shared/geo.js";
import { html, useState } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { Export, go, Title, useAct, useWork, visitPath, Waiting } from "./parts.js";

const UNSENT = ["waiting", "sending", "photos", "conflict", "rejected"];
const ROOM_LEAST = 1e8;
const DAYS_RED = 3;

export const isUnsent = (item) => UNSENT.includes(item.state);

const sameVisit = (a, b) =>
  a.evaluation === b.evaluation && a.unit === b.unit && a.form === b.form && (!b.service || a.service === b.service);

async function everything() {
  const [entries, drafts, items, storage, pulledAt] = await Promise.all([
    work.assignments(), work.drafts(), work.items(), work.storage(), work.pulledAt(),
  ]);
  return { rows: await rowsOf(entries, drafts, items), items, storage, pulledAt };
}

/** One row per visit: a draft, one that came back, one that was handed in, or one that is yet to be made. */
async function rowsOf(entries, drafts, items) {
  const rows = [];
  // only drafts need it, and a phone that opens for the first time has none
  const { score } = drafts.length ? await import("../shared/score.js") : { score: null };
  for (const draft of drafts) {
    const entry = entries.find((one) => sameVisit(draft, one.assignment)) || {
      unit: (await work.unit(draft.unit)) || { name: draft.unit, address: "", latitude: null },
      assignment: { due_day: null },
    };
    const instrument = await work.instrument(draft.instrument);
    const found = instrument && score && score(instrument.body, draft.findings);
    rows.push({ ...entry, draft, instrument, state: "draft", filled: found ? found.filled : 0, total: found ? found.total : 0 });
  }
  const bodies = items.filter(isUnsent).map((one) => ({ item: one, ...JSON.parse(one.body) }));
  for (const entry of entries) {
    const { assignment, inspection, instrument } = entry;
    const isOpen = instrument.body.per === "product" && !assignment.service;
    const queued = bodies.find((one) => sameVisit(one, assignment));
    const begun = drafts.some((one) => sameVisit(one, assignment));
    const isBack = inspection && inspection.state === "returned" && !(queued && queued.item.id === inspection.id);
    const isOver = inspection && ["submitted", "verified", "final"].includes(inspection.state);
    if (isBack && !drafts.some((one) => one.id === inspection.id)) rows.push({ ...entry, state: "returned" });
    else if (queued || isOver) rows.push({ ...entry, item: queued && queued.item, state: "done" });
    if (isOpen || !(begun || queued || isBack || isOver)) rows.push({ ...entry, state: "new" });
  }
  return rows;
}

export function Home({ app }) {
  const found = useWork(everything);
  const [wanted, want] = useState("");
  const [here, setHere] = useState(null);
  const { act, busy, alert } = useAct();
  if (!found) return html`<${Waiting} />`;
  const { rows, items, storage, pulledAt } = found;
  const nearest = () =>
    act(async () => {
      const place = here ? null : await work.place();
      if (!here && !place) throw { detail: t("Lokasi ponsel tidak diketahui. Izinkan lokasi, atau cari namanya.") };
      setHere(place);
    });
  const far = (row) => away(here, row.unit);
  const due = (row) => row.assignment.due_day || "9";
  const shown = rows
    .filter((row) => `${row.unit.name} ${row.unit.address}`.toLowerCase().includes(wanted.trim().toLowerCase()))
    .sort((a, b) => (here ? (far(a) === null ? 1e9 : Number(far(a))) - (far(b) === null ? 1e9 : Number(far(b))) : due(a) < due(b) ? -1 : 1));
  const of = (state) => shown.filter((row) => row.state === state);
  const count = (state) => rows.filter((row) => row.state === state).length;
  const list = (some) =>
    html`<ul class="list">${some.map((row) => html`<${Row} row=${row} far=${far(row)} />`)}</ul>`;
  const section = (state, name) =>
    of(state).length > 0 && html`<section><h2>${name}</h2>${list(of(state))}</section>`;
  return html`
    <${Title}>${t("Kunjungan Anda")}<//>
    <p class="lead">${rows.length
      ? t("{a} belum dimulai, {b} sedang diisi, {c} dikembalikan.", { a: count("new"), b: count("draft"), c: count("returned") })
      : t("Belum ada penugasan. Hubungi koordinator Anda, lalu ketuk “Muat ulang”.")}</p>
    <${Warnings} items=${items} storage=${storage} hasWork=${count("draft") + app.unsent > 0} />
    <div class="tools">
      <input type="search" aria-label=${t("Cari unit")} placeholder=${t("Cari unit")} value=${wanted} onInput=${(event) => want(event.target.value)} />
      <button class="second" aria-pressed=${Boolean(here)} disabled=${busy} onClick=${nearest}>${t("Terdekat")}</button>
    </div>
    ${alert}
    ${section("returned", t("Dikembalikan"))}
    ${section("draft", t("Sedang diisi"))}
    ${section("new", t("Akan dikunjungi"))}
    ${wanted && !shown.length && html`<p class="empty">${t("Tidak ada unit dengan nama itu di antara tugas Anda.")}</p>`}
    ${of("done").length > 0 && html`<details><summary>${t("Sudah diserahkan ({n})", { n: of("done").length })}</summary>${list(of("done"))}</details>`}
    <p class="soft row">
      <span>${pulledAt ? t("Daftar ini dari {when}.", { when: age(pulledAt) }) : t("Daftar belum pernah dimuat.")}</span>
      <button class="plain" disabled=${busy || !app.online} onClick=${() => act(work.refresh)}>${t("Muat ulang")}</button>
    </p>
    <footer class="thumb"><a class="button" href="#/scan">${t("Pindai QR loket")}</a></footer>`;
}

const stateOf = (state) =>
  state === "submitted" ? t("menunggu verifikasi") : state === "verified" ? t("terverifikasi") : t("final");

function Row({ row, far }) {
  const { act, busy, alert } = useAct();
  const { unit, assignment, draft, inspection, item } = row;
  const service = (draft || inspection || assignment).service;
  const named = service && (unit.services || []).find((one) => one.slug === service);
  const title = html`<strong>${unit.name}</strong>${named && html` <span>${named.name}</span>`}
    ${row.evaluation && html` <small lang="id">${row.evaluation.title} · ${assignment.form}</small>`}`;
  const due = assignment.due_day;
  const isLate = due && due < today() && row.state !== "done";
  const facts = [
    row.state === "draft" && t("{a} dari {b} terisi", { a: row.filled, b: row.total }),
    row.state === "draft" && t("diubah {when}", { when: age(draft.changed_at) }),
    row.state === "done" && (item ? t("menunggu terkirim") : stateOf(inspection.state)),
    row.state === "new" && t("belum dimulai"),
    due && !isLate && row.state !== "done" && (due === today() ? t("paling lambat hari ini") : t("paling lambat {day}", { day: day(due) })),
    far !== null && distance(far),
  ].filter(Boolean).join(" · ");
  const body = html`${title}<small>${isLate && html`<b class="late">${t("terlambat, batasnya {day}", { day: day(due) })}</b> · `}${facts}</small>
    ${row.state === "draft" && html`<progress max=${row.total || 1} value=${row.filled} aria-hidden="true"></progress>`}`;
  if (row.state === "returned") {
    const names = Object.fromEntries(row.instrument.body.parts.flatMap((part) => part.indicators.map((one) => [one.key, one.name])));
    const mend = () => act(async () => go(visitPath((await work.reopen(inspection.id)).id)));
    return html`<li class="card">${body}
      ${inspection.note && html`<p>${inspection.note}</p>`}
      <ul>${Object.keys(inspection.reasons).map((key) => html`<li><span lang="id">${names[key] || key}</span>: ${inspection.reasons[key]}</li>`)}</ul>
      ${alert}<button disabled=${busy} onClick=${mend}>${t("Perbaiki")}</button></li>`;
  }
  const path = row.state === "draft" ? visitPath(draft.id, draft.here) : row.state === "done" ? (item ? "#/tray" : "") : `#/begin/${assignment.id}`;
  return html`<li>${path ? html`<a class="card" href=${path}>${body}</a>` : html`<div class="card">${body}<small>${inspection.submitted_at && moment(inspection.submitted_at, unit.zone)}</small></div>`}</li>`;
}

/** What threatens the work on this phone, said before it bites. */
function Warnings({ items, storage, hasWork }) {
  const oldest = items.filter(isUnsent).map((one) => one.handed_in_at).sort()[0];
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

/** The place once more before a visit begins, so that nobody fills in the wrong one. */
export function Begin({ id }) {
  const { act, busy, alert } = useAct();
  const entries = useWork(() => work.assignments());
  const [service, choose] = useState("");
  if (!entries) return html`<${Waiting} />`;
  const entry = entries.find((one) => one.assignment.id === id);
  if (!entry) return html`<${Title}>${t("Penugasan ini tidak ada lagi")}<//><p>${t("Koordinator mengubahnya. Kunjungan lain ada di beranda.")}</p>`;
  const { unit, assignment, instrument, evaluation } = entry;
  const asks = instrument.body.per === "product" && !assignment.service;
  const begin = () => act(async () => go(visitPath((await work.begin(assignment, asks ? service : assignment.service)).id)));
  return html`
    <${Title}>${unit.name}<//>
    <p class="lead">${unit.address}</p>
    <p lang="id">${evaluation.title} · ${assignment.form}</p>
    <p>${t("{n} indikator. Jawaban dan foto tersimpan di ponsel sejak ketukan pertama.", { n: instrument.body.parts.reduce((sum, part) => sum + part.indicators.length, 0) })}</p>
    ${asks && html`<fieldset><legend>${t("Layanan yang dilihat")}</legend>
      ${unit.services.map((one) => html`<label class="choice"><input type="radio" name="service" checked=${service === one.slug} onChange=${() => choose(one.slug)} /> <span>${one.name}</span></label>`)}</fieldset>`}
    ${alert}
    <footer class="thumb"><button disabled=${busy || (asks && !service)} onClick=${begin}>${t("Mulai kunjungan")}</button></footer>`;
}
