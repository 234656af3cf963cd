"""What citizens write under their answers: thanks, complaints, wishes and jokes that fit what they ticked."""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from server.demo.catalogue import FEE, FREE, INSURED
from server.skm.rules import ELEMENTS
from server.surveys.wire import Answers


class Told(NamedTuple):
    """A sentence of one theme, and by whom it is written."""

    text: str
    about: str = ""
    """Only where the name of the service holds this."""
    element: str = ""
    """A complaint: only by those who ticked this element low."""


_BAD: Mapping[str, Sequence[str]] = {
    "persyaratan": (
        "Syarat yang ditempel di papan beda dengan yang diminta petugas, saya jadi pulang dua kali.",
        "Tolong persyaratannya ditulis lengkap di depan, jangan dicicil.",
        "Di Instagram syaratnya tiga, sampai sini jadi enam.",
        "Syarat berubah-ubah tergantung siapa yang jaga.",
    ),
    "prosedur": (
        "Alurnya membingungkan, saya disuruh ke tiga meja yang ternyata salah semua.",
        "Tidak ada yang mengarahkan, orang tua seperti saya bingung harus mulai dari mana.",
        "Sudah daftar online tetap harus ambil nomor antrean lagi di sini.",
        "Aplikasinya sering gagal masuk, ujung-ujungnya disuruh datang juga.",
        "Tolong dibuat papan alur yang besar dan jelas di pintu masuk.",
        "Dioper dari loket satu ke loket lain, tidak ada yang tahu pasti.",
        "Nomor antrean dipanggil lompat-lompat, tidak jelas urutannya.",
    ),
    "waktu": (
        "Antre dua jam lebih baru dilayani.",
        "Jam istirahat loket kosong semua, padahal kami izin kerja cuma setengah hari.",
        "Buka jam delapan, petugas baru siap setengah sembilan.",
        "Loket ada beberapa tapi yang buka cuma satu.",
        "Sistemnya offline dari pagi, kami disuruh menunggu tanpa kepastian.",
        "Tolong ditambah petugas pada hari Senin, antreannya sampai ke parkiran.",
        "Saya sampai harus ambil cuti hanya untuk antre di sini.",
        "Hari Jumat pelayanannya jangan dikebut pulang, kami sudah jauh-jauh datang.",
    ),
    "biaya": (),
    "produk": (
        "Hasilnya beda dengan yang dijelaskan waktu mendaftar.",
        "Yang dijanjikan di standar pelayanan tidak sama dengan yang saya terima.",
    ),
    "kompetensi": (
        "Petugasnya baru, tiap pertanyaan harus tanya temannya dulu.",
        "Penjelasan petugas satu dan lainnya tidak sama.",
        "Mohon petugas dilatih lagi, input data saja lama.",
        "Yang mengerti sistem cuma satu orang, kalau dia cuti semua berhenti.",
    ),
    "perilaku": (
        "Petugas menjawab sambil main HP, tidak menatap orangnya.",
        "Senyum itu gratis, tolong dipraktikkan.",
        "Ditanya baik-baik jawabnya ketus.",
        "Yang kenal orang dalam didahulukan, kami yang antre cuma bisa melihat.",
        "Nada bicaranya tinggi, seolah kami yang salah.",
        "Petugas mengobrol sendiri padahal antrean panjang.",
        "Mohon lebih sabar kepada orang tua, ibu saya sampai mau menangis.",
        "Jangan bedakan yang pakai sandal dengan yang pakai batik.",
        "Pak satpamnya ramah, yang di dalam kurang.",
    ),
    "pengaduan": (
        "Sudah mengadu bulan lalu, sampai hari ini tidak ada balasan.",
        "Kotak saran ada, tapi berdebu dan tidak ada kertasnya.",
        "Nomor pengaduan yang tertulis tidak pernah diangkat.",
        "WhatsApp pengaduan cuma centang satu.",
        "Mengadu ke petugas malah disuruh sabar.",
        "Tidak tahu harus mengadu ke mana, tidak ada tulisannya.",
        "Keluhan dicatat di buku, tapi sepertinya tidak ada yang membaca bukunya.",
        "Semoga isian ini dibaca, karena keluhan saya yang dulu tidak.",
    ),
    "sarana": (
        "Toiletnya bau dan airnya mati.",
        "Toilet cuma satu, pintunya tidak bisa dikunci.",
        "AC mati, ruang tunggu seperti oven.",
        "Kursi tunggunya kurang, banyak yang berdiri termasuk ibu hamil.",
        "Parkir motor sempit dan kepanasan, mohon diberi atap.",
        "Tidak ada jalur kursi roda, bapak saya harus digendong naik tangga.",
        "Tempat bermain anak hanya tinggal karpetnya.",
        "Air minum habis terus, galonnya cuma pajangan.",
        "Kipas anginnya ada tiga, yang berputar satu.",
        "Kalau hujan bocor tepat di kursi tunggu.",
        "Colokan listrik tidak ada, wifi-nya cuma nama.",
        "Ruang menyusui dipakai jadi gudang.",
        "Musalanya kecil dan tempat wudunya licin.",
        "Layar antrean mati, kami harus menajamkan telinga.",
    ),
}

