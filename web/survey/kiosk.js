// the tablet at a counter: one question per screen, a queue that survives days offline, nothing left of the former person
const steps = [...document.querySelectorAll('.step')], thanks = by('thanks'), tray = by('tray'), idle = by('idle');
const asked = [...form.querySelectorAll('[required][id]')].map(radio => radio.name);
const IDLE = 45, WARNING = 10, THANKS = 12, PATIENCE = 4;
let step = 0, former, touched, sending, flushing, advance, restart, alarm, countdown, timer, reason, pause = 5;

// --- the queue ---

const opened = () => new Promise((done, failed) => {
  const wanted = indexedDB.open('loket-kiosk', 1);
  wanted.onupgradeneeded = () => wanted.result.createObjectStore('waiting', {keyPath: 'id'});
  wanted.onsuccess = () => done(wanted.result);
  wanted.onerror = () => failed(wanted.error);
});
// opened anew for each act: a connection that the system closed in the meantime cannot hurt
const store = async (mode, act) => {
  const database = await opened();
  try {
    return await new Promise((done, failed) => {
      const change = database.transaction('waiting', mode, {durability: 'strict'}), wanted = act(change.objectStore('waiting'));
      change.oncomplete = () => done(wanted.result);
      change.onabort = change.onerror = () => failed(change.error);
    });
  } finally {
    database.close();
  }
};
const keep = item => store('readwrite', waiting => waiting.put(item));
const forget = id => store('readwrite', waiting => waiting.delete(id));
const held = id => store('readonly', waiting => waiting.get(id));
const everything = () => store('readonly', waiting => waiting.getAll());

