"""What stands in the demo city: its units, their public services and their counters, as an official would list them.

No number here is a real government's. Names of districts and villages exist nowhere in Indonesia.
"""

from collections.abc import Iterator
from typing import NamedTuple

CITY = "Kota Lembayung"
PLACE = "Lembayung"

FREE, FEE, INSURED, UNASKED = "gratis", "tarif", "bpjs", "-"
"""What a service costs: nothing by law, a tariff, nothing for the insured; unasked: the survey leaves cost out."""


class Offer(NamedTuple):
    """A public service; `share` is its part of the unit's users, in any measure."""

    name: str
    cost: str
    share: int


class Desk(NamedTuple):
    """A counter: of one service or (None) of all the unit's, in the unit's own house or another unit's hall."""

    name: str
    offer: str | None
    share: int
    hall: str | None = None
    is_kiosk: bool = False


class Entry(NamedTuple):
    """A unit. `theme` is what its citizens write about; `share` its part of all answers."""

    name: str
    kind: str
    above: str | None
    theme: str
    users: int
    share: float
    offers: tuple[Offer, ...]
    desks: tuple[Desk, ...] = ()
    answers: int | None = None
    """Exactly so many answers in the year, whatever the others get."""
    offers_kept: int | None = None
    """How many of the offers one such unit has; the first three always."""


HOURS: dict[str, tuple[str, str, str]] = {
    "dinas": ("07:30", "16:00", "12345"),
    "badan": ("07:30", "16:00", "12345"),
    "bagian": ("07:30", "16:00", "12345"),
    "lainnya": ("07:30", "16:00", "12345"),
    "uptd": ("07:30", "15:30", "12345"),
    "kecamatan": ("07:30", "15:30", "12345"),
    "kelurahan": ("07:30", "15:00", "12345"),
    "puskesmas": ("07:30", "14:00", "123456"),
    "rsud": ("00:00", "23:59", "1234567"),
    "bumd": ("08:00", "15:30", "123456"),
    "mpp": ("08:00", "15:00", "12345"),
    "damkar": ("00:00", "23:59", "1234567"),
    "bencana": ("00:00", "23:59", "1234567"),
    "buku": ("08:00", "17:00", "123456"),
    "pasar": ("05:00", "14:00", "1234567"),
}
"""Opening hours by theme, else by kind."""

DISTRICTS: dict[str, tuple[str, ...]] = {
    "Lembayung Tengah": (
        "Kemuningsari",
        "Gandariasari",
        "Flamboyanindah",
        "Mekarkencana",
        "Padmajaya",
        "Pusparaya",
    ),
    "Lembayung Utara": ("Cempakasari", "Girisejati", "Bukitsejati", "Tirtaraya", "Kembangraya"),
    "Lembayung Timur": ("Kenangajaya", "Jatiraya", "Puspamekar", "Sinarkencana", "Telagaasri"),
    "Lembayung Selatan": ("Melatisari", "Karangraya", "Padmasari", "Wanakencana", "Rawakencana"),
    "Lembayung Barat": ("Anggreksari", "Tamanraya", "Sukakencana", "Embunsari", "Cendanaraya"),
    "Lembayung Hulu": ("Tirtawangi", "Bayujaya", "Sumberkencana", "Girilestari", "Wanalestari"),
}
"""The kecamatan with their kelurahan."""

DISTRICT_POINTS: dict[str, tuple[float, float]] = {
    "Lembayung Tengah": (-6.8450, 108.2310),
    "Lembayung Utara": (-6.8180, 108.2330),
    "Lembayung Timur": (-6.8440, 108.2590),
    "Lembayung Selatan": (-6.8720, 108.2290),
    "Lembayung Barat": (-6.8470, 108.2030),
    "Lembayung Hulu": (-6.8750, 108.1990),
}
"""The middle of each, north and east; on the map of Java, where no such city is."""

FURTHER_NAMES = tuple(
    first + second
    for second in ("loka", "puri", "lembah", "teduh", "harum", "sejati", "permai", "lestari")
    for first in (
        "Kenanga",
        "Melati",
        "Puspa",
        "Tirta",
        "Sinar",
        "Jati",
        "Rawa",
        "Telaga",
        "Taman",
        "Padma",
        "Gandaria",
        "Kemuning",
        "Flamboyan",
        "Cendana",
        "Anggrek",
        "Bayu",
        "Embun",
        "Sawah",
    )
)
"""Kelurahan of a city larger than the catalogue."""

