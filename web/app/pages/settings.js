/** Pengaturan: language, what the phone keeps, a new version, signing out. */
import * as work from "../offline/work.js";
import { age, size } from "../shared/format.js";
import { html, useState } from "../shared/html.js";
import { language, speak, t } from "../shared/texts.js";
import { go, Sure, Title, useAct, useProgress, useWork } from "./parts.js";

export function Settings({ app }) {
  const { act, alert } = useAct();
  const kept = useWork(() => work.storage());
  const heard = useWork(() => work.pulledAt());
  const sends = useProgress();
  const [chosen, pick] = useState(language);
  const choose = (to) =>
    act(async () => {
      pick(to);
      await speak(to);
      pick(language);
      app.redraw();
    });
  const leave = () => act(async () => (await work.signOut(), go("#/sign-in")));
  return html`
    <${Title}>${t("Pengaturan")}<//>
    ${app.person && html`<p class="lead">${t("{name} bekerja di ponsel ini.", { name: app.person.name })}</p>`}
    ${alert}
    <fieldset><legend>${t("Bahasa")}</legend>
      ${[["id", "Bahasa Indonesia"], ["en", "English"]].map(([code, name]) => html`<label class="choice"><input type="radio" name="language" checked=${chosen === code} onChange=${() => choose(code)} /> <span lang=${code}>${name}</span></label>`)}
    </fieldset>
    <section><h2>${t("Penyimpanan")}</h2>
      ${kept && html`<p>${kept.quota > 0 && t("Terpakai {a} dari {b}.", { a: size(kept.usage), b: size(kept.quota) })} ${kept.persisted ? t("Peramban menjamin isinya tidak dihapus.") : t("Peramban belum menjamin: pasang Loket di layar utama.")}</p>`}
      <p class="soft">${t("Tampilan terang atau gelap mengikuti ponsel.")}</p>
    </section>
    <section><h2>${t("Versi aplikasi")}</h2>
      <p>${app.newVersion ? t("Versi baru siap.")
        : app.online ? t("Versi di ponsel ini yang terbaru.")
        : heard ? t("Tanpa jaringan versi baru tidak dapat dicari. Server terakhir dihubungi {when}.", { when: age(heard) })
        : t("Tanpa jaringan versi baru tidak dapat dicari.")}</p>
      ${app.newVersion && html`<button class="second" disabled=${Boolean(sends)} onClick=${() => act(work.update)}>${t("Pakai sekarang")}</button>`}
    </section>
    ${app.person && html`<${Sure} label=${t("Keluar")} yes=${t("Ya, keluar")} act=${leave}
      question=${[leaving(app), !app.online && t("Anda baru dapat masuk lagi bila ada jaringan; sampai itu konsep tidak dapat dibuka.")].filter(Boolean).join(" ")} />`}`;
}

const leaving = ({ unsent }) =>
  unsent ? t("Keluar? {n} kunjungan belum terkirim. Semuanya tetap di ponsel ini dan baru terkirim setelah Anda masuk lagi.", { n: unsent }) : t("Keluar dari ponsel ini? Konsep Anda tetap tersimpan.");