_BAD_PAPERS: Mapping[str, Sequence[str]] = {
    "persyaratan": (
        "Fotokopi lagi fotokopi lagi, padahal data saya sudah ada di komputer.",
        "Kenapa masih diminta surat pengantar RT padahal katanya sudah tidak perlu?",
        "Harus pakai meterai tidak diberi tahu dari awal, warung terdekat jauh.",
        "Sudah bawa semua berkas asli, tetap disuruh balik karena kurang satu fotokopi KK.",
        "Syarat untuk warga yang merantau memberatkan, mohon bisa diwakilkan.",
    ),
    "prosedur": (
        "Formulirnya terlalu banyak dan isinya itu-itu saja.",
        "Kalau bisa satu pintu saja, jangan bolak-balik minta tanda tangan.",
    ),
    "waktu": (
        "Katanya sehari jadi, sudah seminggu belum ada kabar.",
        "Lama sekali, padahal cuma minta satu tanda tangan.",
        "Menunggu pejabatnya rapat terus, berkas saya sudah tiga hari di meja.",
        "Dijanjikan lewat WhatsApp kalau sudah selesai, sampai sekarang tidak ada.",
    ),
    "produk": (
        "Nama anak saya salah ketik satu huruf, harus mengurus ulang dari awal.",
        "Cetakannya buram, dibawa ke bank ditolak.",
        "Tanggalnya keliru, untung saya baca dulu sebelum pulang.",
        "Suratnya jadi, tapi kop dan nomornya salah. Mohon lebih teliti.",
        "Dua kali mengurus, dua kali datanya salah.",
    ),
    "kompetensi": (
        "Ditanya dasar aturannya apa, jawabnya 'pokoknya begitu'.",
        "Petugas kurang paham aturan terbaru.",
    ),
}
"""Written only where papers are handled."""

_WITHOUT_PAPERS = frozenset(
    {"puskesmas", "rsud", "kesehatan", "bank", "pasar", "damkar", "buku", "bencana", "hewan", "olahraga"}
)

_BAD_COST: Mapping[str, Sequence[str]] = {
    FREE: (
        "Katanya gratis, tapi tetap diminta 'seikhlasnya'.",
        "Di papan tertulis gratis, di meja ada kotak 'uang administrasi'.",
        "Ditawari lewat orang dalam biar cepat, bayar seratus ribu. Tolong ditertibkan.",
        "Calo masih banyak di parkiran.",
        "Fotokopi di koperasi kantornya mahal sekali, tidak ada pilihan lain.",
    ),
    FEE: (
        "Tarifnya naik tanpa pemberitahuan.",
        "Biayanya terasa berat untuk usaha kecil seperti kami.",
        "Minta tanda bayar resmi, yang diberi cuma kertas kosong bertuliskan angka.",
        "Tarif di papan beda dengan yang ditagih.",
        "Masih harus tunai, padahal sudah zamannya QRIS.",
        "Dendanya lebih besar dari pokoknya, mohon ada keringanan.",
    ),
    INSURED: (
        "Pakai BPJS tapi obatnya disuruh beli sendiri di luar.",
        "Parkir tiap datang bayar, sebulan empat kali lumayan juga.",
        "Katanya ditanggung, ternyata ada biaya tambahan yang tidak dijelaskan dulu.",
        "Bukan peserta BPJS jadi terasa mahal untuk sekali periksa.",
    ),
}

