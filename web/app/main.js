/** The inspector's app: opens the phone's store, then shows the screen the address names. */
import * as work from "./offline/work.js";
import { Home } from "./pages/home.js";
import { Export, go, Title, told, useAct, useProgress, useWork, visitPath, Waiting } from "./pages/parts.js";
import { html, render, useEffect, useErrorBoundary, useState } from "./shared/html.js";
import { language, speak, t } from "./shared/texts.js";

const PAGES = { "": Home };
const LATER = ["begin", "sign-in", "visit", "tray", "scan", "settings"];
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
  if (!found) return html`<main><${Waiting} /></main>`;
  const app = { ...found, redraw, online: navigator.onLine, signIn: Boolean(found.person) && work.needsSignIn(), newVersion: work.newVersion() };
  const [name, id, part, at] = place();
  const page = !app.person && name !== "settings" ? "sign-in" : name in PAGES || LATER.includes(name) ? name : "";
  const Page = PAGES[page] || Coming;
  return html`
    <header class="bar">
      ${page && app.person ? html`<a href=${page === "visit" && part ? visitPath(id) : "#/"} aria-label=${page === "visit" && part ? t("Daftar") : t("Beranda")}>‹ ${page === "visit" && part ? t("Daftar") : t("Beranda")}</a>` : html`<b>Loket</b>`}
      <a href="#/tray" aria-current=${page === "tray" ? "page" : undefined}>${t("Belum terkirim ({n})", { n: app.unsent })}</a>
      <a href="#/settings" aria-label=${t("Pengaturan")}>☰</a>
    </header>
    <${Line} app=${app} />
    <main key=${[language, page, id].join()}>
      ${!page && app.newVersion && html`<${Fresh} />`}
      ${!page && app.signIn && html`<p class="notice warn row"><span>${t("Sesi berakhir. Pekerjaan jalan terus; masuk lagi untuk mengirim.")}</span> <a class="button second" href="#/sign-in">${t("Masuk")}</a></p>`}
      ${trouble || found.failed ? html`<${Broken} trouble=${trouble || found.failed} />` : html`<${Page} key=${page === "visit" ? "" : id} app=${app} id=${id} part=${part} at=${at} />`}
    </main>`;
}

/** The other screens, fetched as soon as the first one stands; with the worker in place they are on the phone already. */
const fetchLater = () =>
  Promise.all([import("./pages/begin.js"), import("./pages/sign_in.js"), import("./pages/visit.js"), import("./pages/tray.js"), import("./pages/scan.js"), import("./pages/settings.js")]).then(
    ([{ Begin }, { SignIn }, { Visit }, { Tray }, { Scan }, { Settings }]) => Object.assign(PAGES, { begin: Begin, "sign-in": SignIn, visit: Visit, tray: Tray, scan: Scan, settings: Settings }),
  );

function Coming({ app }) {
  const { act, alert } = useAct();
  useEffect(() => act(() => fetchLater().then(app.redraw)), []);
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
  await speak(language);
  try {
    await work.start();
    await reopen();
    home.textContent = "";
    render(html`<${App} />`, home);
    fetchLater().catch(() => {
      // asked for again when one of them is opened
    });
  } catch (trouble) {
    home.textContent = told(trouble);
  }
}

start();
