/** The draft that is on the screen: every change is written to the phone, one write after the other. */
import { localTime, mark } from "../offline/clock.js";
import * as work from "../offline/work.js";
import { clock, decimal } from "../shared/format.js";
import { html, useEffect, useRef, useState } from "../shared/html.js";
import { fixed } from "../shared/score.js";
import { t } from "../shared/texts.js";
import { told, visitPath } from "./parts.js";

/** One desk per visit: who leaves a visit and comes back finds what is still being written and prepared. */
const desks = new Map();

export function useDraft(id) {
  const [, redraw] = useState({});
  const held = useRef(null);
  if (!held.current) {
    if (!desks.has(id)) desks.set(id, deskOf(id));
    held.current = desks.get(id);
  }
  useEffect(() => held.current.sit(() => redraw({})), []);
  return held.current;
}

function deskOf(id) {
  const screens = new Set();
  let waiting = null;
  let writing = Promise.resolve();
  let leave = null;

  const redraw = () => {
    screens.forEach((draw) => draw());
    const isIdle = one.isSaved && !one.underWay.length && !one.failures.length;
    if (screens.size || !isIdle || !leave) return;
    leave();
    leave = null;
    desks.delete(id);
  };

  const look = async () => {
    try {
      const found = await work.draft(id);
      // another tab may have gone on with it; what is not written yet is newer, and its write brings both together
      if (one.isSaved && (!one.draft || !found || found.changed_at > one.draft.changed_at)) one.draft = found;
    } catch (trouble) {
      one.trouble = trouble;
    } finally {
      redraw();
    }
  };

  const write = async () => {
    waiting = null;
    const mine = one.draft;
    try {
      const stored = await work.save(mine);
      if (one.draft === mine) one.draft = stored;
      one.savedAt = localTime();
      one.trouble = null;
      one.isSaved = !waiting;
    } catch (trouble) {
      one.trouble = trouble;
      throw trouble;
    } finally {
      redraw();
    }
  };

  const one = {
    // undefined while it is opened, null where there is none
    draft: undefined,
    trouble: null,
    savedAt: "",
    isSaved: true,
    // pictures that are being prepared: {key, done}
    underWay: [],
    // pictures that could not be kept, until the person has read it: {key, said}
    failures: [],
    redraw,

    /** A screen looks at this desk until it leaves. */
    sit(draw) {
      screens.add(draw);
      if (!leave) {
        const leaves = [work.subscribe((kind) => kind === "progress" || look()), work.beforeReload(() => one.settled())];
        leave = () => leaves.forEach((each) => each());
      }
      look();
      return () => {
        screens.delete(draw);
        // the next screen of the same visit may sit down at once
        setTimeout(redraw);
      };
    },

    /** A picture on its way to an indicator, wherever the person goes meanwhile. */
    take(key, prepare) {
      const done = prepare()
        .catch((trouble) => (one.failures = [...one.failures, { key, said: told(trouble) }]))
        .then(() => {
          one.underWay = one.underWay.filter((each) => each.done !== done);
          return look();
        });
      one.underWay = [...one.underWay, { key, done }];
      redraw();
    },

    /** The person has read which pictures are not there. */
    understood() {
      one.failures = [];
      redraw();
    },

    change(facts) {
      one.draft = { ...one.draft, ...facts, changed_at: localTime() };
      one.isSaved = false;
      // several changes while a write is under way are one write afterwards
      if (!waiting) {
        waiting = writing.catch(() => {}).then(write);
        writing = waiting;
        writing.catch(() => {});
      }
      redraw();
    },

    /** What was found at an indicator; words and pictures added later leave the time of the finding. */
    put(key, facts) {
      const former = one.draft.findings[key];
      const isWord = Object.keys(facts).every((name) => name === "note" || name === "evidence");
      const when = !former || !isWord ? { observed_at: localTime(), clock: mark() } : {};
      const finding = { note: "", evidence: [], ...former, ...facts, ...when };
      one.change({ findings: { ...one.draft.findings, [key]: finding } });
    },

    /** Resolves when every answer is on the phone; what could not be written is tried again. */
    written() {
      if (one.trouble) one.change({});
      return writing;
    },

    /** Resolves when nothing is being prepared or written any more, whatever became of it. */
    async quiet() {
      while (one.underWay.length) await Promise.all(one.underWay.map(({ done }) => done));
      await writing.catch(() => {});
    },

    /** The draft is given up, and whatever could not be kept of it. */
    forget() {
      one.failures = [];
      one.isSaved = true;
    },

    /** Resolves when answers and pictures are on the phone, all of them. */
    async settled() {
      await one.quiet();
      if (one.failures.length) throw { detail: t("Ada foto yang belum tersimpan. Baca dahulu, lalu ulangi.") };
      await one.written();
    },
  };
  return one;
}

/** Pictures that could not be kept, told on every screen of the visit until they were read about. */
export function Failures({ visit }) {
  const { id, desk, all } = visit;
  if (!desk.failures.length) return null;
  return html`<div class="notice wrong" role="alert">
    ${desk.failures.map(({ key, said }) => html`<p>${t("Satu foto tidak tersimpan:")} <a href=${visitPath(id, key)} lang="id">${(all.find((one) => one.key === key) || { name: key }).name}</a>. ${said}</p>`)}
    <button class="second" onClick=${desk.understood}>${t("Mengerti")}</button></div>`;
}

/** Whether what is on the screen is on the phone too, and how far the visit has come. */
export function Saved({ visit, children }) {
  const { desk, unit, whole } = visit;
  return html`<${Failures} visit=${visit} /><div class="saved">${children}
    ${desk.trouble
      ? html`<p class="late" role="alert">${t("Belum tersimpan.")} ${told(desk.trouble)}</p>`
      : html`<p role="status">${desk.underWay.length ? t("{n} foto sedang disimpan…", { n: desk.underWay.length }) : desk.savedAt && t("Tersimpan di ponsel {time}", { time: clock(desk.savedAt, unit ? unit.zone : "") })}</p>`}
    <span>${whole.filled}/${whole.total}${whole.index !== null && html` · <b>${decimal(fixed(whole.index))}</b>`}</span>
  </div>`;
}