FIRST = (
    "Dinas Kependudukan dan Pencatatan Sipil",
    "Dinas Kesehatan",
    "Puskesmas Melatisari",
    "Kecamatan Lembayung Tengah",
    "Kelurahan Kemuningsari",
    "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
    "Mal Pelayanan Publik",
    "RSUD Lembayung",
    "Perumda Air Minum Tirta Lembayung",
    "Perumda BPR Bank Pasar Lembayung",
    "Puskesmas Lembayung Tengah",
    "Kelurahan Gandariasari",
)
"""What a small city has; a larger one goes on in the order of the catalogue."""

STREETS = (
    "Jalan Merdeka",
    "Jalan Alun-Alun",
    "Jalan Veteran",
    "Jalan Pemuda",
    "Jalan Pahlawan",
    "Jalan Kartini",
    "Jalan Pelajar",
    "Jalan Pasar Lama",
    "Jalan Stasiun",
    "Jalan Cempaka",
    "Jalan Kenari",
    "Jalan Beringin",
    "Jalan Raya Hulu",
    "Jalan Lingkar Barat",
    "Jalan Kebon Jati",
    "Jalan Sungai Lembayung",
)


def _offers(text: str) -> tuple[Offer, ...]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(Offer(name.strip(), cost.strip(), int(share)) for name, cost, share in rows)


_KELURAHAN = _offers("""
    Surat Keterangan Tidak Mampu | gratis | 22
    Surat Keterangan Usaha | gratis | 18
    Surat Keterangan Domisili | gratis | 16
    Surat Pengantar Nikah | gratis | 12
    Surat Keterangan Ahli Waris | gratis | 7
    Surat Keterangan Kematian | gratis | 8
    Surat Keterangan Belum Menikah | gratis | 6
    Surat Pengantar SKCK | gratis | 9
    Aduan Lingkungan dan Ketertiban | - | 5
""")

_KECAMATAN = _offers("""
    Legalisasi Surat Keterangan Ahli Waris | gratis | 16
    Rekomendasi Dispensasi Nikah | gratis | 14
    Akta Jual Beli Tanah (PPAT Sementara) | tarif | 14
    Rekomendasi Izin Keramaian | gratis | 12
    Surat Keterangan Pindah Antarkecamatan | gratis | 18
    Pengesahan Proposal Kegiatan Warga | - | 10
    Rekomendasi Bantuan Sosial | - | 12
""")

_PUSKESMAS = _offers("""
    Poli Umum | bpjs | 34
    Poli Gigi dan Mulut | bpjs | 12
    Poli KIA dan KB | bpjs | 16
    Imunisasi | - | 11
    Farmasi | bpjs | 12
    Laboratorium | bpjs | 8
    Poli Lansia | bpjs | 9
    Unit Gawat Darurat | bpjs | 7
    Konsultasi Gizi | gratis | 4
    Layanan TB Paru | - | 4
    Surat Keterangan Sehat | tarif | 7
    Persalinan 24 Jam | bpjs | 3
    Klinik Sanitasi | gratis | 2
""")

_PUSKESMAS_DESKS = (
    Desk("Loket Pendaftaran", None, 38, is_kiosk=True),
    Desk("Poli Umum", "Poli Umum", 22),
    Desk("Poli KIA dan KB", "Poli KIA dan KB", 18),
    Desk("Loket Farmasi", "Farmasi", 22),
)

_SCHOOL = _offers("""
    Penerimaan Murid Baru | - | 40
    Mutasi Siswa | gratis | 16
    Legalisasi Ijazah | gratis | 20
    Surat Keterangan Siswa | gratis | 24
""")

_DUKCAPIL = _offers("""
    KTP Elektronik | gratis | 28
    Kartu Keluarga | gratis | 22
    Akta Kelahiran | gratis | 15
    Akta Kematian | gratis | 7
    Kartu Identitas Anak | gratis | 8
    Surat Pindah dan Datang | gratis | 9
    Identitas Kependudukan Digital | gratis | 8
    Akta Perkawinan | gratis | 3
    Akta Perceraian | gratis | 1
    Konsolidasi Data Kependudukan | - | 4
""")

