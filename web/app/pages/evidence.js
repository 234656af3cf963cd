/** Photos and words that show what was found. */
import { localTime, mark } from "../offline/clock.js";
import * as work from "../offline/work.js";
import { clock } from "../shared/format.js";
import { html, useEffect, useState } from "../shared/html.js";
import { isWords } from "../shared/score.js";
import { t } from "../shared/texts.js";
import { uuid7 } from "../shared/uuid7.js";
import { told } from "./parts.js";

const PICTURES = ["photo", "document", "screenshot"];

export const kindName = (kind) =>
  ({ photo: t("foto"), video: t("video"), screenshot: t("tangkapan layar"), document: t("dokumen"), observation: t("catatan pengamatan"), interview: t("catatan wawancara") })[kind];

const kindsOf = (indicator) => indicator.evidence_kinds || ["photo", "document", "screenshot", "observation", "interview"];

/** What a new picture shows, as far as the indicator leaves a choice; what its rule asks for comes first. @returns {any[]} */
function pictureKinds(indicator) {
  const asked = (indicator.evidence_rule || { kinds: [] }).kinds;
  const kinds = kindsOf(indicator);
  const wanted = PICTURES.filter((kind) => kinds.includes(kind));
  return [...wanted.filter((kind) => asked.includes(kind)), ...wanted.filter((kind) => !asked.includes(kind))];
}

/** Warnings of pictures taken on this screen, until "Pakai saja"; by piece. */
const warned = {};

/** A file input that looks like a button. The draft is on the phone before the camera takes over. */
function Camera({ label, source, proof, instead = "", look = "" }) {
  const { visit, indicator, put } = proof;
  const [state, setState] = useState({ busy: false, said: "" });
  const click = async (event) => {
    // mostly everything is written: then the browser opens the camera itself, which old phones insist on
    if (visit.desk.isSaved) return;
    const input = event.currentTarget;
    event.preventDefault();
    try {
      await visit.desk.settled();
      input.click();
    } catch (trouble) {
      setState({ busy: false, said: told(trouble) });
    }
  };
  const take = async (event) => {
    const input = event.currentTarget;
    const files = [...input.files];
    let said = "";
    for (const file of files) {
      setState({ busy: true, said: "" });
      try {
        const { piece, warnings } = await work.takePhoto(file, source);
        const kinds = pictureKinds(indicator);
        if (kinds.length && !kinds.includes(piece.kind)) piece.kind = kinds[0];
        const held = (visit.desk.draft.findings[indicator.key] || {}).evidence || [];
        const old = held.find((one) => one.id === instead);
        warned[piece.id] = warnings;
        put({ evidence: old ? held.map((one) => (one === old ? { ...piece, kind: old.kind, caption: old.caption } : one)) : [...held, piece] });
      } catch (trouble) {
        said = told(trouble);
      }
    }
    input.value = "";
    setState({ busy: false, said });
  };
  return html`<label class="button ${look}" aria-busy=${state.busy}>${state.busy ? t("Menyimpan…") : label}
      <input type="file" accept="image/*" capture=${source === "camera" ? "environment" : undefined} multiple=${source === "file" && !instead}
        disabled=${state.busy} onClick=${click} onChange=${take} /></label>
    ${state.said && html`<p class="notice wrong" role="alert">${state.said}</p>`}`;
}

/** The camera under the thumb, where the indicator takes pictures. */
export function Shutter(proof) {
  const takes = pictureKinds(proof.indicator).length > 0;
  useEffect(() => {
    // known by the time the picture is there; where it is not, the picture goes without
    if (takes) work.place();
  }, []);
  return takes && html`<${Camera} label=${t("Ambil foto")} source="camera" proof=${proof} look="main" />`;
}