_GOOD: Mapping[str, Sequence[str]] = {
    "persyaratan": (
        "Syaratnya jelas dan sudah bisa dilihat dari rumah.",
        "Cukup bawa KTP, tidak ribet.",
        "Berkas kurang satu bisa disusulkan lewat WhatsApp, sangat membantu.",
    ),
    "prosedur": (
        "Alurnya gampang, dipandu dari pintu masuk.",
        "Daftar online tinggal datang, enak.",
        "Sekarang tidak perlu bolak-balik lagi.",
    ),
    "waktu": (
        "Cepat sekali, tidak sampai lima belas menit.",
        "Ditinggal ngopi sebentar sudah jadi.",
        "Sat set, langsung beres.",
        "Gercep, tidak pakai lama.",
        "Datang jam sembilan, setengah sepuluh sudah pulang.",
    ),
    "biaya": ("Benar-benar gratis.", "Tidak ada pungutan apa pun.", "Biayanya jelas dan ada kuitansinya."),
    "produk": (
        "Hasilnya rapi dan sesuai.",
        "Datanya langsung benar, tidak perlu revisi.",
        "Dokumen langsung jadi dan dikirim PDF-nya juga.",
    ),
    "kompetensi": (
        "Petugasnya paham betul, penjelasannya runtut.",
        "Semua pertanyaan saya dijawab dengan jelas.",
        "Petugas menguasai bidangnya.",
    ),
    "perilaku": (
        "Petugasnya ramah dan murah senyum.",
        "Dilayani dengan sabar walaupun saya banyak tanya.",
        "Ibu saya yang sudah sepuh dibantu sampai selesai.",
        "Satpamnya juga ramah, disambut dari pintu.",
        "Petugas sopan dan tidak membeda-bedakan.",
    ),
    "pengaduan": (
        "Kemarin sempat protes, hari itu juga diperbaiki. Salut.",
        "Keluhan saya langsung ditanggapi kepala unitnya.",
        "Pengaduan lewat WhatsApp cepat dibalas.",
    ),
    "sarana": (
        "Tempatnya bersih dan dingin.",
        "Ruang tunggunya nyaman, ada pojok anak.",
        "Toiletnya bersih, tumben.",
        "Parkirnya luas dan teduh.",
        "Ada jalur kursi roda dan antrean khusus lansia, bagus.",
    ),
}

_THANKS = (
    "Pelayanan sangat baik, terima kasih.",
    "Sangat memuaskan.",
    "Mantap, pertahankan!",
    "Terima kasih banyak atas bantuannya.",
    "Top markotop.",
    "Sukses selalu untuk semua petugas.",
    "Semoga jadi amal ibadah bapak ibu semua.",
    "Jos gandos.",
    "Hatur nuhun, pelayananna sae pisan.",
    "Matur nuwun sanget.",
    "Bagus, sudah jauh lebih baik dari tahun lalu.",
    "Puas.",
    "Ok banget.",
    "Good job.",
    "Semoga makin maju Kota Lembayung.",
    "Alhamdulillah lancar.",
    "Keren, seperti di bank.",
    "Saya kira bakal lama, ternyata tidak. Terima kasih.",
    "Layanan seperti ini yang kami harapkan.",
    "Lanjutkan!",
    "Tetap semangat melayani.",
    "👍👍👍",
    "🙏",
)

_FAIR = (
    "Sudah baik, tinggal ditingkatkan lagi.",
    "Cukup baik.",
    "Lumayan.",
    "Secara umum baik, semoga lebih cepat lagi.",
    "Sudah bagus, mungkin kursi tunggunya bisa ditambah.",
    "Baik, tapi masih bisa lebih baik.",
    "Tidak ada keluhan.",
    "Nihil.",
    "-",
    "Tingkatkan.",
    "Biasa saja, standar.",
    "Sudah ada kemajuan dibanding dulu.",
    "Ok.",
    "Sesuai harapan.",
    "Aman.",
    "Tidak ada, cukup.",
)

_WISHES = (
    "Mohon ada antrean khusus lansia.",
    "Kalau bisa hari Sabtu juga buka.",
    "Tolong jam layanan ditambah sampai sore.",
    "Mohon disediakan air minum.",
    "Semoga bisa diurus dari rumah saja.",
    "Tolong nomor antrean bisa diambil dari HP.",
    "Papan informasinya mohon diperbarui.",
    "Tolong wifi-nya diperkuat.",
    "Usul: ada mesin fotokopi di dalam.",
    "Mohon ada petugas yang bisa bahasa isyarat.",
    "Kalau sudah jadi tolong dikabari lewat WhatsApp.",
    "Tolong ada tempat menitip helm.",
    "Mohon bisa bayar pakai QRIS.",
    "Usul ada layanan keliling ke kampung kami.",
    "Tolong tulisan di papan diperbesar, mata kami sudah tua.",
    "Mohon pojok bermain anak diaktifkan lagi.",
    "Jangan diganti petugasnya, sudah cocok.",
    "Rambu penunjuk arah dari jalan besar tolong dipasang.",
)

