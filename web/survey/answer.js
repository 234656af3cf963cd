// what the form says and how it is sent: shared by the page on a phone and the kiosk
'use strict';
const by = id => document.getElementById(id);
const {code, elements, profile, texts, again} = JSON.parse(by('facts').textContent), form = by('form'), {lang} = document.documentElement;

const value = name => {
  const field = form.elements[name];
  return field && field.value.trim() || null;
};
const numberOrWord = name => +value(name) || value(name);
const each = (names, read) => names.reduce((all, name) => Object.assign(all, {[name]: read(name)}), {});

// local time with its distance from UTC: 2026-11-22T09:14:03+07:00
const localTime = date =>
  new Date(date - date.getTimezoneOffset() * 6e4).toISOString().slice(0, 19) + String(date).replace(/.*GMT(...)(..).*/, '$1:$2');

// the frozen body of one response; a question that is not asked or not answered is null
const frozen = more => JSON.stringify(Object.assign({
  counter: code, token: value('token') || '', answers: each(elements, numberOrWord), respondent: each(profile, numberOrWord),
  service: value('service') || undefined, comment: value('comment'), answered_at: localTime(new Date()), lang
}, more));

// [field, text] of everything that must be mended before sending: questions without an answer, an impossible age
const mistakes = () => [...form.querySelectorAll('input[id]:invalid')].map(({id}) => [id, texts[id] || texts.choose]);

const wait = (time, what) => new Promise(done => setTimeout(done, time, what));

// only JSON that names our id and the server's hash of what it stored means "received";
// a portal's page, a redirect or an empty answer never does
const put = (id, body) => Promise.race([
  wait(15000, {why: 'offline'}),
  fetch('/api/responses/' + id, {method: 'PUT', body, headers: {'Content-Type': 'application/json'}, redirect: 'manual'})
    .then(async answer => {
      const said = await answer.json().catch(() => ({})), {status} = answer;
      if (status < 202 && said.id === id && said.body_sha256) return {received: true};
      if (status < 500 && said.detail && ![408, 425, 429].includes(status)) return {refused: said};
      return {why: status < 400 ? 'portal' : 'busy'};
    })
    .catch(() => ({why: 'offline'}))
]);

// one tab at a time does `work`, and a moment later: what the former tab took out of the store must have reached this one.
// where the browser has no locks, the server's memory of ids is enough
const alone = (name, work) => navigator.locks ? navigator.locks.request(name, () => wait(50).then(work)) : work();

const element = (tag, textContent, more) => Object.assign(document.createElement(tag), {textContent}, more);
const add = (parent, ...what) => parent.appendChild(element(...what));
const boxOf = field => field.closest('fieldset,.field');

// marks one field as wrong, in the way the server's page does; without a text it takes the mark away
const mark = (name, text) => {
  const id = name + '-error', old = by(id), field = by(name), spoken = field.closest('fieldset') || field;
  if (old) old.remove();
  if (text) boxOf(field).firstElementChild.after(element('p', text, {id, className: 'error'}));
  spoken.setAttribute('aria-describedby', text ? id : '');
};
