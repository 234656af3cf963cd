// @ts-check
/** The preview of a score: the same arithmetic as the server's, which alone counts.
 *
 * Sums of a few hundred decimals are exact to far more than the 1e-11 that guards the one rounding, half-up.
 *
 * @typedef {import("../types").Instrument} Instrument
 * @typedef {import("../types").Indicator} Indicator
 * @typedef {import("../types").Finding} Finding
 * @typedef {{value: number | null, computed: number | null, filled: boolean, applies: boolean, fault: string}} Judged
 */

const WORDS_LEAST = 10;
const words = ["observation", "interview"];

/** Rounded half-up, as it is printed: "3.34". */
export const fixed = (/** @type {number} */ value, places = 2) =>
  (Math.floor(value * 10 ** places + 0.5 + 1e-9) / 10 ** places).toFixed(places);

const sum = (/** @type {number[]} */ numbers) => numbers.reduce((total, one) => total + one, 0);
const given = (/** @type {any} */ one) => one !== undefined && one !== null;
export const isWords = (/** @type {string} */ kind) => words.includes(kind);

/**
 * The value of a finding by its indicator's rule; `fault` names what keeps the server from taking it.
 * @param {Instrument} instrument
 * @param {Indicator} indicator
 * @param {Partial<Finding>} [finding]
 * @returns {Judged}
 */
export function judge(instrument, indicator, finding = {}) {
  const judged = { value: null, computed: null, filled: false, applies: true, fault: faultOfWords(finding) };
  if (finding.not_applicable) return { ...judged, filled: true, applies: false };
  const rule = indicator.scoring;
  const computed = given(finding.items) || given(finding.planned) || given(finding.months) ? counted(rule, finding) : null;
  if (computed === null && (given(finding.done) || given(finding.planned))) return { ...judged, fault: "half" };
  if (Number.isNaN(computed)) return { ...judged, fault: "scale" };
  const value = given(finding.value) ? numeral(finding.value) : computed;
  if (value === null) return judged;
  if (!isOnScale(instrument, value)) return { ...judged, computed, fault: "scale" };
  const wantsReason = rule.type === "level" || (computed !== null && value !== computed);
  const fault = wantsReason && !(finding.note || "").trim() ? "reason" : judged.fault;
  return { ...judged, value, computed, filled: true, fault };
}

/** A value as the server reads it: "0x10" and "1e2" are none. */
const numeral = (/** @type {any} */ value) => (typeof value === "number" || /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN);

const faultOfWords = (/** @type {Partial<Finding>} */ finding) =>
  (finding.evidence || []).some((one) => isWords(one.kind) && one.caption.trim().length < WORDS_LEAST) ? "words" : "";

/** What was counted, as a level; null while half of it is there, NaN where it cannot be. */
function counted(/** @type {any} */ rule, /** @type {Partial<Finding>} */ { items, done, planned, months }) {
  if (rule.type === "count") {
    const there = (/** @type {any} */ item) => /** @type {string[]} */ (items).includes(item.key);
    if (!(rule.required || []).every(there)) return /** @type {any} */ (items).length ? rule.without_required || 0 : 0;
    const n = rule.items.filter(there).length;
    return most(rule.least, (least) => n >= least, 0);
  }
  if (rule.type === "months") {
    const late = /** @type {number} */ (months);
    return late >= 0 ? most(rule.within, (within) => late <= within, rule.later || 0) : NaN;
  }
  if (planned === 0) return done ? NaN : rule.without_plan || 0;
  if (!given(done)) return null;
  const isPart = [done, planned].every(Number.isInteger) && Number(planned) > 0 && Number(done) >= 0 && Number(done) <= Number(planned);
  if (!isPart) return NaN;
  const hundredfold = /** @type {number} */ (done) * 100;
  const reaches = (/** @type {any} */ step) =>
    (!given(step.at_least) || hundredfold >= Number(step.at_least) * /** @type {number} */ (planned)) &&
    (!given(step.above) || hundredfold > Number(step.above) * /** @type {number} */ (planned));
  return Math.max(...rule.steps.filter(reaches).map((/** @type {any} */ step) => step.level));
}

/**
 * The highest level of a table whose bound holds.
 * @param {Record<string, number>} table
 * @param {(bound: number) => boolean} holds
 * @param {number} otherwise
 */
function most(table, holds, otherwise) {
  const levels = Object.keys(table).filter((level) => holds(table[level]));
  return levels.length ? Math.max(...levels.map(Number)) : otherwise;
}

function isOnScale(/** @type {Instrument} */ { scale }, /** @type {number} */ value) {
  const steps = (value - Number(scale.lowest)) / Number(scale.step || 1);
  return value >= Number(scale.lowest) && value <= Number(scale.highest) && Math.abs(steps - Math.round(steps)) < 1e-7;
}

/**
 * How an indicator stands: empty, wrong (needs a word more), proof (evidence missing), bare (none, none asked), done.
 * @param {Indicator} indicator
 * @param {Partial<Finding> | undefined} finding
 * @param {Judged} judged
 */
