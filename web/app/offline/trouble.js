// @ts-check
// What can go wrong on a phone, in words for people.

import { t } from "../shared/texts.js";

/** @type {Record<string, () => string>} */
const SENTENCES = {
  full: () => t("Ruang di ponsel ini penuh, jadi yang terakhir belum tersimpan. Yang sudah tersimpan tetap ada. Kosongkan ruang, lalu ulangi."),
  closed: () => t("Penyimpanan ponsel sedang tidak dapat dibuka. Yang sudah tersimpan tetap ada. Tutup aplikasi, lalu buka lagi."),
  private: () => t("Peramban ini tidak mau menyimpan apa pun. Buka Loket di Chrome atau Safari, bukan di jendela pribadi."),
  offline: () => t("Belum ada sinyal ke server. Semua tersimpan di ponsel ini dan terkirim sendiri nanti."),
  signed_out: () => t("Sesi Anda sudah berakhir. Masuk lagi; semua yang belum terkirim tetap aman di ponsel ini."),
  portal: () => t("Jaringan ini menjawab sendiri, bukan server Loket. Bila perlu, masuk dahulu ke jaringan Wi-Fi itu. Semua tetap di ponsel ini."),
  outdated: () => t("Aplikasi ini terlalu lama untuk server. Perbarui aplikasi; semua yang belum terkirim tetap di ponsel ini."),
  busy: () => t("Masih ada yang sedang dikirim. Tunggu sampai selesai, lalu ulangi."),
  broken: () => t("Ada gangguan. Tidak ada yang hilang; coba lagi sebentar lagi."),
};

export class Trouble extends Error {
  /**
   * @param {string} code
   * @param {string} [detail] a sentence of the server's, instead of our own
   * @param {number} [wait] seconds the server asked us to wait
   */
  constructor(code, detail, wait = 0) {
    const said = detail || (SENTENCES[code] || SENTENCES.broken)();
    super(said);
    this.name = "Trouble";
    this.code = code;
    this.detail = said;
    this.wait = wait;
  }
}