_JOKES = (
    "Kucing di ruang tunggu gemuk, tanda pelayanan sejahtera.",
    "Pulpen di meja diikat tali rafia, trauma ya Pak? 😄",
    "Permen di meja habis, nilai saya potong setengah.",
    "AC-nya dingin sampai lupa mau mengurus apa.",
    "Datang galau, pulang bawa surat. Lumayan.",
    "Anak saya minta balik lagi karena perosotannya.",
    "Sinyal di dalam hilang, hati jadi tenang.",
    "Antre sambil khatam satu bab novel. Ada hikmahnya.",
    "Lebih cepat dari balasan mantan.",
    "Petugasnya ramah, jadi tidak enak mau marah.",
    "Nomor antrean saya 99, ternyata itu nomor hoki.",
    "Mau kasih bintang lima tapi cuma ada empat.",
    "Foto KTP saya sekarang malah lebih bagus dari foto nikah.",
    "Tukang cilok di depan juga layak dapat nilai A.",
)
_JOKES_ELSEWHERE = {"Foto KTP saya sekarang malah lebih bagus dari foto nikah.": "dukcapil"}

_ANGRY = (
    "KECEWA BERAT!!!",
    "Parah. Tidak akan kembali kalau tidak terpaksa.",
    "Pelayanan paling buruk yang pernah saya alami.",
    "Tolong wali kota sekali-sekali datang menyamar ke sini.",
    "Kami bayar pajak untuk dilayani, bukan untuk dimarahi.",
    "Buang waktu. Benahi dulu baru minta survei.",
    "Saya sudah tiga kali bolak-balik dan belum selesai juga. Tolong manusiawi.",
    "Kalau tidak niat melayani lebih baik tutup saja.",
    "Kapan majunya kalau begini terus.",
)