_DUKCAPIL_DESKS = (
    Desk("Loket 1 KTP Elektronik", "KTP Elektronik", 17),
    Desk("Loket 2 Kartu Keluarga", "Kartu Keluarga", 16),
    Desk("Loket 3 Akta", None, 14),
    Desk("Loket 4 Pindah dan Datang", "Surat Pindah dan Datang", 9),
    Desk("Loket 5 Identitas Digital", "Identitas Kependudukan Digital", 7),
    Desk("Loket Disdukcapil di MPP", None, 17, "Mal Pelayanan Publik"),
    *(
        Desk(f"Perekaman KTP-el {district}", "KTP Elektronik", 3, f"Kecamatan {district}")
        for district in DISTRICTS
    ),
)

_RSUD = _offers("""
    Pendaftaran Rawat Jalan | bpjs | 22
    Instalasi Gawat Darurat | bpjs | 16
    Rawat Inap | bpjs | 14
    Poliklinik Penyakit Dalam | bpjs | 12
    Poliklinik Anak | bpjs | 8
    Poliklinik Kandungan | bpjs | 7
    Farmasi Rawat Jalan | bpjs | 12
    Laboratorium | bpjs | 7
    Radiologi | bpjs | 5
    Poliklinik Mata | bpjs | 4
    Rehabilitasi Medik | bpjs | 3
    Hemodialisis | bpjs | 2
    Medical Check Up | tarif | 3
""")

_RSUD_DESKS = (
    Desk("Pendaftaran Rawat Jalan", "Pendaftaran Rawat Jalan", 24, is_kiosk=True),
    Desk("Instalasi Gawat Darurat", "Instalasi Gawat Darurat", 12),
    Desk("Ruang Rawat Inap Mawar", "Rawat Inap", 9),
    Desk("Ruang Rawat Inap Dahlia", "Rawat Inap", 7),
    Desk("Poliklinik Lantai 1", None, 14),
    Desk("Poliklinik Lantai 2", None, 11),
    Desk("Apotek Rawat Jalan", "Farmasi Rawat Jalan", 15),
    Desk("Laboratorium", "Laboratorium", 8),
)

_KESEHATAN, _DPMPTSP, _PERDAGANGAN = (
    "Dinas Kesehatan",
    "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
    "Dinas Perdagangan, Koperasi, Usaha Kecil dan Menengah",
)
_MPP = "Mal Pelayanan Publik"
_SETDA = "Sekretariat Daerah"


def entries() -> Iterator[Entry]:
    """All units in order, each below one that stands before it."""
    yield from _offices()
    yield from _agencies()
    yield from _technical_units()
    yield from _enterprises()
    yield from _health()
    yield from _districts()


def further(number: int) -> Entry:
    """The kelurahan and, every second one, the schools of a city larger than the catalogue."""
    half, is_school = divmod(number, 2)
    if is_school or half >= len(FURTHER_NAMES):
        name = f"SD Negeri {number + 1} {PLACE}"
        return Entry(name, "lainnya", "Dinas Pendidikan dan Kebudayaan", "sekolah", 640, 0.5, _SCHOOL)
    return _kelurahan(FURTHER_NAMES[half], tuple(DISTRICTS)[half % len(DISTRICTS)])


