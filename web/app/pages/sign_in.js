/** Masuk: needs a network once; what waits on the phone stays whoever signs in. */
import * as work from "../offline/work.js";
import { html, useState } from "../shared/html.js";
import { t } from "../shared/texts.js";
import { first, go, Title, useAct, useWork } from "./parts.js";

export function SignIn({ app }) {
  const { act, busy, alert } = useAct();
  const [name, type] = useState(app.person ? app.person.username : "");
  const others = useWork(() => work.others()) || [];
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const from = location.hash;
    act(async () => {
      await first.load(() => work.signIn(name.trim(), String(form.get("password"))), app.redraw);
      // the list shows before all of it has come: who has gone on meanwhile stays there
      if (location.hash === from) go("#/");
    });
  };
  const waiting = others.filter((one) => !app.person || one.username !== app.person.username);
  return html`<form onSubmit=${submit}>
    <${Title}>${t("Masuk")}<//>
    ${app.person
      ? html`<p>${t("Sesi Anda sudah berakhir. Masuk lagi; {n} kunjungan yang belum terkirim tetap aman di ponsel ini.", { n: app.unsent })}</p>`
      : html`<p>${t("Cukup sekali, dengan jaringan. Setelah itu Loket bekerja berhari-hari tanpa sinyal.")}</p>`}
    ${!app.online && html`<p class="notice warn">${t("Sekarang tidak ada jaringan. Cari sinyal sebentar untuk masuk; yang tersimpan di ponsel tidak hilang.")}</p>`}
    ${waiting.map((one) => html`<p class="notice">${t("{n} kiriman milik {name} menunggu {name} masuk.", { n: one.unsent, name: one.name })}</p>`)}
    <div id="fault">${alert}</div>
    <label class="field">${t("Nama pengguna")}
      <input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required aria-describedby="fault" value=${name} onInput=${(event) => type(event.target.value)} /></label>
    <label class="field">${t("Kata sandi")}
      <input name="password" type="password" autocomplete="current-password" required aria-describedby="fault" /></label>
    <footer class="thumb">
      <button disabled=${busy}>${busy ? t("Memeriksa…") : t("Masuk")}</button>
    </footer>
  </form>`;
}
