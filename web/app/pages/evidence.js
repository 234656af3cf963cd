/** Photos and words that show what was found. */
import { localTime, mark } from "../offline/clock.js";
import * as work from "../offline/work.js";
import { clock } from "../shared/format.js";
import { html, useEffect, useRef, useState } from "../shared/html.js";
import { isWords } from "../shared/score.js";
import { t } from "../shared/texts.js";
import { uuid7 } from "../shared/uuid7.js";
import { useAct } from "./parts.js";

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

/** What was found wrong with pictures taken since the app opened, emptied by "Pakai saja"; by piece. */
const warned = {};

/** A file input that looks like a button. The draft is on the phone before the camera takes over. */
function Camera({ label, name, source, proof, instead = "", look = "" }) {
  const { visit, indicator } = proof;
  const { desk } = visit;
  const { act, alert } = useAct();
  const click = (event) => {
    // mostly everything is written: then the browser opens the camera itself, which old phones insist on
    if (desk.isSaved) return;
    const input = event.currentTarget;
    event.preventDefault();
    act(async () => (await desk.written(), input.click()));
  };
  const take = (event) => {
    const input = event.currentTarget;
    for (const file of input.files) desk.take(indicator.key, () => kept(file, source, proof, instead));
    input.value = "";
  };
  return html`<label class="button ${look}">${label}
      <input type="file" accept="image/*" aria-label=${name} capture=${source === "camera" ? "environment" : undefined} multiple=${source === "file" && !instead}
        onClick=${click} onChange=${take} /></label>
    ${alert}`;
}

/** From a file to a piece of the visit, which may be left meanwhile. */
async function kept(file, source, { visit, indicator }, instead) {
  const { piece, warnings } = await work.takePhoto(file, source);
  const kinds = pictureKinds(indicator);
  if (kinds.length && !kinds.includes(piece.kind)) piece.kind = kinds[0];
  warned[piece.id] = warnings;
  await work.addPiece(visit.id, indicator.key, piece, instead);
}

/** The camera under the thumb, where the indicator takes pictures, and how many there are. */
export function Shutter(proof) {
  const takes = pictureKinds(proof.indicator).length > 0;
  useEffect(() => {
    // known by the time the picture is there; where it is not, the picture goes without
    if (takes) work.place();
  }, []);
  const n = picturesOf(proof.finding).length;
  return takes && html`<${Camera} label=${n ? t("Ambil foto ({n})", { n }) : t("Ambil foto")} source="camera" proof=${proof} look="main" />`;
}

/** The last picture above the thumb, so that nobody scrolls to see whether it is there. */
export function Latest({ finding }) {
  const last = picturesOf(finding).pop();
  return last && warned[last.id] ? html`<${Thumbnail} key=${last.sha256} piece=${last} />` : null;
}

/** What is wrong with a picture just taken: taken again, or left so, without scrolling. */
export function Doubt(proof) {
  const piece = picturesOf(proof.finding).filter(isDoubtful).pop();
  if (!piece) return null;
  const use = () => {
    warned[piece.id] = [];
    proof.visit.desk.redraw();
  };
  return html`<div class="notice warn row"><span role="status">${doubtText(piece)}</span>
    <${Camera} key=${piece.id} label=${t("Ulangi")} source="camera" proof=${proof} instead=${piece.id} look="second" />
    <button class="second" onClick=${use}>${t("Pakai saja")}</button></div>`;
}

const isDoubtful = (piece) => (warned[piece.id] || []).length > 0;

function doubtText(piece) {
  const what = { dark: t("gelap"), blurred: t("buram"), small: t("terlalu kecil") };
  return t("Foto ini tampak {what}.", { what: warned[piece.id].map((one) => what[one]).join(", ") });
}

const picturesOf = (finding) => (finding.evidence || []).filter((one) => !isWords(one.kind));

export function Evidence(proof) {
  const { indicator, finding, put } = proof;
  const [gone, setGone] = useState(null);
  const pieces = finding.evidence || [];
  const kinds = kindsOf(indicator);
  const change = (id, facts) => put({ evidence: pieces.map((one) => (one.id === id ? { ...one, ...facts } : one)) });
  const remove = (piece) => {
    setGone({ piece, at: pieces.indexOf(piece) });
    put({ evidence: pieces.filter((one) => one !== piece) });
  };
  const bringBack = () => {
    put({ evidence: [...pieces.slice(0, gone.at), gone.piece, ...pieces.slice(gone.at)] });
    setGone(null);
  };
  const pictures = picturesOf(finding);
  return html`
    ${pictures.length > 0 && html`<ul class="photos">${pictures.map((one, n) => html`<${Picture} key=${one.id} piece=${one} n=${n + 1} proof=${proof} change=${change} remove=${remove} />`)}</ul>`}
    <div role="status">${gone && html`<${Undo} key=${gone.piece.id} act=${bringBack} />`}</div>
    ${pictureKinds(indicator).length > 0 && html`<${Camera} label=${t("Pilih berkas")} source="file" proof=${proof} look="second" />`}
    ${kinds.filter(isWords).map((kind) => html`<${Words} key=${kind} kind=${kind} pieces=${pieces} put=${put} />`)}`;
}

/** Takes the focus, because the button that was tapped is gone with its picture. */
function Undo({ act }) {
  const button = useRef(null);
  useEffect(() => button.current.focus(), []);
  return html`<p class="row"><span>${t("Foto dibuang.")}</span> <button class="second" ref=${button} onClick=${act}>${t("Urungkan")}</button></p>`;
}

function Thumbnail({ piece, name = "" }) {
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
  return url ? html`<img src=${url} onError=${() => show("")} alt=${name} />` : html`<span class="soft">${name}</span>`;
}

function Picture({ piece, n, proof, change, remove }) {
  const kinds = pictureKinds(proof.indicator);
  const why = proof.visit.unusable[piece.sha256];
  return html`<li class="card">
    <${Thumbnail} key=${piece.sha256} piece=${piece} name=${piece.caption || t("Foto {n}", { n })} />
    <small>${clock(piece.captured_at, proof.visit.unit ? proof.visit.unit.zone : "")} · ${piece.source === "camera" ? t("kamera") : t("berkas")}</small>
    ${why && html`<p class="notice wrong">${t("Foto ini tidak dapat dipakai.")} <span lang="id">${why}</span></p>`}
    ${isDoubtful(piece) && html`<p class="notice warn">${doubtText(piece)}</p>`}
    <label class="field">${t("Keterangan foto {n}", { n })}<input maxlength="2000" autocomplete="off" value=${piece.caption} onInput=${(event) => change(piece.id, { caption: event.target.value })} /></label>
    ${kinds.length > 1 && html`<label class="field">${t("Jenis bukti")}<select autocomplete="off" onChange=${(event) => change(piece.id, { kind: event.target.value })}>
      ${kinds.map((kind) => html`<option value=${kind} selected=${piece.kind === kind}>${kindName(kind)}</option>`)}</select></label>`}
    <p class="row"><${Camera} label=${t("Ulangi")} name=${t("Ulangi foto {n}", { n })} source="camera" proof=${proof} instead=${piece.id} look="second" />
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
    <textarea rows="2" maxlength="2000" autocomplete="off" value=${piece ? piece.caption : ""} onInput=${write}></textarea></label>`;
}