def _offices() -> Iterator[Entry]:
    def dinas(name: str, theme: str, users: int, share: float, offers: str, *desks: Desk) -> Entry:
        return Entry(name, "dinas", None, theme, users, share, _offers(offers), desks)

    yield Entry(
        "Dinas Kependudukan dan Pencatatan Sipil",
        "dinas",
        None,
        "dukcapil",
        94000,
        10,
        _DUKCAPIL,
        _DUKCAPIL_DESKS,
    )
    yield dinas(
        _DPMPTSP, "izin", 16500, 4.5,
        """
        Nomor Induk Berusaha (OSS) | gratis | 30
        Persetujuan Bangunan Gedung | tarif | 20
        Izin Praktik Tenaga Kesehatan | gratis | 18
        Izin Penyelenggaraan Reklame | tarif | 9
        Izin Operasional Satuan Pendidikan | gratis | 5
        Surat Keterangan Penelitian | gratis | 8
        Izin Trayek | tarif | 3
        Konsultasi Perizinan | - | 7
        """,
        Desk("Loket Perizinan Berusaha", "Nomor Induk Berusaha (OSS)", 30, _MPP),
        Desk("Loket Bangunan Gedung", "Persetujuan Bangunan Gedung", 22, _MPP),
        Desk("Loket Tenaga Kesehatan", "Izin Praktik Tenaga Kesehatan", 20, _MPP),
        Desk("Loket Perizinan Lain", None, 28),
    )  # fmt: skip
    yield dinas(
        _KESEHATAN, "kesehatan", 7400, 1.2,
        """
        Sertifikat Pangan Industri Rumah Tangga | gratis | 30
        Sertifikat Laik Higiene Sanitasi | gratis | 22
        Pendaftaran Jaminan Kesehatan Daerah | - | 34
        Rekomendasi Izin Klinik dan Apotek | gratis | 10
        Surat Terdaftar Penyehat Tradisional | gratis | 4
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Pendidikan dan Kebudayaan", "sekolah", 21000, 2.2,
        """
        Penerimaan Murid Baru | - | 42
        Legalisasi Ijazah | gratis | 18
        Mutasi Siswa | gratis | 16
        Surat Keterangan Pengganti Ijazah | gratis | 9
        Rekomendasi Izin PAUD dan Kesetaraan | gratis | 5
        Verifikasi Tunjangan Guru | - | 10
        """,
        Desk("Loket Penerimaan Murid Baru", "Penerimaan Murid Baru", 36),
        Desk("Loket Ijazah dan Mutasi", None, 40),
        Desk("Loket Guru dan Tenaga Kependidikan", "Verifikasi Tunjangan Guru", 24),
    )  # fmt: skip
    yield dinas(
        "Dinas Sosial", "sosial", 14200, 1.8,
        """
        Usulan Data Penerima Bantuan | - | 38
        Rekomendasi Jaminan Kesehatan PBI | - | 30
        Bantuan Alat bagi Penyandang Disabilitas | - | 8
        Penanganan Orang Telantar | - | 6
        Rekomendasi Pengangkatan Anak | gratis | 3
        Izin Pengumpulan Sumbangan | gratis | 4
        """,
        Desk("Loket Data Penerima Bantuan", "Usulan Data Penerima Bantuan", 38),
        Desk("Loket Rehabilitasi dan Jaminan Sosial", None, 34),
        Desk("Loket Dinsos di MPP", "Rekomendasi Jaminan Kesehatan PBI", 28, _MPP),
    )  # fmt: skip
    yield dinas(
        "Dinas Tenaga Kerja dan Perindustrian", "kerja", 12600, 1.9,
        """
        Kartu Pencari Kerja (AK-1) | gratis | 52
        Rekomendasi Paspor Pekerja Migran | gratis | 12
        Mediasi Hubungan Industrial | - | 7
        Pengesahan Peraturan Perusahaan | gratis | 6
        Pencatatan Perjanjian Kerja | gratis | 9
        Rekomendasi Lembaga Pelatihan Kerja | gratis | 3
        """,
        Desk("Loket Kartu Pencari Kerja", "Kartu Pencari Kerja (AK-1)", 36),
        Desk("Loket Hubungan Industrial", None, 26),
        Desk("Loket AK-1 di MPP", "Kartu Pencari Kerja (AK-1)", 38, _MPP),
    )  # fmt: skip
    yield dinas(
        "Dinas Perhubungan", "jalan", 5200, 0.9,
        """
        Kartu Pengawasan Angkutan | tarif | 28
        Parkir Berlangganan | tarif | 30
        Persetujuan Analisis Dampak Lalu Lintas | gratis | 12
        Permohonan Rambu dan Marka | - | 14
        Izin Penutupan Jalan Sementara | gratis | 12
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Komunikasi dan Informatika", "umum", 2600, 0.6,
        """
        Informasi Publik (PPID) | - | 34
        Tanda Tangan Elektronik | - | 28
        Subdomain dan Hosting | - | 12
        Panggilan Darurat 112 | - | 20
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Pekerjaan Umum dan Penataan Ruang", "jalan", 5900, 1.0,
        """
        Keterangan Rencana Kota | gratis | 30
        Sewa Alat Berat | tarif | 10
        Sertifikat Laik Fungsi | gratis | 14
        Izin Pemanfaatan Ruang Milik Jalan | tarif | 8
        Pengaduan Jalan dan Drainase Rusak | - | 26
        Penyedotan Air Limbah Domestik | tarif | 14
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Perumahan dan Kawasan Permukiman", "jalan", 3100, 0.7,
        """
        Izin Pemakaian Tanah Makam | tarif | 34
        Bantuan Rumah Tidak Layak Huni | - | 26
        Pengesahan Rencana Tapak | gratis | 14
        Serah Terima Prasarana Perumahan | gratis | 8
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Lingkungan Hidup", "sampah", 6800, 1.1,
        """
        Persetujuan Lingkungan (UKL-UPL) | gratis | 20
        Pengangkutan Sampah | tarif | 40
        Pemangkasan Pohon | gratis | 18
        Pengaduan Pencemaran | - | 12
        Rincian Teknis Limbah B3 | gratis | 5
        """,
    )  # fmt: skip
    yield dinas(
        _PERDAGANGAN, "usaha", 8300, 1.2,
        """
        Pendampingan Sertifikat Halal | gratis | 32
        Pelatihan Usaha Mikro | - | 26
        Rekomendasi Pendirian Koperasi | gratis | 9
        Tanda Daftar Gudang | gratis | 5
        Fasilitasi Pendaftaran Merek | tarif | 8
        Kurasi Produk Galeri UKM | - | 12
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Pariwisata, Pemuda dan Olahraga", "olahraga", 9700, 0.9,
        """
        Sewa Gelanggang Olahraga | tarif | 46
        Sewa Stadion | tarif | 14
        Rekomendasi Kegiatan Seni dan Hiburan | gratis | 16
        Sertifikat Standar Usaha Wisata | gratis | 8
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Perpustakaan dan Kearsipan", "buku", 15800, 1.6,
        """
        Keanggotaan Perpustakaan | - | 30
        Peminjaman Buku | - | 46
        Ruang Baca Anak | - | 18
        Perpustakaan Keliling | - | 10
        Penelusuran Arsip | - | 4
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Ketahanan Pangan dan Pertanian", "tani", 4300, 0.8,
        """
        Pendaftaran Pupuk Bersubsidi | - | 36
        Rekomendasi Benih Unggul | gratis | 14
        Surat Keterangan Kesehatan Hewan | gratis | 18
        Uji Keamanan Pangan Segar | gratis | 8
        Gerakan Pangan Murah | tarif | 20
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Perikanan", "tani", 1900, 0.5,
        """
        Kartu Pelaku Usaha Perikanan | gratis | 38
        Penjualan Benih Ikan | tarif | 26
        Rekomendasi BBM Nelayan | gratis | 20
        Penyuluhan Budidaya | - | 12
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Pemadam Kebakaran dan Penyelamatan", "damkar", 1700, 0.9,
        """
        Pemadaman Kebakaran | - | 26
        Penyelamatan dan Evakuasi Hewan | - | 44
        Pemeriksaan Alat Proteksi Kebakaran | - | 12
        Edukasi Kebakaran untuk Sekolah | - | 16
        """,
    )  # fmt: skip
    yield dinas(
        "Dinas Pemberdayaan Perempuan, Perlindungan Anak dan Keluarga Berencana", "keluarga", 3600, 0.7,
        """
        Pelayanan KB | gratis | 44
        Konseling Keluarga | - | 20
        Forum Anak dan Sekolah Ramah Anak | - | 12
        """,
    )  # fmt: skip


