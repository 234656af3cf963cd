// @ts-check
/** What people read, in their language: a text's key is the Indonesian text itself. */

/** @type {Record<string, string>} */
let catalogue = {};

export let language = kept() || "id";

function kept() {
  try {
    return localStorage.getItem("language");
  } catch (_blocked) {
    return null;
  }
}

/**
 * Speaks a language from now on; Indonesian where its texts cannot be had.
 * @param {string} to
 */
export async function speak(to) {
  const texts = to === "id" ? null : await textsOf(to);
  catalogue = texts || {};
  language = texts ? to : "id";
  document.documentElement.lang = language;
  try {
    localStorage.setItem("language", to);
  } catch (_blocked) {
    // then it lasts until the app is closed
  }
}

/** None without a network, and none from a portal that answers every address with its own page. @param {string} to */
async function textsOf(to) {
  try {
    const answer = await fetch(`/app/texts/${to}.json`);
    return answer.ok ? await answer.json() : null;
  } catch (_unreachable) {
    return null;
  }
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 */
export function t(text, values = {}) {
  return (catalogue[text] || text).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