_THEME_BAD: Mapping[str, Sequence[Told]] = {
    "dukcapil": (
        Told("Blangko KTP kosong lagi, sudah dua bulan pegang surat keterangan.", "KTP", element="waktu"),
        Told("Antre rekam KTP dari subuh, kuota sudah habis jam delapan.", "KTP", element="waktu"),
        Told("Alamat di KK masih alamat lama padahal sudah lapor.", "Kartu Keluarga", element="produk"),
        Told(
            "Aplikasi IKD minta aktivasi ke kantor, jadi apa gunanya digital.",
            "Identitas",
            element="prosedur",
        ),
        Told("Ruang rekam KTP sempit dan panas, make up sampai luntur.", "KTP", element="sarana"),
        Told(
            "Akta kelahiran anak diminta buku nikah asli, padahal sedang dijaminkan.",
            "Kelahiran",
            element="persyaratan",
        ),
    ),
    "izin": (
        Told(
            "Masuk OSS berkali-kali gagal, petugasnya juga bilang tunggu sistem pusat.",
            "OSS",
            element="prosedur",
        ),
        Told(
            "Persetujuan bangunan gedung sudah dua bulan masih 'menunggu jadwal konsultasi'.",
            "Bangunan",
            element="waktu",
        ),
        Told(
            "Tolong ada pendamping yang mengetikkan, kami pedagang kecil tidak paham KBLI.",
            "OSS",
            element="prosedur",
        ),
        Told(
            "Retribusinya wajar, tapi biaya gambar arsiteknya yang bikin menangis.",
            "Bangunan",
            element="biaya",
        ),
    ),
    "puskesmas": (
        Told(
            "Daftar jam tujuh, diperiksa dokter jam sepuluh, ketemu dokternya dua menit.",
            "Poli",
            element="waktu",
        ),
        Told("Poli gigi cuma menerima sepuluh pasien sehari.", "Gigi", element="waktu"),
        Told("Ruang tunggu anak sakit campur dengan orang batuk, mohon dipisah.", "KIA", element="sarana"),
        Told("Toilet pasien cuma satu, itu pun sering rusak.", element="sarana"),
        Told("Di pendaftaran agak ketus, di dalam semuanya baik.", element="perilaku"),
        Told("Obatnya cuma itu-itu saja apa pun sakitnya.", "Farmasi", element="produk"),
        Told(
            "Rujukan ke rumah sakit harus ambil pagi-pagi, padahal badan masih sakit.",
            "Poli Umum",
            element="prosedur",
        ),
    ),
    "rsud": (
        Told("Ambil obat dua jam setengah, sembuhnya keburu datang sendiri.", "Farmasi", element="waktu"),
        Told("Dokter spesialis jadwal jam 9, datang jam 11.30.", "Poliklinik", element="waktu"),
        Told("Kamar rawat inap kelas 3 panas, keluarga tidur di lantai.", "Rawat Inap", element="sarana"),
        Told("Lift rusak, pasien kursi roda menunggu lama.", element="sarana"),
        Told("Perawat malam susah dipanggil.", "Rawat Inap", element="perilaku"),
        Told("Lapor AC bocor di bangsal tiga hari tidak ditangani.", "Rawat Inap", element="pengaduan"),
        Told(
            "Pendaftaran pakai sidik jari BPJS sering tidak terbaca, orang tua kasihan.",
            "Pendaftaran",
            element="prosedur",
        ),
    ),
    "air": (
        Told("Air keruh seperti teh tiap habis hujan.", element="produk"),
        Told("Air mengalir cuma tengah malam, tagihan tetap siang hari.", element="produk"),
        Told(
            "Pipa bocor di depan gang sudah dilaporkan dua minggu, masih jadi air mancur.",
            "Gangguan",
            element="pengaduan",
        ),
        Told("Rumah kosong tiga bulan tagihannya tetap ratusan ribu.", "Rekening", element="biaya"),
        Told("Pasang baru katanya 6 hari kerja, ini sudah hari ke-20.", "Sambungan", element="waktu"),
        Told("Air mati tidak pernah ada pengumuman, tahu-tahu kering saat mandi.", element="pengaduan"),
    ),
    "bank": (
        Told("Bunga kredit mikronya masih kalah dengan bank sebelah.", "Kredit", element="biaya"),
        Told("Teller dua, yang buka satu, pas hari gajian pula.", element="waktu"),
        Told(
            "Survei kredit tiga kali datang orang berbeda, pertanyaannya sama.", "Kredit", element="prosedur"
        ),
    ),
    "pasar": (
        Told("Toilet pasar bayar tapi airnya tidak ada.", element="sarana"),
        Told("Los ikan becek, drainasenya mampet bertahun-tahun.", element="sarana"),
        Told("Karcis ditarik dua kali sehari oleh orang yang berbeda.", "Karcis", element="biaya"),
        Told("Lampu lorong mati sudah lapor mandor pasar, tetap gelap.", element="pengaduan"),
    ),
    "pajak": (
        Told("PBB naik tajam padahal rumahnya tetap yang itu.", "PBB", element="biaya"),
        Told("SPPT masih atas nama kakek yang sudah almarhum, balik namanya lama.", "PBB", element="produk"),
        Told("Menjelang jatuh tempo antreannya tidak masuk akal.", "PBB", element="waktu"),
    ),
    "uji": (
        Told("Katanya KIR sekarang gratis, tapi di jalur masih ada yang 'minta rokok'.", element="biaya"),
        Told("Alat uji rem rusak, truk disuruh balik minggu depan.", element="waktu"),
        Told("Lewat calo langsung lolos, yang jujur malah diputar-putar.", element="perilaku"),
    ),
    "kelurahan": (
        Told("Lurah tidak di tempat, tanda tangan harus menunggu besok.", element="waktu"),
        Told("Jam dua siang sudah sepi petugas.", element="waktu"),
        Told("Diminta bukti lunas PBB dulu baru dilayani, ini aturan dari mana?", element="persyaratan"),
        Told(
            "SKTM harus keliling RT, RW, kelurahan. Bisa tidak disederhanakan?",
            "Tidak Mampu",
            element="prosedur",
        ),
    ),
    "kecamatan": (
        Told("Berkas ahli waris menunggu camat dinas luar terus.", "Ahli Waris", element="waktu"),
        Told("Dari kelurahan bilang lengkap, di kecamatan dibilang kurang.", element="prosedur"),
        Told(
            "Akta jual beli kena biaya saksi segala, tolong dijelaskan resminya berapa.",
            "Jual Beli",
            element="biaya",
        ),
    ),
    "sosial": (
        Told(
            "Tetangga yang punya mobil dapat bantuan, saya yang janda tidak. Sudah lapor, tidak ada tindak lanjut.",
            "Data Penerima",
            element="pengaduan",
        ),
        Told(
            "Desil berapa saya tidak tahu, tidak ada yang bisa menjelaskan.",
            "Data Penerima",
            element="prosedur",
        ),
        Told("Usulan PBI dari awal tahun belum aktif, anak saya keburu sakit.", "PBI", element="waktu"),
    ),
    "rusun": (
        Told("Pipa dapur bocor sejak Lebaran, tiap lapor jawabnya 'sudah dicatat'.", element="pengaduan"),
        Told("Lampu tangga blok B mati semua, anak-anak takut pulang mengaji.", element="sarana"),
        Told("Air di lantai 5 cuma menetes.", element="produk"),
    ),
    "tertib": (
        Told("Penertibannya kasar, gerobak saya sampai penyok.", element="perilaku"),
        Told("Lapor kebisingan malam, datangnya pagi waktu sudah sepi.", element="pengaduan"),
    ),
    "sekolah": (
        Told(
            "Server pendaftaran murid baru tumbang di jam pertama, orang tua panik.",
            "Murid Baru",
            element="prosedur",
        ),
        Told("Titik zonasi rumah saya bergeser sendiri di peta.", "Murid Baru", element="persyaratan"),
    ),
    "kerja": (
        Told("Kartu kuning jadi, lowongannya yang tidak ada.", "AK-1", element="produk"),
        Told("Sudah isi online, di loket disuruh isi lagi pakai tangan.", "AK-1", element="prosedur"),
    ),
    "sampah": (
        Told("Sampah seminggu baru diangkut, baunya masuk rumah.", "Sampah", element="waktu"),
        Told("Retribusi ditarik rutin, truknya yang tidak rutin.", "Sampah", element="biaya"),
    ),
    "jalan": (
        Told(
            "Lubang di depan sekolah sudah dilaporkan lengkap dengan foto, jawabnya menunggu anggaran.",
            "Jalan",
            element="pengaduan",
        ),
        Told("Permohonan rambu hati-hati dari bulan puasa belum dipasang.", "Rambu", element="waktu"),
    ),
    "pegawai": (
        Told(
            "Kenaikan pangkat rekan seangkatan sudah keluar, saya masih verifikasi.",
            "Pangkat",
            element="waktu",
        ),
        Told(
            "Data di aplikasi pusat dan di sini berbeda, saya harus unggah ulang semua SK.",
            element="prosedur",
        ),
    ),
    "mpp": (
        Told("Gedungnya megah, tapi beberapa gerai kosong sehabis istirahat.", element="waktu"),
        Told("Mesin antreannya canggih, saya yang tidak. Mohon ada yang membantu.", element="prosedur"),
    ),
    "buku": (Told("Buku baru kurang, novel favorit saya jilid duanya hilang.", "Buku", element="produk"),),
    "damkar": (Told("Petugasnya hebat, mobilnya sudah tua. Mohon diganti.", element="sarana"),),
    "hewan": (Told("Dokter hewannya cuma satu, kucing saya keburu kabur.", "Hewan", element="waktu"),),
    "olahraga": (
        Told("Lantai lapangan bulu tangkis licin, lampu dua mati.", "Gelanggang", element="sarana"),
    ),
    "tani": (Told("Pupuk datang terlambat, padi saya sudah bunting.", "Pupuk", element="produk"),),
    "usaha": (Told("Sertifikat halal sudah tiga bulan masih verifikasi.", "Halal", element="waktu"),),
}
"""By theme."""