def _agencies() -> Iterator[Entry]:
    def unit(
        name: str,
        kind: str,
        theme: str,
        users: int,
        share: float,
        offers: str,
        *desks: Desk,
        above: str | None = None,
        answers: int | None = None,
    ) -> Entry:
        return Entry(name, kind, above, theme, users, share, _offers(offers), desks, answers)

    yield unit(
        "Badan Pendapatan Daerah", "badan", "pajak", 38000, 3.2,
        """
        Pembayaran PBB-P2 | tarif | 46
        Mutasi Objek PBB | gratis | 18
        Validasi BPHTB | tarif | 16
        Salinan SPPT | gratis | 12
        Pajak Restoran dan Hotel | tarif | 7
        Pajak Reklame | tarif | 4
        Keberatan dan Pengurangan Pajak | gratis | 5
        """,
        # nearly all come here: the year's warning that one counter speaks for the whole unit
        Desk("Loket PBB-P2", "Pembayaran PBB-P2", 82),
        Desk("Loket BPHTB", "Validasi BPHTB", 8),
        Desk("Loket Pajak Usaha", None, 4),
        Desk("Loket Bapenda di MPP", None, 6, _MPP),
    )  # fmt: skip
    yield unit(
        "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia", "badan", "pegawai", 5400, 0.8,
        """
        Kenaikan Pangkat | - | 34
        Pensiun | - | 18
        Izin Belajar dan Tugas Belajar | - | 12
        Mutasi Pegawai | - | 14
        Kartu Pegawai dan Kartu Suami/Istri | - | 10
        """,
    )  # fmt: skip
    yield unit(
        "Badan Penanggulangan Bencana Daerah", "badan", "bencana", 900, 0.3,
        """
        Bantuan Logistik Bencana | - | 40
        Pengiriman Air Bersih | - | 34
        Pelatihan Siaga Bencana | - | 14
        """,
    )  # fmt: skip
    yield unit(
        "Badan Kesatuan Bangsa dan Politik", "badan", "umum", 1500, 0.4,
        """
        Rekomendasi Penelitian | gratis | 56
        Pendaftaran Organisasi Kemasyarakatan | gratis | 20
        Pemberitahuan Kegiatan | gratis | 14
        """,
    )  # fmt: skip
    yield unit(
        "Badan Perencanaan Pembangunan, Riset dan Inovasi Daerah", "badan", "umum", 420, 0.2,
        """
        Izin Riset Daerah | gratis | 40
        Permintaan Data Perencanaan | gratis | 30
        Konsultasi Musrenbang | - | 20
        """,
        answers=6,
    )  # fmt: skip
    yield unit(
        "Badan Keuangan dan Aset Daerah", "badan", "pegawai", 1300, 0.4,
        """
        Penerbitan Surat Perintah Pencairan Dana | - | 48
        Sewa Tanah dan Bangunan Daerah | tarif | 20
        Pencairan Hibah | - | 14
        """,
    )  # fmt: skip
    yield unit(
        _SETDA, "lainnya", "umum", 1100, 0.3,
        """
        Penerimaan Surat dan Tamu | - | 60
        Permohonan Audiensi | - | 30
        """,
    )  # fmt: skip
    yield unit(
        "Bagian Umum", "bagian", "umum", 260, 0.2,
        """
        Peminjaman Aula | gratis | 40
        Permohonan Kendaraan Acara | gratis | 20
        """,
        above=_SETDA, answers=14,
    )  # fmt: skip
    yield unit(
        "Bagian Hukum", "bagian", "umum", 150, 0.2,
        """
        Bantuan Hukum bagi Warga Miskin | - | 30
        Dokumentasi dan Informasi Hukum | - | 50
        """,
        above=_SETDA, answers=1,
    )  # fmt: skip
    yield unit(
        "Bagian Kesejahteraan Rakyat", "bagian", "umum", 1400, 0.4,
        """
        Hibah Rumah Ibadah | gratis | 30
        Beasiswa Daerah | - | 46
        Insentif Guru Mengaji | - | 20
        """,
        above=_SETDA,
    )  # fmt: skip
    yield unit(
        "Bagian Pengadaan Barang dan Jasa", "bagian", "umum", 780, 0.3,
        """
        Pendaftaran Penyedia | - | 46
        Klinik Pengadaan | - | 30
        Verifikasi Katalog Lokal | - | 20
        """,
        above=_SETDA,
    )  # fmt: skip
    yield unit(
        "Bagian Perekonomian", "bagian", "umum", 120, 0.1,
        """
        Rekomendasi Pangkalan LPG | gratis | 40
        Konsultasi BUMD | - | 10
        """,
        above=_SETDA, answers=0,
    )  # fmt: skip
    yield unit(
        "Sekretariat DPRD", "lainnya", "umum", 900, 0.3,
        """
        Penyampaian Aspirasi | - | 50
        Kunjungan Sekolah dan Kampus | - | 30
        """,
    )  # fmt: skip
    yield unit(
        "Inspektorat Daerah", "lainnya", "umum", 310, 0.1,
        """
        Klinik Konsultasi Pengawasan | - | 40
        Surat Keterangan Bebas Temuan | - | 36
        Pengaduan Masyarakat | - | 10
        """,
        answers=0,
    )  # fmt: skip
    yield unit(
        "Satuan Polisi Pamong Praja", "lainnya", "tertib", 1600, 0.5,
        """
        Pengaduan Ketertiban Umum | - | 50
        Pengamanan Acara Warga | - | 24
        Penertiban Reklame Liar | - | 12
        """,
    )  # fmt: skip
    yield unit(
        _MPP, "mpp", "mpp", 41000, 3.4,
        """
        Informasi dan Antrean | - | 60
        Layanan Mandiri | - | 26
        Pengaduan Terpadu | - | 8
        """,
        Desk("Meja Informasi", "Informasi dan Antrean", 40),
        Desk("Anjungan Mandiri", "Layanan Mandiri", 34, is_kiosk=True),
        Desk("Loket Pengaduan Terpadu", "Pengaduan Terpadu", 26),
        above=_DPMPTSP,
    )  # fmt: skip


