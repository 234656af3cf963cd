/** One indicator: what counts, the answer under the thumb, and the evidence. */
import { decimal } from "../shared/format.js";
import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { Saved } from "./draft.js";
import { Doubt, Evidence, Latest, Shutter, kindName } from "./evidence.js";
import { Title, visitPath } from "./parts.js";

const OPTIONS_MOST = 11;

export function Indicator({ visit, at }) {
  const { id, desk, draft, instrument, whole, groups, all, states } = visit;
  const number = all.findIndex((one) => one.key === at);
  const indicator = all[number];
  useEffect(() => {
    // so that the app reopens here, whatever becomes of it meanwhile
    if (indicator && draft.here !== at) desk.change({ here: at });
  }, []);
  if (!indicator) return html`<${Title}>${t("Indikator ini tidak ada pada instrumen kunjungan")}<//>`;
  const group = groups.find((one) => one.indicators.includes(indicator));
  const finding = draft.findings[at] || {};
  const judged = whole.judged[at];
  const put = (facts) => desk.put(at, facts);
  const returned = draft.returned && draft.returned.reasons[at];
  const step = (to) => all[to] && visitPath(id, all[to].key);
  const rule = indicator.evidence_rule;
  const proof = { visit, indicator, finding, put };
  return html`
    <p class="soft">${t("Indikator {a} dari {b}", { a: number + 1, b: all.length })} · <a href=${visitPath(id)} lang="id">${group.name}</a></p>
    <${Title} top>${html`<span id="indicator" lang="id">${indicator.name}</span>`}<//>
    ${returned && html`<p class="notice warn">${t("Dikembalikan: {note}", { note: returned })}</p>`}
    ${indicator.hints && html`<details><summary>${t("Yang dilihat")}</summary><ul lang="id">${indicator.hints.map((one) => html`<li>${one}</li>`)}</ul></details>`}
    ${!finding.not_applicable && html`<${Answer} instrument=${instrument} indicator=${indicator} finding=${finding} judged=${judged} put=${put} />`}
    ${instrument.not_applicable === "leaves" && html`<label class="choice"><input type="checkbox" checked=${Boolean(finding.not_applicable)}
      onChange=${(event) => put({ ...NOTHING, not_applicable: event.target.checked || undefined })} /> <span>${t("Tidak berlaku di sini")}</span></label>`}
    ${judged.fault && html`<p class="notice warn" id="fault" role="status">${faultText(judged.fault, instrument, indicator)}</p>`}
    <label class="field">${indicator.scoring.type === "level" ? t("Alasan nilai (wajib)") : t("Catatan")}
      <small>${t("Ketuk mikrofon di papan ketik untuk mendikte.")}</small>
      <textarea rows="2" maxlength="2000" autocomplete="off" aria-describedby=${judged.fault === "reason" ? "fault" : undefined} aria-invalid=${judged.fault === "reason" ? "true" : undefined} value=${finding.note || ""} onInput=${(event) => put({ note: event.target.value })}></textarea></label>
    <section aria-labelledby="proof"><h2 id="proof">${t("Bukti")}</h2>
      ${rule && html`<p class=${states[at] === "proof" ? "notice warn" : "soft"}>${t("Nilai di atas {above} perlu {n} {kinds}.", { above: decimal(rule.above || 0), n: rule.least || 1, kinds: rule.kinds.map(kindName).join(t(" atau ")) })}</p>`}
      ${indicator.evidence && html`<ul lang="id" class="soft">${indicator.evidence.map((one) => html`<li>${one}</li>`)}</ul>`}
      <${Evidence} ...${proof} />
    </section>
    <footer class="thumb">
      <${Doubt} ...${proof} />
      <${Saved} visit=${visit}><${Latest} finding=${finding} /><//>
      <a class="button second narrow" href=${step(number - 1) || visitPath(id)} aria-label=${number ? t("Sebelumnya") : t("Daftar")}>‹</a>
      <${Shutter} ...${proof} />
      <a class="button ${step(number + 1) && states[at] === "empty" ? "second" : ""}" href=${step(number + 1) || `#/visit/${id}/hand-in`}>${!step(number + 1) ? t("Periksa") : states[at] === "empty" ? t("Lewati") : t("Berikutnya")}</a>
    </footer>`;
}

const NOTHING = { value: undefined, items: undefined, done: undefined, planned: undefined, months: undefined };

function faultText(fault, { scale }, { scoring }) {
  if (fault === "half") return t("Isi dua-duanya: yang selesai dan yang direncanakan.");
  if (fault === "words") return t("Lengkapi keterangan bukti: paling sedikit 10 huruf.");
  if (fault === "reason") {
    return scoring.type === "level" ? t("Tulis alasan nilai ini pada catatan: sumbernya tidak menguraikan tingkat.") : t("Nilai ini lain daripada hitungannya: tulis alasannya pada catatan.");
  }
  if (scoring.type === "percent") return t("Periksa angkanya: yang selesai dari 0 sampai yang direncanakan.");
  return t("Periksa angkanya: dari {a} sampai {b}.", { a: decimal(scale.lowest), b: decimal(scale.highest) });
}

/** The control that fits the indicator's rule. */
function Answer({ instrument, indicator, finding, judged, put }) {
  const rule = indicator.scoring;
  const { lowest, highest, step } = instrument.scale;
  const scale = { lowest: Number(lowest), highest: Number(highest), step: Number(step || 1) };
  const options = Math.round((scale.highest - scale.lowest) / scale.step) + 1;
  const legend = { ladder: t("Tingkat yang sesuai"), level: t("Nilai"), presence: t("Ada atau tidak?"), count: t("Yang ada"), points: t("Nilai"), percent: rule.measure, months: t("Lamanya") }[rule.type];
  const radio = (value, text) => html`<label class="choice"><input type="radio" name=${`value-${indicator.key}`}
    checked=${finding.value !== undefined && Number(finding.value) === value} onChange=${() => put({ value })} /> <span>${text}</span></label>`;
  const isWrong = judged.fault === "scale" || judged.fault === "half";
  const amount = (name, label, isWhole = true) => html`<${Amount} key=${name} label=${label} isWhole=${isWhole} isWrong=${isWrong} value=${finding[name]} set=${(value) => put({ [name]: value })} />`;
  const between = t("Nilai ({a} sampai {b})", { a: decimal(lowest), b: decimal(highest) });
  const isCounted = ["count", "percent", "months"].includes(rule.type);
  return html`<fieldset aria-labelledby="indicator asks"><legend id="asks" lang=${rule.measure ? "id" : undefined}>${legend}</legend>
      ${rule.type === "ladder" && Object.keys(rule.levels).sort((a, b) => Number(a) - Number(b)).map((level) => radio(Number(level), html`<b>${level}</b> <span lang="id">${rule.levels[level]}</span>`))}
      ${rule.type === "presence" && html`<div class="pair">${radio(1, t("Ada"))}${radio(0, t("Tidak ada"))}</div>`}
      ${rule.type === "level" && options <= OPTIONS_MOST && html`<div class="steps">${Array.from({ length: options }, (_, n) => scale.lowest + n * scale.step).map((value) => radio(value, html`<b>${decimal(value)}</b>`))}</div>`}
      ${(rule.type === "points" || (rule.type === "level" && options > OPTIONS_MOST)) && amount("value", between, false)}
      ${rule.type === "count" && html`<${Items} rule=${rule} finding=${finding} put=${put} />`}
      ${rule.type === "percent" && html`<div class="pair">${amount("done", t("Yang selesai"))}${amount("planned", t("Yang direncanakan"))}</div>`}
      ${rule.type === "months" && amount("months", t("Berapa bulan"))}
      ${isCounted && html`<p class="computed" role="status">${judged.computed !== null && html`${t("Nilai menurut hitungan: {n}", { n: decimal(judged.computed) })} ${reached(rule, judged.computed)}`}</p>`}
    </fieldset>
    ${isCounted && (judged.computed !== null || finding.value !== undefined) && html`<details open=${finding.value !== undefined}><summary>${t("Nilai lain daripada hitungan")}</summary>${amount("value", between, false)}</details>`}
    ${(judged.filled || judged.fault === "scale" || judged.fault === "half") && html`<button class="plain" onClick=${() => put(NOTHING)}>${t("Kosongkan jawaban")}</button>`}`;
}

/** What a level that was counted stands for. */
function reached({ within, levels }, level) {
  if (!within) return levels && html`· <span lang="id">${levels[level]}</span>`;
  const months = within[level];
  return months === undefined ? t("(lebih dari {n} bulan)", { n: Math.max(...Object.values(within)) }) : t("(paling lama {n} bulan)", { n: months });
}

function Items({ rule, finding, put }) {
  const { items } = finding;
  const box = (checked, text, set) => html`<label class="choice"><input type="checkbox" checked=${checked} onChange=${(event) => set(event.target.checked)} /> <span>${text}</span></label>`;
  const item = (one) => box((items || []).includes(one.key), html`<span lang="id">${one.text}</span>`, (on) => {
    const left = (items || []).filter((key) => key !== one.key);
    put({ items: on ? [...left, one.key] : left.length ? left : undefined });
  });
  return html`${rule.required && html`<p><b>${t("Wajib ada")}</b></p>${rule.required.map(item)}<p><b>${t("Lainnya")}</b></p>`}
    ${rule.items.map(item)}
    ${box(Boolean(items) && !items.length, t("Tidak satu pun"), (on) => put({ items: on ? [] : undefined }))}`;
}

/** A number as it is typed, comma or point; what cannot be read is kept as typed, and said. */
function Amount({ label, value, set, isWhole, isWrong }) {
  const [text, type] = useState(value === undefined || Number.isNaN(value) ? "" : decimal(value));
  useEffect(() => {
    if (value === undefined) type("");
  }, [value]);
  const input = (event) => {
    const typed = event.target.value.trim().replace(",", ".");
    const fits = /^\d{1,9}$/.test(typed);
    type(event.target.value);
    set(typed === "" ? undefined : isWhole ? (fits ? Number(typed) : NaN) : typed);
  };
  return html`<label class="field">${label}<input inputmode=${isWhole ? "numeric" : "decimal"} autocomplete="off" maxlength="16" aria-describedby=${isWrong ? "fault" : undefined} aria-invalid=${isWrong ? "true" : undefined} value=${text} onInput=${input} /></label>`;
}