// RFC 9562, version 7: milliseconds, then random bits
const uuid7 = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let place = 5; place >= 0; place--) {
    bytes[place] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = bytes[6] & 15 | 112;
  bytes[8] = bytes[8] & 63 | 128;
  const hex = [...bytes].map(byte => (byte + 256).toString(16).slice(1)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

// one waiting response; it leaves the tablet only with the server's receipt
const send = item => alone('loket.kiosk.' + item.id, async () => {
  if (!await held(item.id)) return {received: true};
  const outcome = await put(item.id, item.body);
  reason = outcome.why;
  if (outcome.received) await forget(item.id);
  if (outcome.refused) await keep(Object.assign(item, {problem: outcome.refused.detail}));
  return outcome;
});

const report = async () => {
  const items = await everything();
  tray.hidden = !items.length;
  if (!items.length) return;
  const oldest = new Date(Math.min(...items.map(item => item.at))), refused = items.find(item => item.problem);
  tray.firstElementChild.textContent = texts.waiting.replace('{n}', items.length);
  tray.children[1].textContent = [
    refused ? refused.problem : texts[reason] || texts.offline,
    texts.since.replace('{time}', oldest.toLocaleString(lang, {dateStyle: 'long', timeStyle: 'short'}))
  ].join(' ');
};

const flush = async isAsked => {
  if (flushing) return;
  flushing = true;
  clearTimeout(timer);
  let why;
  try {
    for (const item of await everything()) {
      if (item.problem && isAsked !== true) continue;
      // without a line there is no use in trying the others
      if (why = (await send(item)).why) break;
    }
    await report();
  } catch (error) {
    why = 'busy';
  }
  flushing = false;
  pause = why ? Math.min(pause * 2, 300) : 5;
  timer = setTimeout(flush, (why ? pause : 300) * 1000);
};

// --- the screens ---

const show = number => {
  clearTimeout(advance);
  step = number;
  steps.forEach((part, index) => { part.hidden = index !== step; });
  const last = step === steps.length - 1;
  by('back').hidden = !step;
  by('next').hidden = last;
  const line = by('progress');
  line.hidden = last;
  line.textContent = texts.progress.replace('{n}', step + 1);
  line.style.backgroundSize = (step + 1) / asked.length * 100 + '% 6px';
  scrollTo(0, 0);
  if (touched) (steps[step].querySelector('legend') || by('last')).focus();
};

const next = () => {
  const name = asked[step];
  if (!value(name)) {
    mark(name, texts.choose);
    return by(name).focus();
  }
  show(step + 1);
};

// nothing of a person outlives this: the fields, the screen, the page and its place in the history
const reset = () => {
  touched = false;
  [alarm, restart, advance].forEach(clearTimeout);
  clearInterval(countdown);
  form.reset();
  document.querySelectorAll('.error').forEach(text => mark(text.id.slice(0, -6)));
  idle.hidden = thanks.hidden = true;
  form.hidden = false;
  tray.open = false;
  show(0);
  renew();
};

// a fresh page brings a fresh token; only where a copy is kept, so that no network never means no kiosk
const renew = async () => {
  const page = address(null), worker = navigator.serviceWorker;
  if (worker && worker.controller && await caches.match(page, {ignoreVary: true})) location.replace(page);
};

const address = language => {
  const wanted = new URL(location.href);
  wanted.searchParams.delete('lang');
  if (language) wanted.searchParams.set('lang', language);
  return wanted.href;
};

const warn = () => {
  let left = WARNING;
  const tell = () => { by('left').textContent = texts.left.replace('{n}', left); };
  tell();
  former = document.activeElement;
  idle.hidden = false;
  idle.querySelector('button').focus();
  countdown = setInterval(() => {
    left--;
    tell();
    if (left <= 0) reset();
  }, 1000);
};

const awake = () => {
  if (!thanks.hidden) return;
  touched = true;
  clearInterval(countdown);
  clearTimeout(alarm);
  alarm = setTimeout(warn, (IDLE - WARNING) * 1000);
};

// on the click, not at the first touch: the tap that ends the warning must not answer the question under it
const stay = () => {
  if (idle.hidden) return;
  idle.hidden = true;
  former.focus();
};

const thank = outcome => {
  clearTimeout(alarm);
  form.reset();
  form.hidden = by('progress').hidden = true;
  thanks.hidden = false;
  thanks.className = outcome.received ? 'card received' : 'card';
  thanks.children[0].textContent = outcome.received ? texts.received : texts.kept;
  thanks.children[1].textContent = outcome.received ? '' : outcome.refused ? outcome.refused.detail : texts.later;
  thanks.focus();
  restart = setTimeout(reset, THANKS * 1000);
};

const submit = async () => {
  const found = mistakes();
  if (found.length) {
    found.forEach(([name, text]) => mark(name, text));
    const where = asked.indexOf(found[0][0]);
    show(where < 0 ? steps.length - 1 : where);
    return by(found[0][0]).focus();
  }
  const item = {id: uuid7(), at: Date.now(), body: frozen({channel: 'kiosk'})};
  const isKept = await keep(item).then(() => true, () => false);
  // a tablet that cannot store still sends; then only the server's receipt earns a thank-you
  const outcome = isKept ? await Promise.race([send(item), wait(PATIENCE * 1000, {why: 'offline'})]) : await put(item.id, item.body);
  if (!isKept && !outcome.received) return mark('comment', texts.full);
  thank(outcome);
  flush();
};

form.noValidate = true;
form.addEventListener('submit', async event => {
  event.preventDefault();
  if (sending) return;
  const button = by('send'), label = button.textContent;
  sending = true;
  button.textContent = texts.sending;
  await submit();
  button.textContent = label;
  sending = false;
});
form.addEventListener('change', ({target}) => {
  if (by(target.name + '-error')) mark(target.name);
});
// a tap on an answer goes on by itself; arrow keys only choose, they must be able to pass over answers
form.addEventListener('click', ({target, detail}) => {
  if (!detail || !target.closest('.answers label')) return;
  clearTimeout(advance);
  advance = setTimeout(() => value(asked[step]) && show(step + 1), 300);
});
by('next').onclick = next;
by('back').onclick = () => show(step - 1);
by('finish').onclick = reset;
by('retry').onclick = () => flush(true);
['pointerdown', 'touchstart', 'keydown', 'input'].forEach(kind => addEventListener(kind, awake, {passive: true}));
idle.addEventListener('click', stay);
addEventListener('keyup', stay);
document.querySelectorAll('nav a').forEach(link => {
  link.href = address(link.lang);
  link.addEventListener('click', event => {
    event.preventDefault();
    location.replace(link.href);
  });
});

document.querySelectorAll('legend').forEach(legend => { legend.tabIndex = -1; });
by('steps').hidden = false;
form.reset();
show(0);
// whoever chose another language and left must not leave it to the next person
if (location.href !== address(null)) awake();
// a page brought back whole from the browser's memory would show the former person's answers
addEventListener('pageshow', event => event.persisted && location.reload());
addEventListener('online', () => flush());
document.addEventListener('visibilitychange', () => document.hidden || flush());
addEventListener('load', () => flush(true));
// an untouched page is renewed now and then, so that its token and its texts stay fresh
setInterval(() => !touched && thanks.hidden && reset(), 36e5);

if (navigator.serviceWorker) {
  navigator.serviceWorker.register('/kiosk/sw.js', {scope: '/kiosk/', updateViaCache: 'none'});
  // the worker keeps what it fetches: this page in each of its languages
  const pages = [address(null), ...[...document.querySelectorAll('nav a')].map(link => link.href)];
  const fetchAll = () => pages.forEach(async page => await caches.match(page, {ignoreVary: true}) || fetch(page).catch(() => {}));
  if (navigator.serviceWorker.controller) fetchAll();
  else navigator.serviceWorker.addEventListener('controllerchange', fetchAll, {once: true});
}
if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