def _technical_units() -> Iterator[Entry]:
    def uptd(name: str, above: str, theme: str, users: int, share: float, offers: str) -> Entry:
        return Entry(f"UPTD {name}", "uptd", above, theme, users, share, _offers(offers))

    yield uptd(
        "Pengujian Kendaraan Bermotor", "Dinas Perhubungan", "uji", 11800, 1.6,
        """
        Uji Berkala Mobil Barang | gratis | 52
        Uji Berkala Mobil Penumpang Umum | gratis | 20
        Numpang Uji dan Mutasi | gratis | 10
        Penggantian Kartu Uji | gratis | 8
        """,
    )  # fmt: skip
    yield uptd(
        "Laboratorium Kesehatan Daerah", _KESEHATAN, "kesehatan", 4600, 0.7,
        """
        Pemeriksaan Darah dan Urine | tarif | 46
        Pemeriksaan Air Bersih | tarif | 24
        Surat Bebas Narkoba | tarif | 28
        """,
    )  # fmt: skip
    yield uptd(
        "Metrologi Legal", _PERDAGANGAN, "usaha", 3900, 0.6,
        """
        Tera Ulang Timbangan | gratis | 60
        Tera Ulang Pompa Ukur BBM | gratis | 14
        Pengaduan Takaran | - | 10
        """,
    )  # fmt: skip
    yield uptd(
        "Balai Latihan Kerja", "Dinas Tenaga Kerja dan Perindustrian", "kerja", 1400, 0.8,
        """
        Pelatihan Menjahit dan Tata Busana | - | 24
        Pelatihan Las dan Otomotif | - | 26
        Pelatihan Komputer | - | 30
        Uji Kompetensi | gratis | 12
        """,
    )  # fmt: skip
    yield uptd(
        "Rumah Susun Sewa", "Dinas Perumahan dan Kawasan Permukiman", "rusun", 620, 0.6,
        """
        Pendaftaran Penghuni | gratis | 20
        Pembayaran Sewa | tarif | 44
        Perbaikan Unit Hunian | - | 30
        """,
    )  # fmt: skip
    yield uptd(
        "Pengelolaan Sampah", "Dinas Lingkungan Hidup", "sampah", 5100, 0.7,
        """
        Retribusi Persampahan | tarif | 46
        Angkutan Sampah Khusus | tarif | 16
        Bank Sampah Induk | - | 26
        """,
    )  # fmt: skip
    yield uptd(
        "Perlindungan Perempuan dan Anak",
        "Dinas Pemberdayaan Perempuan, Perlindungan Anak dan Keluarga Berencana", "keluarga", 380, 0.3,
        """
        Pengaduan Kekerasan | - | 40
        Pendampingan Psikologis | - | 30
        Pendampingan Hukum | - | 20
        """,
    )  # fmt: skip
    yield uptd(
        "Pusat Kesehatan Hewan", "Dinas Ketahanan Pangan dan Pertanian", "hewan", 3300, 0.8,
        """
        Pemeriksaan Hewan | tarif | 46
        Vaksinasi Rabies | gratis | 34
        Sterilisasi Kucing | tarif | 16
        """,
    )  # fmt: skip
    yield uptd(
        "Rumah Potong Hewan", "Dinas Ketahanan Pangan dan Pertanian", "hewan", 2100, 0.4,
        """
        Pemotongan Hewan | tarif | 60
        Pemeriksaan Daging | tarif | 24
        Surat Keterangan Asal Daging | gratis | 10
        """,
    )  # fmt: skip