_THEME_GOOD: Mapping[str, Sequence[Told]] = {
    "dukcapil": (
        Told("Rekam KTP anak saya cuma sepuluh menit, langsung cetak.", "KTP"),
        Told("Akta lahir sekalian KK dan KIA, tiga dokumen sekali urus. Mantap.", "Kelahiran"),
        Told("Petugas sampai datang ke rumah merekam KTP nenek yang sakit. Terima kasih.", "KTP"),
        Told("KK bisa dicetak sendiri di rumah, canggih.", "Kartu Keluarga"),
    ),
    "izin": (
        Told("NIB jadi dalam sehari, dibantu dari awal sampai akhir.", "OSS"),
        Told("Usaha keripik ibu saya akhirnya punya izin. Terima kasih.", "OSS"),
        Told("Pendampingnya sabar mengajari isi OSS.", "OSS"),
    ),
    "puskesmas": (
        Told("Dokternya sabar mendengarkan.", "Poli"),
        Told("Bidan-bidannya baik sekali, imunisasi anak jadi tidak takut.", "Imunisasi"),
        Told("Sekarang daftar lewat HP, datang tinggal masuk."),
        Told("Kader dan petugasnya perhatian kepada lansia.", "Lansia"),
        Told("Obat lengkap dan dijelaskan cara minumnya.", "Farmasi"),
    ),
    "rsud": (
        Told("Perawat IGD cekatan, ayah saya tertolong.", "Gawat"),
        Told("Dokter spesialisnya menjelaskan dengan bahasa yang kami mengerti.", "Poliklinik"),
        Told("Perawat bangsal anak telaten sekali.", "Rawat Inap"),
    ),
    "air": (
        Told("Petugas gangguan datang malam-malam, air langsung lancar.", "Gangguan"),
        Told("Bayar sekarang bisa dari HP, praktis.", "Rekening"),
    ),
    "bank": (
        Told("Kredit mikronya membantu warung saya bertahan.", "Mikro"),
        Told("Tellernya ramah, seperti saudara sendiri."),
    ),
    "pasar": (Told("Pasarnya sekarang lebih bersih dari tahun lalu."),),
    "pajak": (
        Told("Bayar PBB tidak sampai lima menit.", "PBB"),
        Told("Loketnya ditambah menjelang jatuh tempo, bagus."),
    ),
    "uji": (Told("Uji KIR sekarang tidak pakai bayar, sopir senang."),),
    "kelurahan": (
        Told("Lurahnya turun langsung melayani."),
        Told("Urus SKTM sambil menunggu kopi habis, sudah jadi.", "Tidak Mampu"),
        Told("Dekat, cepat, petugasnya kenal warga."),
        Told("Surat bisa dikirim lewat WhatsApp, tidak perlu balik lagi."),
    ),
    "kecamatan": (
        Told("Camatnya sendiri yang menyapa di ruang tunggu."),
        Told("Surat dari kelurahan langsung diproses hari itu juga."),
    ),
    "damkar": (
        Told("Ular di dapur diangkat dalam lima belas menit. Pahlawan!", "Penyelamatan"),
        Told("Cincin anak saya yang tersangkut dilepas tanpa sakit. Terima kasih Damkar.", "Penyelamatan"),
        Told("Datang cepat, sopan, tidak minta apa-apa. Salut."),
        Told("Kucing saya turun dari pohon dengan selamat.", "Penyelamatan"),
    ),
    "buku": (
        Told("Ruang baca anaknya bikin betah.", "Anak"),
        Told("Perpustakaan terbaik, dingin dan tenang."),
        Told("Koleksinya makin lengkap."),
    ),
    "mpp": (
        Told("Sekali datang beres tiga urusan, tidak perlu keliling kota."),
        Told("Gedungnya bersih seperti bandara."),
    ),
    "sosial": (Told("Petugas menjelaskan hak kami dengan sabar, terima kasih."),),
    "kerja": (
        Told("Lulus pelatihan las langsung dipanggil kerja. Terima kasih.", "Las"),
        Told("AK-1 jadi saat itu juga.", "AK-1"),
    ),
    "hewan": (Told("Dokter hewannya sayang binatang, kucing saya tenang."),),
    "keluarga": (Told("Didampingi sampai tuntas, saya merasa aman.", "Pendampingan"),),
    "sekolah": (Told("Legalisasi ijazah ditunggu langsung jadi.", "Ijazah"),),
    "tani": (Told("Penyuluhnya rajin ke sawah."),),
    "olahraga": (Told("Sewa GOR gampang, tinggal pesan lewat WhatsApp.", "Gelanggang"),),
    "usaha": (Told("Dibimbing sampai dapat sertifikat halal, gratis pula.", "Halal"),),
    "pegawai": (Told("Berkas pensiun diurus jauh hari, tinggal terima SK.", "Pensiun"),),
    "jalan": (Told("Lapor jalan rusak, tiga hari kemudian ditambal. Mantap.", "Jalan"),),
    "sampah": (Told("Pohon rawan tumbang dipangkas sehari setelah lapor.", "Pohon"),),
    "rusun": (Told("Pengelola yang baru lebih tanggap."),),
}

