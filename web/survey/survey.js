// the comfort of the citizen's page; the page works without any of it
const DRAFT = 'loket.draft.', SEND = 'loket.send.', draft = DRAFT + code;
const summary = by('summary'), kept = by('kept'), tray = by('tray'), button = by('send');
const own = () => form.elements.id.value, receipt = id => '/receipt/' + id + '?lang=' + lang;
let sending, flushing, timer, pause = 2;

// the phone's store; any act may fail (private mode, full, forbidden) and then gives nothing
const store = act => {
  try {
    return act(localStorage);
  } catch (error) {}
};
const write = (key, item) => store(kept => {
  kept.setItem(key, JSON.stringify(item));
  return true;
});
const read = key => store(kept => JSON.parse(kept.getItem(key)));
const drop = key => store(kept => kept.removeItem(key));
const keys = prefix => store(kept => Object.keys(kept).filter(key => key.startsWith(prefix))) || [];

const said = () => [...new FormData(form)];
const save = () => write(draft, {at: Date.now(), said: said()});

// a number drawn anew every day: enough to see that one phone answers again and again, not whose it is
const device = () => {
  const day = new Date().toDateString();
  let mine = read('loket.device');
  if (!mine || mine.day !== day) write('loket.device', mine = {day, number: String(Math.random())});
  return mine.number;
};

const count = () => {
  const done = form.querySelectorAll('input:checked').length, all = form.querySelectorAll('[required][id]').length, line = by('progress');
  line.hidden = false;
  line.textContent = texts.progress.replace('{n}', done);
  line.style.backgroundSize = done / all * 100 + '% 4px';
};

const complain = found => {
  const list = summary.lastElementChild;
  list.textContent = '';
  for (const [name, text, isStale] of found) {
    const field = by(name), item = add(list, 'li', field ? '' : text + ' ');
    if (field) {
      const details = field.closest('details');
      if (details) details.open = true;
      mark(name, text);
      add(item, 'a', boxOf(field).querySelector('span,label').firstChild.data + ': ' + text, {href: '#' + name});
    } else if (isStale) add(item, 'a', texts.reload, {href: '?lang=' + lang});
  }
  summary.hidden = false;
  summary.focus();
};

// one waiting response, once over all tabs
const send = id => alone(SEND + id, async () => {
  const key = SEND + id, item = read(key);
  if (!item) return {received: true};
  const outcome = await put(id, item.body);
  if (outcome.received) drop(key);
  if (outcome.refused) write(key, Object.assign(item, {problem: outcome.refused.detail}));
  return outcome;
});

// what became of this page's own response
const settle = ({received, refused, why}) => {
  if (received) return location.replace(receipt(own()));
  const isNews = kept.hidden;
  form.hidden = !refused;
  kept.hidden = !!refused;
  if (refused) {
    // the answers are in the form and in the draft again; nothing waits behind the person's back
    save();
    drop(SEND + own());
    // a problem names its field with the whole way to it: respondent.age
    return complain([[String(refused.field).replace(/.*\./, ''), refused.detail, refused.status === 409]]);
  }
  by('why').textContent = texts[why];
  if (isNews) kept.focus();
};

// what became of responses from earlier pages
const report = arrived => {
  tray.textContent = '';
  let waiting = 0;
  arrived.forEach(id => add(add(tray, 'p', texts.arrived + ' '), 'a', texts.proof, {href: receipt(id)}));
  keys(SEND).filter(key => key !== SEND + own()).forEach(key => {
    const item = read(key);
    if (!item) return;
    if (item.problem) add(add(tray, 'p', texts.refused + ' ' + item.problem + ' '), 'button', texts.mend, {type: 'button', onclick() {
      // back into a form, where it can be mended and sent under a new id
      if (write(DRAFT + item.code, Object.assign(item, {at: Date.now()}))) drop(key);
      location = '/s/' + item.code;
    }});
    else waiting++;
  });
  if (waiting) add(tray, 'p', texts.waiting.replace('{n}', waiting));
};

// everything that waits; what the server refused is asked again only when a page opens
const flush = async opening => {
  if (flushing) return;
  flushing = true;
  clearTimeout(timer);
  const arrived = [];
  let waits;
  // our own, too, when another tab may have sent it
  for (const key of new Set(keys(SEND).concat(kept.hidden ? [] : SEND + own()))) {
    const id = key.slice(SEND.length), item = read(key);
    if (item && item.problem && !opening) continue;
    const outcome = await send(id);
    if (id === own()) settle(outcome);
    else if (outcome.received) arrived.push(id);
    waits = waits || outcome.why;
  }
  flushing = false;
  if (arrived[0] || opening) report(arrived);
  if (waits) later();
};
// ever more slowly, up to five minutes, and only while somebody may be looking
const later = () => {
  pause = Math.min(pause * 2, 300);
  if (!document.hidden) timer = setTimeout(flush, pause * 1000);
};
const hurry = () => {
  pause = 2;
  if (!document.hidden) flush();
};

form.noValidate = true;
form.onsubmit = async event => {
  const found = mistakes(), isReady = !found[0] && !sending;
  // first into the phone's store, then onto the line: a closed tab loses nothing. no store: the plain form goes
  if (isReady && !write(SEND + own(), {code, said: said(), body: frozen({channel: 'qr', device: device()})})) return;
  event.preventDefault();
  if (found[0]) return complain(found);
  if (!isReady) return;
  drop(draft);
  sending = button.textContent;
  button.textContent = texts.sending;
  const outcome = await send(own());
  button.textContent = sending;
  sending = 0;
  settle(outcome);
  if (outcome.why) later();
};
form.oninput = form.onchange = ({target}) => {
  if (by(target.name + '-error')) mark(target.name);
  count();
  save();
};
ononline = document.onvisibilitychange = hurry;
by('retry').onclick = () => {
  by('why').textContent = texts.sending;
  hurry();
};

// a draft lives four hours: long enough for a morning's queue, too short for the next owner of the phone
keys(DRAFT).forEach(key => {
  if (!(Date.now() - (read(key) || {}).at < 144e5)) drop(key);
});
const before = !again && read(draft);
if (before) {
  before.said.forEach(([name, value]) => {
    const field = form.elements[name];
    if (field && field.type !== 'hidden') field.value = value;
  });
  const line = add(by('restored'), 'p', texts.restored + ' ');
  add(line, 'button', texts.restart, {type: 'button', onclick() {
    form.reset();
    drop(draft);
    line.remove();
    count();
  }});
}
count();
onload = () => flush(true);
