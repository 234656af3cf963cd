/** The inspector's app: opens the phone's store, then shows the screen the address names. */
import * as work from "./offline/work.js";
import { Export, go, Title, told, useAct, useProgress, useWork, visitPath, Waiting } from "./pages/parts.js";
import { SignIn } from "./pages/sign_in.js";
import { html, render, useEffect, useErrorBoundary, useState } from "./shared/html.js";
import { language, speak, t } from "./shared/texts.js";

/** The first screen of a phone; all others come after it, and with the worker in place they are on the phone already. */
const PAGES = { "sign-in": SignIn };
const LATER = {
  "": () => import("./pages/home.js").then(({ Home }) => Home),
  begin: () => import("./pages/begin.js").then(({ Begin }) => Begin),
  visit: () => import("./pages/visit.js").then(({ Visit }) => Visit),
  tray: () => import("./pages/tray.js").then(({ Tray }) => Tray),
  scan: () => import("./pages/scan.js").then(({ Scan }) => Scan),
  settings: () => import("./pages/settings.js").then(({ Settings }) => Settings),
};
const fetchPage = async (name) => (PAGES[name] = PAGES[name] || (await LATER[name]()));
const REOPENS_WITHIN = 15 * 60000;

const home = (document.getElementById("app"));

/** What the address asks for; one that cannot be read asks for home. */
function place() {
  try {
    return location.hash.slice(2).split("/").map(decodeURIComponent);
  } catch (_unreadable) {
    return [""];
  }
}

function App() {
  const [, redraw] = useState({});
  const [trouble, forget] = useErrorBoundary();
  useEffect(() => {
    const look = () => redraw({});
    const turn = () => (forget(), look());
    addEventListener("hashchange", turn);
    addEventListener("online", look);
    addEventListener("offline", look);
  }, []);
  return html`<${Frame} redraw=${() => redraw({})} trouble=${trouble} />`;
}

/** Who works here and what waits; a store that does not answer is the pages' to tell. */
const known = () =>
  Promise.all([work.person(), work.items()]).then(
    ([person, items]) => {
      const open = items.filter(work.isUnsent);
      return { person, unsent: open.length, toSee: open.filter((one) => !work.isWaiting(one)).length, failed: null };
    },
    (failed) => ({ person: null, unsent: 0, toSee: 0, failed }),
  );

function Frame({ redraw, trouble }) {
  const found = useWork(known, (kind) => !kind);
  useEffect(() => found && work.carryOn(Promise.all(Object.keys(LATER).map(fetchPage))), [!found]);
  if (!found) return html`<main><${Waiting} /></main>`;
  const app = { ...found, redraw, online: navigator.onLine, signIn: Boolean(found.person) && work.needsSignIn(), newVersion: work.newVersion() };
  const [name, id, part, at] = place();
  const isKnown = name === "sign-in" || Object.keys(LATER).includes(name);
  const page = !app.person && name !== "settings" ? "sign-in" : isKnown ? name : "";
  const Page = PAGES[page] || Coming;
  return html`
    <header class="bar">
      ${page && app.person ? html`<a href=${page === "visit" && part ? visitPath(id) : "#/"} aria-label=${page === "visit" && part ? t("Daftar") : t("Beranda")}>‹ ${page === "visit" && part ? t("Daftar") : t("Beranda")}</a>` : html`<b>Loket</b>`}
      <a href="#/tray" aria-current=${page === "tray" ? "page" : undefined}>${t("Belum terkirim ({n})", { n: app.unsent })}</a>
      <a href="#/settings" aria-label=${t("Pengaturan")}>☰</a>
    </header>
    <${Line} app=${app} />
    ${work.overtaken() && html`<${Overtaken} by=${work.overtaken()} />`}
    <main key=${[language, page, id].join()}>
      ${!page && app.newVersion && html`<${Fresh} />`}
      ${!page && app.signIn && html`<p class="notice warn row"><span>${t("Sesi berakhir. Pekerjaan jalan terus; masuk lagi untuk mengirim.")}</span> <a class="button second" href="#/sign-in">${t("Masuk")}</a></p>`}
      ${trouble || found.failed ? html`<${Broken} trouble=${trouble || found.failed} />` : html`<${Page} key=${page === "visit" ? "" : id} app=${app} page=${page} id=${id} part=${part} at=${at} />`}
    </main>`;
}

function Coming({ app, page }) {
  const { act, alert } = useAct();
  useEffect(() => act(() => fetchPage(page).then(app.redraw)), []);
  return alert || html`<${Waiting} />`;
}

/** Online, offline, sending or waiting for a sign-in: said once when it changes, figures only to the eye. */
function Line({ app }) {
  const progress = useProgress();
  const [state, text] = app.signIn
    ? ["wait", t("Perlu masuk lagi untuk mengirim")]
    : progress ? ["send", t("Sedang mengirim")]
    : !app.online ? ["off", t("Tanpa jaringan: tersimpan di ponsel")]
    : app.toSee ? ["wait", t("{n} perlu Anda lihat", { n: app.toSee })]
    : app.unsent ? ["wait", t("Daring: menunggu giliran kirim")]
    : ["on", t("Daring")];
  return html`<p class="status ${state}"><span role="status">${text}</span>${progress && progress.photos > 0 && html` <span aria-hidden="true">${t("foto {a} dari {b}", { a: progress.photo, b: progress.photos })}</span>`}</p>`;
}

function Fresh() {
  const { act, alert } = useAct();
  const sends = useProgress();
  return !sends && html`<div class="notice row"><span>${t("Versi baru siap.")}</span> <button class="second" onClick=${() => act(work.update)}>${t("Pakai sekarang")}</button>${alert}</div>`;
}

/** The files of this tab are gone, and something on its screen is not written yet. */
function Overtaken({ by }) {
  const { act, busy, alert } = useAct();
  return html`<div class="notice wrong">
    <p role="alert">${t("Loket sudah diperbarui dari jendela lain, tetapi isi layar ini belum tersimpan semua: {why} Bereskan dahulu, lalu muat ulang.", { why: told(by) })}</p>
    <button class="second" disabled=${busy} onClick=${() => act(work.update)}>${t("Muat ulang aplikasi")}</button>${alert}</div>`;
}

function Broken({ trouble }) {
  return html`<${Title}>${t("Layar ini tidak dapat dibuka")}<//>
    <p role="alert">${told(trouble)}</p>
    <p class="row"><button onClick=${() => location.reload()}>${t("Muat ulang aplikasi")}</button> <${Export} /></p>`;
}

/** Killed a moment ago, perhaps by its own camera: it opens again where it was. */
async function reopen() {
  const [last] = (await work.drafts()).sort((a, b) => (a.changed_at < b.changed_at ? 1 : -1));
  if (!location.hash && last && last.here && Date.now() - Date.parse(last.changed_at) < REOPENS_WITHIN) {
    history.replaceState(null, "", "#/");
    go(visitPath(last.id, last.here));
  }
}

async function start() {
  try {
    await speak(language);
    await work.start();
    await reopen();
    home.textContent = "";
    render(html`<${App} />`, home);
  } catch (trouble) {
    home.textContent = told(trouble);
  }
}

start();