def _enterprises() -> Iterator[Entry]:
    def perumda(name: str, theme: str, users: int, share: float, offers: str, *desks: Desk) -> Entry:
        return Entry(name, "bumd", None, theme, users, share, _offers(offers), desks)

    yield perumda(
        "Perumda Air Minum Tirta Lembayung", "air", 52000, 4.2,
        """
        Pembayaran Rekening Air | tarif | 40
        Sambungan Baru | tarif | 14
        Pengaduan Gangguan Aliran | - | 24
        Balik Nama Pelanggan | tarif | 8
        Penggantian Meter Air | tarif | 9
        Pengiriman Air Tangki | tarif | 6
        """,
        Desk("Loket Pembayaran", "Pembayaran Rekening Air", 34),
        Desk("Loket Sambungan Baru", "Sambungan Baru", 17),
        Desk("Loket Pengaduan Pelanggan", "Pengaduan Gangguan Aliran", 25),
        Desk("Loket Tirta Lembayung di MPP", None, 24, _MPP),
    )  # fmt: skip
    yield perumda(
        "Perumda BPR Bank Pasar Lembayung", "bank", 17500, 2.4,
        """
        Tabungan | gratis | 40
        Kredit Usaha Mikro | tarif | 26
        Kredit Pegawai | tarif | 16
        Deposito | gratis | 8
        Pembayaran Tagihan | tarif | 14
        """,
        Desk("Teller", None, 41),
        Desk("Layanan Kredit", "Kredit Usaha Mikro", 31),
        Desk("Loket Bank Pasar di MPP", None, 28, _MPP),
    )  # fmt: skip
    yield perumda(
        "Perumda Pasar Lembayung", "pasar", 9800, 1.4,
        """
        Sewa Kios dan Los | tarif | 34
        Balik Nama Hak Pakai | tarif | 10
        Karcis Harian Pedagang | tarif | 34
        Kebersihan dan Keamanan Pasar | - | 24
        Parkir Pasar | tarif | 20
        """,
        Desk("Kantor Pasar Induk", None, 42),
        Desk("Pos Pasar Kemuning", None, 31),
        Desk("Pos Pasar Anggrek", None, 27),
    )  # fmt: skip


