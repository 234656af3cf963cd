/** A visit: everything it asks at a glance, how far it has come, and handing it in. */
import * as work from "../offline/work.js";
import { decimal } from "../shared/format.js";
import { html } from "../shared/html.js";
import { fixed, score, standing } from "../shared/score.js";
import { t } from "../shared/texts.js";
import { Failures, Saved, useDraft } from "./draft.js";
import { Indicator } from "./indicator.js";
import { go, Sure, Title, useAct, useWork, visitPath, Waiting } from "./parts.js";

/** The way through the visit that was chosen last. */
let isByPlace = false;

const MARKS = { empty: "○", wrong: "!", lost: "!", proof: "▲", bare: "✓", done: "✓" };

const stateName = (state) =>
  ({ empty: t("kosong"), wrong: t("perlu diperiksa"), lost: t("foto tidak terpakai"), proof: t("bukti kurang"), bare: t("terisi"), done: t("selesai") })[state];

const told = (value) => (value === null ? "" : decimal(fixed(value)));

/** Opens the draft once; its list, its indicators and its handing in look at the same one. */
export function Visit({ app, id, part, at }) {
  const desk = useDraft(id);
  const known = useWork(async () => {
    const draft = await work.draft(id);
    if (!draft) return { instrument: null };
    const entries = (await work.assignments()).filter((one) => one.assignment.evaluation === draft.evaluation);
    const told = entries.flatMap((one) => one.inspections).find((one) => one.id === id);
    return {
      instrument: await work.instrument(draft.instrument),
      unit: await work.unit(draft.unit),
      convention: entries.length ? entries[0].evaluation.convention : undefined,
      unusable: (told && told.unusable) || {},
    };
  }, () => false);
  const { draft } = desk;
  if (desk.trouble && !draft) throw desk.trouble;
  if (draft === undefined || !known) return html`<${Waiting} />`;
  if (!draft || !known.instrument || draft.person !== app.person.username) {
    return html`<${Title}>${t("Kunjungan ini tidak sedang diisi")}<//>
      <p>${t("Mungkin sudah diserahkan: lihat di “Belum terkirim”. Yang lain ada di beranda.")}</p>`;
  }
  const instrument = known.instrument.body;
  const whole = score(instrument, draft.findings, known.convention);
  const groups = groupsOf(instrument);
  const { unit, unusable } = known;
  const stateAt = (one) => {
    const finding = draft.findings[one.key];
    const state = standing(one, finding, whole.judged[one.key]);
    const isLost = state !== "wrong" && finding && (finding.evidence || []).some((piece) => unusable[piece.sha256]);
    return isLost ? "lost" : state;
  };
  const all = groups.flatMap((group) => group.indicators);
  const states = Object.fromEntries(all.map((one) => [one.key, stateAt(one)]));
  const visit = { id, desk, draft, instrument, unit, unusable, whole, groups, all, states };
  if (part === "at") return html`<${Indicator} key=${at} visit=${visit} at=${at} />`;
  return part === "hand-in" ? html`<${HandIn} visit=${visit} />` : html`<${List} visit=${visit} />`;
}

/** The indicators by aspect, or by where they are looked at. */
function groupsOf(instrument) {
  if (!isByPlace) return instrument.parts;
  const all = instrument.parts.flatMap((part) => part.indicators);
  return [
    { code: "here", name: t("Dilihat di tempat"), indicators: all.filter((one) => one.is_on_site) },
    { code: "desk", name: t("Dokumen dan wawancara"), indicators: all.filter((one) => !one.is_on_site) },
  ].filter((group) => group.indicators.length);
}

