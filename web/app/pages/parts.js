/** What several screens are made of: loading, headings, notices, what a visit is called. */
import * as work from "../offline/work.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../shared/html.js";
import { t } from "../shared/texts.js";

/** What `load` gives, and again after something it `hears` of; undefined until it is there. */
export function useWork(load, hears = (kind) => kind !== "progress") {
  const [found, setFound] = useState({});
  useEffect(() => {
    let [stays, looks, again] = [true, false, false];
    const look = async () => {
      again = true;
      if (looks) return;
      looks = true;
      while (again && stays) {
        again = false;
        const next = await load().then((value) => ({ value }), (trouble) => ({ trouble }));
        if (stays) setFound(next);
      }
      looks = false;
    };
    look();
    const leave = work.subscribe((kind) => hears(kind) && look());
    return () => {
      stays = false;
      leave();
    };
  }, []);
  // the boundary around all pages says it in words
  if (found.trouble) throw found.trouble;
  return found.value;
}

/** What is being sent now, of one item where it is named; only who asks is drawn again as it moves. */
export function useProgress(key = "") {
  const look = () => {
    const moving = work.progress();
    return moving && (!key || moving.item === key) ? moving : null;
  };
  const [now, move] = useState(look);
  // whoever keeps the progress may hear of it after us
  useEffect(() => work.subscribe((kind) => kind === "progress" && Promise.resolve().then(() => move(look()))), []);
  return now;
}

/** Runs an act of the person's; what it refuses is shown where it was tried. */
export function useAct() {
  const [state, setState] = useState({ busy: false, said: "" });
  const act = async (what) => {
    setState({ busy: true, said: "" });
    try {
      await what();
      setState({ busy: false, said: "" });
    } catch (trouble) {
      setState({ busy: false, said: told(trouble) });
    }
  };
  return { ...state, act, alert: state.said && html`<p class="notice wrong" role="alert">${state.said}</p>` };
}

export const told = (trouble) =>
  trouble.detail || t("Ada yang tidak beres. Pekerjaan Anda tetap tersimpan di ponsel ini.");

const scrolled = {};
let shown = "";
let isFirst = true;

addEventListener("scroll", () => (scrolled[shown] = scrollY), { passive: true });

/** The heading of a screen: takes the focus when the screen opens, so that a reader begins here. */
export function Title({ children, top = false }) {
  const heading = useRef(null);
  useLayoutEffect(() => {
    shown = location.hash;
    const place = (!top && scrolled[shown]) || 0;
    if (!isFirst) heading.current.focus({ preventScroll: true });
    isFirst = false;
    scrollTo(0, place);
  }, []);
  useLayoutEffect(() => void (document.title = `${heading.current.textContent} · Loket`));
  return html`<h1 tabindex="-1" ref=${heading}>${children}</h1>`;
}

export const go = (hash) => (location.hash = hash);
export const visitPath = (id, key = "") =>
  `#/visit/${id}${key && `/at/${encodeURIComponent(key)}`}`;

export const Waiting = () => html`<p class="soft" role="status">${t("Membuka…")}</p>`;

/** The first list of a person who has just signed in: whether it is on its way, and what kept it. */
export const first = {
  busy: false,
  said: "",
  async load(how, redraw) {
    if (first.busy) return;
    first.busy = true;
    first.said = "";
    try {
      await how();
    } catch (trouble) {
      first.said = told(trouble);
      throw trouble;
    } finally {
      first.busy = false;
      redraw();
    }
  },
};

/** A form's code, never broken at its hyphen. */
export const form = (code) => html`<span class="whole">${code}</span>`;

/** Asks once more before something is gone. */
export function Sure({ label, question, yes, act }) {
  const [asks, setAsks] = useState(false);
  const ask = useRef(null);
  const turn = (to) => () => {
    setAsks(to);
    // what was tapped is gone: the focus goes to what stands in its place
    setTimeout(() => ask.current && ask.current.focus());
  };
  if (!asks) return html`<button class="danger" ref=${ask} onClick=${turn(true)}>${label}</button>`;
  return html`<div class="notice warn" role="group" tabindex="-1" ref=${ask} aria-label=${question}>
    <p>${question}</p>
    <p class="row">
      <button class="second" onClick=${turn(false)}>${t("Batal")}</button>
      <button class="danger" onClick=${act}>${yes}</button>
    </p>
  </div>`;
}

/** The queue as a file, to be carried on a stick. */
export function Export() {
  const { act, busy, alert } = useAct();
  const save = async () => {
    const { name, blob } = await work.exportQueue();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  return html`${alert}<button class="second" disabled=${busy} onClick=${() => act(save)}>
      ${busy ? t("Menyiapkan berkas…") : t("Simpan ke berkas")}
    </button>`;
}