def _health() -> Iterator[Entry]:
    yield Entry("RSUD Lembayung", "rsud", _KESEHATAN, "rsud", 142000, 8, _RSUD, _RSUD_DESKS)
    yield Entry("RSUD Lembayung Hulu", "rsud", _KESEHATAN, "rsud", 46000, 3, _RSUD[:9], _RSUD_DESKS[:4])
    # one in each kecamatan, and eight more where many people live
    further_places = ("Melatisari", *(villages[1] for villages in DISTRICTS.values()), "Tirtawangi")
    for number, place in enumerate((*further_places, *DISTRICTS)):
        yield Entry(
            f"Puskesmas {place}",
            "puskesmas",
            _KESEHATAN,
            "puskesmas",
            18500 + 2300 * (number % 5),
            2.6,
            _PUSKESMAS,
            _PUSKESMAS_DESKS,
            offers_kept=8,
        )


def _districts() -> Iterator[Entry]:
    for number, (district, villages) in enumerate(DISTRICTS.items()):
        name = f"Kecamatan {district}"
        yield Entry(name, "kecamatan", None, "kecamatan", 5200 + 700 * number, 1.5, _KECAMATAN, offers_kept=6)
        yield from (_kelurahan(village, district) for village in villages)


def _kelurahan(name: str, district: str) -> Entry:
    return Entry(
        f"Kelurahan {name}",
        "kelurahan",
        f"Kecamatan {district}",
        "kelurahan",
        2600,
        1.0,
        _KELURAHAN,
        offers_kept=5,
    )
