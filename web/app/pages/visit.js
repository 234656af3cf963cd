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

const MARKS = { empty: "○", wrong: "!", proof: "▲", bare: "✓", done: "✓" };

const stateName = (state) =>
  ({ empty: t("kosong"), wrong: t("perlu diperiksa"), proof: t("bukti kurang"), bare: t("terisi"), done: t("selesai") })[state];

const told = (value) => (value === null ? "" : decimal(fixed(value)));

/** Opens the draft once; its list, its indicators and its handing in look at the same one. */
export function Visit({ app, id, part, at }) {
  const desk = useDraft(id);
  const known = useWork(async () => {
    const draft = await work.draft(id);
    if (!draft) return { instrument: null, unit: null, convention: undefined };
    const entry = (await work.assignments()).find((one) => one.assignment.evaluation === draft.evaluation);
    return {
      instrument: await work.instrument(draft.instrument),
      unit: await work.unit(draft.unit),
      convention: entry && entry.evaluation.convention,
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
  const states = Object.fromEntries(
    groups.flatMap((group) => group.indicators).map((one) => [one.key, standing(one, draft.findings[one.key], whole.judged[one.key])]),
  );
  const visit = { id, desk, draft, instrument, unit: known.unit, whole, groups, states };
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
  const { id, desk, draft, unit, whole, groups, states } = visit;
  const { act, alert } = useAct();
  const walk = (byPlace) => ((isByPlace = byPlace), desk.redraw());
  const photos = Object.values(draft.findings).reduce((sum, one) => sum + (one).evidence.length, 0);
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
      <h2 class="row"><span lang="id">${group.name}</span>${scored[group.code] && html`<small>${told(scored[group.code].score) || t("{a} dari {b}", { a: scored[group.code].filled, b: scored[group.code].total })}</small>`}</h2>
      <ul class="list tight">${group.indicators.map((one) => html`<li key=${one.key}>
        <a class="card line state-${states[one.key]}" href=${visitPath(id, one.key)}>
          <span lang="id">${one.name}${one.is_optional && html` <small>${t("(tambahan)")}</small>`}</span>
          <${Mark} state=${states[one.key]} isBack=${Boolean(draft.returned && draft.returned.reasons[one.key])} />
        </a></li>`)}</ul></section>`)}
    <label class="field">${t("Catatan kunjungan")}
      <textarea rows="3" maxlength="2000" value=${draft.note} onInput=${(event) => desk.change({ note: event.target.value })}></textarea></label>
    <${Sure} ...${draft.base_rev
      ? { label: t("Batalkan perubahan"), yes: t("Ya, batalkan"), question: t("Batalkan perubahan? Kunjungan kembali seperti yang terakhir diterima server; yang Anda ubah sesudahnya hilang dari ponsel ini.") }
      : { label: t("Hapus konsep"), yes: t("Ya, hapus"), question: t("Hapus konsep ini? {a} jawaban dan {b} bukti hilang dari ponsel ini dan tidak ada di tempat lain.", { a: whole.filled, b: photos }) }}
      act=${discard} />
    <footer class="thumb">
      <${Saved} visit=${visit} />
      <a class="button ${whole.missing.length ? "" : "second"}" href=${visitPath(id, draft.here || groups[0].indicators[0].key)}>${whole.filled ? t("Lanjutkan") : t("Mulai")}</a>
      <a class="button ${whole.missing.length ? "second" : ""}" href="#/visit/${id}/hand-in">${t("Serahkan")}</a>
    </footer>`;
}

/** How an indicator stands, in the list and on the last look alike. */
const Mark = ({ state, isBack = false }) => html`<b><i aria-hidden="true">${MARKS[state]}</i> ${isBack && state === "done" ? t("dikembalikan") : stateName(state)}</b>`;

const preview = (whole) =>
  whole.index === null ? "" : t("Perkiraan: {score} (dihitung ulang oleh server).", { score: told(whole.index) });

/** The last look before a visit leaves: what is missing is named, and one tap away. */
function HandIn({ visit }) {
  const { id, desk, unit, draft, whole, groups, states } = visit;
  const { act, busy, alert } = useAct();
  const all = groups.flatMap((group) => group.indicators);
  const open = all.filter((one) => whole.missing.includes(one.key) || states[one.key] === "wrong");
  const unproven = all.filter((one) => states[one.key] === "proof");
  const wrong = open.filter((one) => states[one.key] === "wrong").length;
  const empty = open.length - wrong;
  const lacking = !wrong ? t("{n} kosong", { n: empty }) : !empty ? t("{n} perlu diperiksa", { n: wrong }) : t("{a} kosong, {b} perlu diperiksa", { a: empty, b: wrong });
  const handIn = () =>
    act(async () => {
      await desk.settled();
      await work.handIn(desk.draft);
      go("#/tray");
    });
  const list = (some) => html`<ul class="list tight">${some.map((one) => html`<li><a class="card line state-${states[one.key]}" href=${visitPath(id, one.key)}><span lang="id">${one.name}</span><${Mark} state=${states[one.key]} /></a></li>`)}</ul>`;
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