function List({ visit }) {
  const { id, desk, draft, unit, whole, groups, all } = visit;
  const { act, alert } = useAct();
  const walk = (byPlace) => ((isByPlace = byPlace), desk.redraw());
  const photos = Object.values(draft.findings).reduce((sum, one) => sum + (one.evidence || []).length, 0);
  const discard = () => act(async () => (await desk.quiet(), desk.forget(), await work.discard(id), go("#/")));
  const scored = Object.fromEntries(whole.parts.map((one) => [one.part.code, one]));
  const service = draft.service && unit && unit.services.find((one) => one.slug === draft.service);
  return html`
    <${Title}>${unit ? unit.name : draft.unit}<//>
    ${service && html`<p>${service.name}</p>`}
    <p class="lead">${t("{a} dari {b} terisi.", { a: whole.filled, b: whole.total })} ${preview(whole)}</p>
    <progress max=${whole.total || 1} value=${whole.filled} aria-hidden="true"></progress>
    ${draft.returned && draft.returned.note && html`<p class="notice warn">${t("Dikembalikan: {note}", { note: draft.returned.note })}</p>`}
    ${alert}
    <fieldset class="tabs"><legend class="hidden">${t("Urutan")}</legend>
      ${[false, true].map((byPlace) => html`<label><input type="radio" name="walk" checked=${isByPlace === byPlace} onChange=${() => walk(byPlace)} /><span>${byPlace ? t("Menurut tempat") : t("Menurut aspek")}</span></label>`)}
    </fieldset>
    ${groups.map((group) => html`<section key=${group.code}>
      <h2 class="row"><span lang="id">${group.name}</span>${scored[group.code] && scored[group.code].total > 0 && html`<small>${told(scored[group.code].score) || t("{a} dari {b}", { a: scored[group.code].filled, b: scored[group.code].total })}</small>`}</h2>
      <${Lines} visit=${visit} indicators=${group.indicators} /></section>`)}
    <label class="field">${t("Catatan kunjungan")}
      <textarea rows="3" maxlength="2000" autocomplete="off" value=${draft.note} onInput=${(event) => desk.change({ note: event.target.value })}></textarea></label>
    <${Sure} ...${draft.base_rev
      ? { label: t("Batalkan perubahan"), yes: t("Ya, batalkan"), question: t("Batalkan perubahan? Kunjungan kembali seperti yang terakhir diterima server; yang Anda ubah sesudahnya hilang dari ponsel ini.") }
      : { label: t("Hapus konsep"), yes: t("Ya, hapus"), question: t("Hapus konsep ini? {a} jawaban dan {b} bukti hilang dari ponsel ini dan tidak ada di tempat lain.", { a: whole.filled, b: photos }) }}
      act=${discard} />
    <footer class="thumb">
      <${Saved} visit=${visit} />
      <a class="button ${whole.missing.length ? "" : "second"}" href=${visitPath(id, draft.here || all[0].key)}>${whole.filled ? t("Lanjutkan") : t("Mulai")}</a>
      <a class="button ${whole.missing.length ? "second" : ""}" href="#/visit/${id}/hand-in">${t("Serahkan")}</a>
    </footer>`;
}

/** Indicators and how they stand, in the list and on the last look alike. */
function Lines({ visit, indicators }) {
  const { id, draft, states } = visit;
  const isBack = (key) => draft.returned && draft.returned.reasons[key] && states[key] === "done";
  return html`<ul class="list tight">${indicators.map(({ key, name, is_optional }) => html`<li key=${key}>
    <a class="card line state-${states[key]}" href=${visitPath(id, key)}>
      <span lang="id">${name}${is_optional && html` <small>${t("(tambahan)")}</small>`}</span>
      <b><i aria-hidden="true">${MARKS[states[key]]}</i> ${isBack(key) ? t("dikembalikan") : stateName(states[key])}</b>
    </a></li>`)}</ul>`;
}

const preview = (whole) =>
  whole.index === null ? "" : t("Perkiraan: {score} (dihitung ulang oleh server).", { score: told(whole.index) });

/** The last look before a visit leaves: what is missing is named, and one tap away. */
function HandIn({ visit }) {
  const { id, desk, unit, draft, whole, all, states } = visit;
  const { act, busy, alert } = useAct();
  const open = all.filter((one) => whole.missing.includes(one.key) || states[one.key] === "wrong");
  const unproven = all.filter((one) => states[one.key] === "proof" || (states[one.key] === "lost" && !open.includes(one)));
  const wrong = open.filter((one) => states[one.key] === "wrong").length;
  const empty = open.length - wrong;
  const lacking = !wrong ? t("{n} kosong", { n: empty }) : !empty ? t("{n} perlu diperiksa", { n: wrong }) : t("{a} kosong, {b} perlu diperiksa", { a: empty, b: wrong });
  const handIn = () =>
    act(async () => {
      await desk.settled();
      await work.handIn(desk.draft);
      go("#/tray");
    });
  const list = (some) => html`<${Lines} visit=${visit} indicators=${some} />`;
  return html`
    <${Title}>${open.length ? t("Belum dapat diserahkan") : t("Serahkan kunjungan ini?")}<//>
    <p class="lead">${unit ? unit.name : draft.unit}: ${t("{a} dari {b} terisi.", { a: whole.filled, b: whole.total })} ${preview(whole)}</p>
    ${open.length > 0 && html`<section><h2>${lacking}</h2>${list(open)}</section>`}
    ${unproven.length > 0 && html`<section><h2>${t("Bukti kurang ({n})", { n: unproven.length })}</h2>
      <p>${t("Boleh diserahkan, tetapi belum dapat diverifikasi sebelum buktinya ada.")}</p>${list(unproven)}</section>`}
    ${!open.length && html`<p>${t("Sesudah diserahkan, kunjungan tersimpan di ponsel dan terkirim sendiri begitu ada jaringan.")}</p>`}
    ${alert}
    <footer class="thumb">
      <${Failures} visit=${visit} />
      ${desk.underWay.length > 0 && html`<p class="saved" role="status">${t("{n} foto sedang disimpan…", { n: desk.underWay.length })}</p>`}
      <a class="button second" href=${visitPath(id)}>${t("Kembali")}</a>
      ${open.length
        ? html`<a class="button" href=${visitPath(id, open[0].key)}>${t("Ke yang pertama")}</a>`
        : html`<button disabled=${busy || desk.underWay.length > 0 || desk.failures.length > 0} onClick=${handIn}>${busy ? t("Menyimpan…") : t("Ya, serahkan")}</button>`}
    </footer>`;
}
