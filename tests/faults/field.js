// the hand of an inspector on a page of the app: makes `window.field`; the body of an async function

const work = await import("/app/offline/work.js");
const { localTime, mark } = await import("/app/offline/clock.js");

/** Numbers that follow from a seed (mulberry32). */
const numbers = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

/** A picture that no other seed makes. */
const picture = async (seed, width = 200, height = 150) => {
  const next = numbers(seed);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  for (let i = 0; i < 100; i += 1) {
    pen.fillStyle = `hsl(${next() * 360}, 70%, ${20 + next() * 60}%)`;
    pen.fillRect(next() * width, next() * height, (next() * width) / 8, (next() * height) / 8);
  }
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  return new File([blob], `foto-${seed}.jpg`, { type: "image/jpeg" });
};

const wantsPhoto = ({ evidence_rule: rule, evidence_kinds: kinds }) =>
  (rule ? rule.kinds : kinds || ["photo"]).includes("photo");

/** A visit as a person makes it: every indicator answered, photos of some, written down at each step. */
const visit = async (assignment, { seed, photos = 4, large = false, service = null }) => {
  const next = numbers(seed);
  const draft = await work.begin(assignment, service);
  const { body } = await work.instrument(draft.instrument);
  const indicators = body.parts.flatMap((part) => part.indicators);
  for (const one of indicators) {
    draft.findings[one.key] = {
      observed_at: localTime(),
      clock: mark(),
      value: wantsPhoto(one) ? 1 : 0,
      note: `dilihat di tempat, ${Math.floor(next() * 1e6)}`,
      evidence: [],
    };
    await work.save(draft);
  }
  const shown = indicators.filter(wantsPhoto).map((one) => one.key);
  for (let i = 0; i < Math.max(photos, shown.length); i += 1) {
    // where there are more indicators than photos, several show the same one
    const file = await picture(seed * 1000 + (i % photos), ...(large && i % photos === 0 ? [1200, 900] : []));
    const { piece } = await work.takePhoto(file, "camera");
    draft.findings[shown[i % shown.length]].evidence.push({ ...piece, caption: `foto ${i}` });
    await work.save(draft);
  }
  return draft;
};

/** Makes and hands in visits where none was begun yet. */
const make = async ({ seed, visits = 1, photos = 4, large = false }) => {
  const places = (await work.assignments()).filter((one) => !one.inspection && !one.draft);
  if (places.length < visits) throw new Error(`only ${places.length} places to visit`);
  for (let i = 0; i < visits; i += 1) {
    await work.handIn(await visit(places[i].assignment, { seed: seed * 100 + i, photos, large: large && i === 0 }));
  }
};

window.field = {
  work, picture, visit, make,
  /** What `act` gives; its trouble in words. */
  call: async (act) => {
    try {
      return await act(work, window.field);
    } catch (error) {
      throw new Error(`${error.code || error.name}: ${error.detail || error.message}`);
    }
  },
};
await work.start();