_ENGLISH_GOOD = (
    "Staff spoke some English and walked me through the form. Thank you.",
    "Faster than I expected, very friendly.",
    "Clean and well organised.",
    "My permit was explained clearly. Great service!",
)
_ENGLISH_BAD = (
    "No signs in English, I had to ask three people.",
    "Long wait and nobody told us why.",
    "The restroom needs attention.",
    "The website says one thing, the counter another.",
)

_CONCESSIONS = (
    "Petugasnya sendiri ramah.",
    "Tapi petugasnya sabar.",
    "Selebihnya baik.",
    "Untung petugasnya baik.",
)

_SHORT = {
    "yang": "yg",
    "tidak": "gak",
    "dengan": "dgn",
    "untuk": "utk",
    "sudah": "sdh",
    "tapi": "tp",
    "terima kasih": "makasih",
    "saja": "aja",
    "karena": "krn",
    "sampai": "smp",
    "banyak": "bnyk",
    "belum": "blm",
    "orang": "org",
    "jangan": "jgn",
    "bagaimana": "gmn",
}
_WORDS = re.compile(r"\b(" + "|".join(_SHORT) + r")\b", re.IGNORECASE)


def remark(random: Random, theme: str, service: str, cost: str, answers: Answers, language: str) -> str:
    """A comment that fits a sheet of answers."""
    given = {key: value for key in ELEMENTS if (value := getattr(answers, key)) is not None}
    low = [key for key, value in given.items() if value <= 2]
    mean = sum(given.values()) / len(given)
    if language == "en":
        return random.choice(_ENGLISH_BAD if low else _ENGLISH_GOOD)
    if mean < 2 and random.random() < 0.5:
        return random.choice(_ANGRY)
    if low:
        said = _complaint(random, theme, service, cost, given, low)
    elif mean >= 3.5:
        said = _praise(random, theme, service, given)
    else:
        said = _lukewarm(random, theme, given)
    return _as_typed(random, said)


