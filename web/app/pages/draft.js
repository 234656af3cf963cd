/** The draft that is on the screen: every change is written to the phone, one write after the other. */
import { localTime, mark } from "../offline/clock.js";
import * as work from "../offline/work.js";
import { clock, decimal } from "../shared/format.js";
import { html, useEffect, useRef, useState } from "../shared/html.js";
import { fixed } from "../shared/score.js";
import { t } from "../shared/texts.js";
import { told } from "./parts.js";

export function useDraft(id) {
  const [, redraw] = useState({});
  const held = useRef(null);
  if (!held.current) held.current = desk(() => redraw({}));
  useEffect(() => held.current.open(id), []);
  return held.current;
}

function desk(redraw) {
  
  let waiting = null;
  
  let writing = Promise.resolve();

  const write = async () => {
    waiting = null;
    try {
      await work.save(one.draft);
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
    redraw,

    open(id) {
      const look = async () => {
        const found = await work.draft(id);
        // another tab may have gone on with it; what is being written here is newer
        if (!waiting && (!one.draft || !found || found.changed_at > one.draft.changed_at)) one.draft = found;
        redraw();
      };
      const fail = (trouble) => ((one.trouble = trouble), redraw());
      look().catch(fail);
      return work.subscribe(() => look().catch(fail));
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

    /** Resolves when everything is on the phone; what could not be written is tried again. */
    settled() {
      if (one.trouble) one.change({});
      return writing;
    },
  };
  return one;
}

/** Whether what is on the screen is on the phone too, and how far the visit has come. */
export function Saved({ visit }) {
  const { desk, unit, whole } = visit;
  return html`<div class="saved">
    ${desk.trouble
      ? html`<p class="late" role="alert">${t("Belum tersimpan.")} ${told(desk.trouble)}</p>`
      : html`<p role="status">${desk.savedAt && t("Tersimpan di ponsel {time}", { time: clock(desk.savedAt, unit ? unit.zone : "") })}</p>`}
    <span>${whole.filled}/${whole.total}${whole.index !== null && html` · <b>${decimal(fixed(whole.index))}</b>`}</span>
  </div>`;
}