export function standing(indicator, finding, judged) {
  if (judged.fault) return "wrong";
  if (!judged.filled) return "empty";
  const evidence = (finding && finding.evidence) || [];
  const rule = indicator.evidence_rule;
  if (rule && judged.value !== null && judged.value > Number(rule.above || 0)) {
    const fitting = evidence.filter((one) => rule.kinds.includes(one.kind)).length;
    return fitting < (rule.least || 1) ? "proof" : "done";
  }
  return judged.value && !evidence.length && (indicator.evidence_kinds || []).length ? "bare" : "done";
}

/**
 * The score of findings so far: parts with their progress, an index once nothing is missing.
 * @param {Instrument} instrument
 * @param {Record<string, Partial<Finding>>} findings
 * @param {string} [convention]
 */
export function score(instrument, findings, convention = /** @type {string} */ (instrument.convention) || "exact") {
  const all = instrument.parts.flatMap((part) => part.indicators);
  /** @type {Record<string, Judged>} */
  const judged = {};
  for (const one of all) judged[one.key] = judge(instrument, one, findings[one.key]);
  const round = (/** @type {number} */ value) => (convention === "parts-2" ? Number(fixed(value)) : value);
  const parts = (instrument.aggregation === "points" ? inPoints : inPercent)(instrument, judged, round);
  const missing = all.filter((one) => !one.is_optional && !judged[one.key].filled).map((one) => one.key);
  const contributions = parts.filter((part) => part.contribution !== null).map((part) => Number(part.contribution));
  const index = contributions.length && !missing.length ? sum(contributions) : null;
  const total = sum(parts.map((part) => part.total));
  return { parts, judged, missing, total, filled: total - missing.length, index };
}

/** The weight of each counted indicator; those without one share what the others leave of the whole. */
function weightsOf(/** @type {Indicator[]} */ indicators, /** @type {number} */ whole) {
  const counting = indicators.filter((one) => !one.is_optional);
  const open = counting.filter((one) => !given(one.weight)).length;
  const left = whole - sum(counting.map((one) => Number(one.weight || 0)));
  /** @type {Record<string, number>} */
  const weights = {};
  for (const one of counting) weights[one.key] = given(one.weight) ? Number(one.weight) : left / open;
  return weights;
}

/**
 * @param {import("../types").Part} part
 * @param {Record<string, Judged>} judged
 * @param {Record<string, number>} weights
 * @param {number} divisor
 */
function partScore(part, judged, weights, divisor) {
  const lines = part.indicators.filter((one) => one.key in weights);
  const filled = lines.filter((one) => judged[one.key].filled).length;
  const valued = divisor ? lines.filter((one) => judged[one.key].value !== null) : [];
  const products = valued.map((one) => (Number(judged[one.key].value) * weights[one.key]) / divisor);
  return {
    part,
    filled,
    total: lines.length,
    applies: lines.some((one) => weights[one.key] && judged[one.key].applies),
    score: products.length && filled === lines.length ? sum(products) : null,
    /** @type {number | null} */
    contribution: null,
  };
}

/** Parts with a percentage of the index each, made of weighted indicators or of their plain mean. */
function inPercent(/** @type {Instrument} */ instrument, /** @type {any} */ judged, /** @type {any} */ round) {
  const isMean = instrument.aggregation === "mean";
  const scored = instrument.parts.map((part) => {
    const weights = weightsOf(part.indicators, 100);
    const keys = Object.keys(weights);
    if (isMean) for (const key of keys) weights[key] = 100 / keys.length;
    const whole = sum(keys.map((key) => weights[key]));
    const applying = sum(keys.filter((key) => judged[key].applies).map((key) => weights[key]));
    const base = instrument.renormalise || isMean ? whole : 100;
    return partScore(part, judged, weights, whole && (base * applying) / whole);
  });
  const weigh = (/** @type {any[]} */ parts) => sum(parts.map((one) => Number(one.part.weight || 0)));
  // a part of which nothing applies leaves, and the others share its weight
  const applying = weigh(scored.filter((one) => one.applies));
  const whole = weigh(scored.filter((one) => one.total));
  const base = instrument.renormalise ? whole : 100;
  for (const one of scored)
    if (one.applies && applying && one.score !== null)
      one.contribution = round((one.score * Number(one.part.weight || 0) * whole) / applying / base);
  return scored;
}

/** Indicators with points of the whole each; what does not apply leaves, the rest is stretched to the whole. */
function inPoints(/** @type {Instrument} */ instrument, /** @type {any} */ judged, /** @type {any} */ round) {
  const maximum = Number(instrument.maximum);
  const weights = weightsOf(instrument.parts.flatMap((part) => part.indicators), maximum);
  const keys = Object.keys(weights);
  const whole = sum(keys.map((key) => weights[key]));
  const applying = sum(keys.filter((key) => judged[key].applies).map((key) => weights[key]));
  const base = instrument.renormalise ? whole : maximum;
  const divisor = whole && ((base * applying) / whole / maximum) * Number(instrument.scale.highest);
  return instrument.parts.map((part) => {
    const found = partScore(part, judged, weights, divisor);
    return { ...found, contribution: found.score === null ? null : round(found.score) };
  });
}