def _complaint(
    random: Random, theme: str, service: str, cost: str, given: Mapping[str, int], low: Sequence[str]
) -> str:
    meant = [told.text for told in _THEME_BAD.get(theme, ()) if told.element in low and told.about in service]
    key = min(low, key=lambda key: (given[key], random.random()))
    general = _BAD_COST.get(cost, ()) if key == "biaya" else _BAD[key]
    if theme not in _WITHOUT_PAPERS:
        general = (*general, *_BAD_PAPERS.get(key, ()))
    said = random.choice(meant if meant and (not general or random.random() < 0.35) else general or _FAIR)
    if given.get("perilaku", 0) >= 3 and key != "perilaku" and random.random() < 0.12:
        return f"{said} {random.choice(_CONCESSIONS)}"
    return f"{said} {random.choice(_WISHES)}" if random.random() < 0.1 else said


def _praise(random: Random, theme: str, service: str, given: Mapping[str, int]) -> str:
    best = [key for key, value in given.items() if value == 4]
    meant = [told.text for told in _THEME_GOOD.get(theme, ()) if told.about in service]
    draw = random.random()
    if draw < 0.38:
        said = random.choice(_THANKS)
    elif draw < 0.58 and meant:
        said = random.choice(meant)
    elif draw < 0.64:
        return _joke(random, theme)
    else:
        said = random.choice(_GOOD[random.choice(best)])
    return f"{said} {random.choice(_THANKS[:12])}" if draw > 0.38 and random.random() < 0.2 else said


def _lukewarm(random: Random, theme: str, given: Mapping[str, int]) -> str:
    draw = random.random()
    if draw < 0.4:
        return random.choice(_FAIR)
    if draw < 0.75:
        return random.choice(_WISHES)
    if draw < 0.82:
        return _joke(random, theme)
    best = [key for key, value in given.items() if value == 4 and key != "biaya"]
    return random.choice(_GOOD[random.choice(best)] if best else _FAIR)


def _joke(random: Random, theme: str) -> str:
    return random.choice([joke for joke in _JOKES if _JOKES_ELSEWHERE.get(joke, theme) == theme])


def _as_typed(random: Random, said: str) -> str:
    """As thumbs type: shortened, without capitals or full stop."""
    draw = random.random()
    if draw < 0.16:
        said = _WORDS.sub(lambda found: _SHORT[found[0].lower()], said)
    if draw < 0.3:
        said = said.lower().rstrip(".")
    elif draw < 0.42:
        said = said.rstrip(".")
    elif draw > 0.97:
        said = said.rstrip(".") + "..."
    return said