export function Evidence(proof) {
  const { indicator, finding, put } = proof;
  const [gone, setGone] = useState(null);
  const pieces = finding.evidence || [];
  const kinds = kindsOf(indicator);
  const change = (id, facts) => put({ evidence: pieces.map((one) => (one.id === id ? { ...one, ...facts } : one)) });
  const remove = (piece) => {
    setGone(pieces);
    put({ evidence: pieces.filter((one) => one !== piece) });
  };
  const pictures = pieces.filter((one) => !isWords(one.kind));
  return html`
    <ul class="photos">${pictures.map((one, n) => html`<${Picture} key=${one.id} piece=${one} n=${n + 1} proof=${proof} change=${change} remove=${remove} />`)}</ul>
    <p role="status">${gone && html`${t("Foto dibuang.")} <button class="second" onClick=${() => (put({ evidence: gone }), setGone(null))}>${t("Urungkan")}</button>`}</p>
    ${pictureKinds(indicator).length > 0 && html`<${Camera} label=${t("Pilih berkas")} source="file" proof=${proof} look="second" />`}
    ${kinds.filter(isWords).map((kind) => html`<${Words} key=${kind} kind=${kind} pieces=${pieces} put=${put} />`)}`;
}

function Picture({ piece, n, proof, change, remove }) {
  const [url, show] = useState("");
  useEffect(() => {
    let made = "";
    let stays = true;
    work.photoUrl(piece.sha256).then((found) => {
      made = found || "";
      // one that this phone never had, or has given up, is on the server
      if (stays) show(made || `/api/inspections/evidence/${piece.sha256}/thumbnail`);
      else URL.revokeObjectURL(made);
    }, () => {});
    return () => {
      stays = false;
      URL.revokeObjectURL(made);
    };
  }, [piece.sha256]);
  const [, keep] = useState(0);
  const warnings = warned[piece.id] || [];
  const kinds = pictureKinds(proof.indicator);
  const use = () => {
    delete warned[piece.id];
    keep(1);
  };
  const what = { dark: t("gelap"), blurred: t("buram"), small: t("terlalu kecil") };
  return html`<li class="card">
    ${url ? html`<img src=${url} onError=${() => show("")} alt=${piece.caption || t("Foto {n}", { n })} />` : html`<p class="soft">${t("Foto {n}", { n })}</p>`}
    <small>${clock(piece.captured_at, proof.visit.unit ? proof.visit.unit.zone : "")} · ${piece.source === "camera" ? t("kamera") : t("berkas")}</small>
    ${warnings.length > 0 && html`<div class="notice warn" role="status"><p>${t("Foto ini tampak {what}.", { what: warnings.map((one) => what[one]).join(", ") })}</p>
      <button class="second" onClick=${use}>${t("Pakai saja")}</button></div>`}
    <label class="field">${t("Keterangan foto {n}", { n })}<input maxlength="2000" value=${piece.caption} onInput=${(event) => change(piece.id, { caption: event.target.value })} /></label>
    ${kinds.length > 1 && html`<label class="field">${t("Jenis bukti")}<select onChange=${(event) => change(piece.id, { kind: event.target.value })}>
      ${kinds.map((kind) => html`<option value=${kind} selected=${piece.kind === kind}>${kindName(kind)}</option>`)}</select></label>`}
    <p class="row"><${Camera} label=${t("Ulangi")} source="camera" proof=${proof} instead=${piece.id} look="second" />
      <button class="danger" aria-label=${t("Buang foto {n}", { n })} onClick=${() => remove(piece)}>${t("Buang")}</button></p>
  </li>`;
}

/** Evidence in words: one text per kind, gone when it is emptied. */
function Words({ kind, pieces, put }) {
  const piece = pieces.find((one) => one.kind === kind);
  const write = (event) => {
    const caption = event.target.value;
    const others = pieces.filter((one) => one !== piece);
    const fresh = { id: uuid7(), kind, captured_at: localTime(), clock: mark(), source: "file" };
    put({ evidence: caption ? [...others, { ...(piece || fresh), caption }] : others });
  };
  return html`<label class="field">${kind === "observation" ? t("Catatan pengamatan") : t("Catatan wawancara")}
    <small>${t("Siapa atau apa, dan apa yang terlihat atau dikatakan; paling sedikit 10 huruf.")}</small>
    <textarea rows="2" maxlength="2000" value=${piece ? piece.caption : ""} onInput=${write}></textarea></label>`;
}
