/** Pengaturan: language, what the phone keeps, a new version, signing out. */
import * as work from "../offline/work.js";
import { size } from "../shared/format.js";
import { html } from "../shared/html.js";
import { language, speak, t } from "../shared/texts.js";
import { go, Sure, Title, useAct, useWork } from "./parts.js";

export function Settings({ app }) {
  const { act, alert } = useAct();
  const kept = useWork(() => work.storage());
  const choose = (to) =>
    act(async () => {
      await speak(to);
      app.redraw();
    });
  const leave = () => act(async () => (await work.signOut(), go("#/sign-in")));
  return html`
    <${Title}>${t("Pengaturan")}<//>
    ${app.person && html`<p class="lead">${t("{name} bekerja di ponsel ini.", { name: app.person.name })}</p>`}
    ${alert}
    <fieldset><legend>${t("Bahasa")}</legend>
      ${[["id", "Bahasa Indonesia"], ["en", "English"]].map(([code, name]) => html`<label class="choice"><input type="radio" name="language" checked=${language === code} onChange=${() => choose(code)} /> <span lang=${code}>${name}</span></label>`)}
    </fieldset>
    <section><h2>${t("Penyimpanan")}</h2>
      ${kept && html`<p>${t("Terpakai {a} dari {b}.", { a: size(kept.usage), b: size(kept.quota) })} ${kept.persisted ? t("Peramban menjamin isinya tidak dihapus.") : t("Peramban belum menjamin: pasang Loket di layar utama.")}</p>`}
      <p class="soft">${t("Tampilan terang atau gelap mengikuti ponsel.")}</p>
    </section>
    <section><h2>${t("Versi aplikasi")}</h2>
      <p>${app.newVersion ? t("Versi baru siap.") : t("Versi di ponsel ini yang terbaru.")}</p>
      ${app.newVersion && html`<button class="second" disabled=${app.sends} onClick=${() => act(work.update)}>${t("Pakai sekarang")}</button>`}
    </section>
    ${app.person && html`<${Sure} label=${t("Keluar")} yes=${t("Ya, keluar")} act=${leave}
      question=${app.unsent ? t("Keluar? {n} kunjungan belum terkirim. Semuanya tetap di ponsel ini dan baru terkirim setelah Anda masuk lagi.", { n: app.unsent }) : t("Keluar dari ponsel ini? Konsep Anda tetap tersimpan.")} />`}`;
}
