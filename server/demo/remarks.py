"""What citizens write under their answers: thanks, complaints, wishes and jokes that fit what they ticked."""

import re
from collections.abc import Mapping, Sequence
from random import Random

from server.demo.catalogue import FEE, FREE, INSURED
from server.surveys.rules import ELEMENTS
from server.surveys.wire import Answers

_BAD: Mapping[str, Sequence[str]] = {
    "persyaratan": (
        "Syarat yang ditempel di papan beda dengan yang diminta petugas, saya jadi pulang dua kali.",
        "Fotokopi lagi fotokopi lagi, padahal data saya sudah ada di komputer.",
        "Tolong persyaratannya ditulis lengkap di depan, jangan dicicil.",
        "Di Instagram syaratnya tiga, sampai sini jadi enam.",
        "Kenapa masih diminta surat pengantar RT padahal katanya sudah tidak perlu?",
        "Harus pakai meterai tidak diberi tahu dari awal, warung terdekat jauh.",
        "Syarat berubah-ubah tergantung siapa yang jaga.",
        "Sudah bawa semua berkas asli, tetap disuruh balik karena kurang satu fotokopi KK.",
        "Syarat untuk warga yang merantau memberatkan, mohon bisa diwakilkan.",
    ),
    "prosedur": (
        "Alurnya membingungkan, saya disuruh ke tiga meja yang ternyata salah semua.",
        "Tidak ada yang mengarahkan, orang tua seperti saya bingung harus mulai dari mana.",
        "Sudah daftar online tetap harus ambil nomor antrean lagi di sini.",
        "Aplikasinya sering gagal masuk, ujung-ujungnya disuruh datang juga.",
        "Tolong dibuat papan alur yang besar dan jelas di pintu masuk.",
        "Dioper dari loket satu ke loket lain, tidak ada yang tahu pasti.",
        "Formulirnya terlalu banyak dan isinya itu-itu saja.",
        "Nomor antrean dipanggil lompat-lompat, tidak jelas urutannya.",
        "Kalau bisa satu pintu saja, jangan bolak-balik minta tanda tangan.",
    ),
    "waktu": (
        "Antre dari pagi baru dilayani menjelang siang.",
        "Katanya sehari jadi, sudah seminggu belum ada kabar.",
        "Jam istirahat loket kosong semua, padahal kami izin kerja cuma setengah hari.",
        "Buka jam delapan, petugas baru siap setengah sembilan.",
        "Lama sekali, padahal cuma minta satu tanda tangan.",
        "Loket ada beberapa tapi yang buka cuma satu.",
        "Menunggu pejabatnya rapat terus, berkas saya sudah tiga hari di meja.",
        "Sistemnya offline dari pagi, kami disuruh menunggu tanpa kepastian.",
        "Dijanjikan lewat WhatsApp kalau sudah selesai, sampai sekarang tidak ada.",
        "Tolong ditambah petugas pada hari Senin, antreannya sampai ke parkiran.",
        "Nomor 48 dipanggil jam 11, saya harus ambil cuti hanya untuk ini.",
        "Hari Jumat pelayanannya jangan dikebut pulang, kami sudah jauh-jauh datang.",
    ),
    "biaya": (),
    "produk": (
        "Nama anak saya salah ketik satu huruf, harus mengurus ulang dari awal.",
        "Hasilnya beda dengan yang dijelaskan waktu mendaftar.",
        "Cetakannya buram, dibawa ke bank ditolak.",
        "Tanggalnya keliru, untung saya baca dulu sebelum pulang.",
        "Suratnya jadi, tapi kop dan nomornya salah. Mohon lebih teliti.",
        "Yang dijanjikan di standar pelayanan tidak sama dengan yang saya terima.",
        "Dua kali mengurus, dua kali datanya salah.",
    ),
    "kompetensi": (
        "Petugasnya baru, tiap pertanyaan harus tanya temannya dulu.",
        "Penjelasan petugas satu dan lainnya tidak sama.",
        "Mohon petugas dilatih lagi, input data saja lama.",
        "Ditanya dasar aturannya apa, jawabnya 'pokoknya begitu'.",
        "Yang mengerti sistem cuma satu orang, kalau dia cuti semua berhenti.",
        "Petugas kurang paham aturan terbaru.",
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

_THEME_BAD: Mapping[str, Sequence[tuple[str, str]]] = {
    "dukcapil": (
        ("waktu", "Blangko KTP kosong lagi, sudah dua bulan pegang surat keterangan."),
        ("waktu", "Antre rekam KTP dari subuh, kuota sudah habis jam delapan."),
        ("produk", "Alamat di KK masih alamat lama padahal sudah lapor."),
        ("prosedur", "Aplikasi IKD minta aktivasi ke kantor, jadi apa gunanya digital."),
        ("sarana", "Ruang rekam KTP sempit dan panas, make up sampai luntur."),
        ("persyaratan", "Akta kelahiran anak diminta buku nikah asli, padahal sedang dijaminkan."),
    ),
    "izin": (
        ("prosedur", "Masuk OSS berkali-kali gagal, petugasnya juga bilang tunggu sistem pusat."),
        ("waktu", "Persetujuan bangunan gedung sudah dua bulan masih 'menunggu jadwal konsultasi'."),
        ("prosedur", "Tolong ada pendamping yang mengetikkan, kami pedagang kecil tidak paham KBLI."),
        ("biaya", "Retribusinya wajar, tapi biaya gambar arsiteknya yang bikin menangis."),
    ),
    "puskesmas": (
        ("waktu", "Daftar jam tujuh, diperiksa dokter jam sepuluh, ketemu dokternya dua menit."),
        ("waktu", "Poli gigi cuma menerima sepuluh pasien sehari."),
        ("sarana", "Ruang tunggu anak sakit campur dengan orang batuk, mohon dipisah."),
        ("sarana", "Toilet pasien cuma satu, itu pun sering rusak."),
        ("perilaku", "Di pendaftaran agak ketus, di dalam semuanya baik."),
        ("produk", "Obatnya cuma itu-itu saja apa pun sakitnya."),
        ("prosedur", "Rujukan ke rumah sakit harus ambil pagi-pagi, padahal badan masih sakit."),
    ),
    "rsud": (
        ("waktu", "Ambil obat dua jam setengah, sembuhnya keburu datang sendiri."),
        ("waktu", "Dokter spesialis jadwal jam 9, datang jam 11.30."),
        ("sarana", "Kamar rawat inap kelas 3 panas, keluarga tidur di lantai."),
        ("sarana", "Lift rusak, pasien kursi roda menunggu lama."),
        ("perilaku", "Perawat malam susah dipanggil."),
        ("pengaduan", "Lapor AC bocor di bangsal tiga hari tidak ditangani."),
        ("prosedur", "Pendaftaran pakai sidik jari BPJS sering tidak terbaca, orang tua kasihan."),
    ),
    "air": (
        ("produk", "Air keruh seperti teh tiap habis hujan."),
        ("produk", "Air mengalir cuma tengah malam, tagihan tetap siang hari."),
        ("pengaduan", "Pipa bocor di depan gang sudah dilaporkan dua minggu, masih jadi air mancur."),
        ("biaya", "Rumah kosong tiga bulan tagihannya tetap ratusan ribu."),
        ("waktu", "Pasang baru katanya 6 hari kerja, ini sudah hari ke-20."),
        ("pengaduan", "Air mati tidak pernah ada pengumuman, tahu-tahu kering saat mandi."),
    ),
    "bank": (
        ("biaya", "Bunga kredit mikronya masih kalah dengan bank sebelah."),
        ("waktu", "Teller dua, yang buka satu, pas hari gajian pula."),
        ("prosedur", "Survei kredit tiga kali datang orang berbeda, pertanyaannya sama."),
    ),
    "pasar": (
        ("sarana", "Toilet pasar bayar tapi airnya tidak ada."),
        ("sarana", "Los ikan becek, drainasenya mampet bertahun-tahun."),
        ("biaya", "Karcis ditarik dua kali sehari oleh orang yang berbeda."),
        ("pengaduan", "Lampu lorong mati sudah lapor mandor pasar, tetap gelap."),
    ),
    "pajak": (
        ("biaya", "PBB naik tajam padahal rumahnya tetap yang itu."),
        ("produk", "SPPT masih atas nama kakek yang sudah almarhum, balik namanya lama."),
        ("waktu", "Menjelang jatuh tempo antreannya tidak masuk akal."),
    ),
    "uji": (
        ("biaya", "Katanya KIR sekarang gratis, tapi di jalur masih ada yang 'minta rokok'."),
        ("waktu", "Alat uji rem rusak, truk disuruh balik minggu depan."),
        ("perilaku", "Lewat calo langsung lolos, yang jujur malah diputar-putar."),
    ),
    "kelurahan": (
        ("waktu", "Lurah tidak di tempat, tanda tangan harus menunggu besok."),
        ("waktu", "Jam dua siang sudah sepi petugas."),
        ("persyaratan", "Diminta bukti lunas PBB dulu baru dilayani, ini aturan dari mana?"),
        ("prosedur", "SKTM harus keliling RT, RW, kelurahan. Bisa tidak disederhanakan?"),
    ),
    "kecamatan": (
        ("waktu", "Berkas ahli waris menunggu camat dinas luar terus."),
        ("prosedur", "Dari kelurahan bilang lengkap, di kecamatan dibilang kurang."),
        ("biaya", "Akta jual beli kena biaya saksi segala, tolong dijelaskan resminya berapa."),
    ),
    "sosial": (
        (
            "pengaduan",
            "Tetangga yang punya mobil dapat bantuan, saya yang janda tidak. Sudah lapor, tidak ada tindak lanjut.",
        ),
        ("prosedur", "Desil berapa saya tidak tahu, tidak ada yang bisa menjelaskan."),
        ("waktu", "Usulan PBI dari awal tahun belum aktif, anak saya keburu sakit."),
    ),
    "rusun": (
        ("pengaduan", "Pipa dapur bocor sejak Lebaran, tiap lapor jawabnya 'sudah dicatat'."),
        ("sarana", "Lampu tangga blok B mati semua, anak-anak takut pulang mengaji."),
        ("produk", "Air di lantai 5 cuma menetes."),
    ),
    "tertib": (
        ("perilaku", "Penertibannya kasar, gerobak saya sampai penyok."),
        ("pengaduan", "Lapor kebisingan malam, datangnya pagi waktu sudah sepi."),
    ),
    "sekolah": (
        ("prosedur", "Server pendaftaran murid baru tumbang di jam pertama, orang tua panik."),
        ("persyaratan", "Titik zonasi rumah saya bergeser sendiri di peta."),
    ),
    "kerja": (
        ("produk", "Kartu kuning jadi, lowongannya yang tidak ada."),
        ("prosedur", "Sudah isi online, di loket disuruh isi lagi pakai tangan."),
    ),
    "sampah": (
        ("waktu", "Sampah seminggu baru diangkut, baunya masuk rumah."),
        ("biaya", "Retribusi ditarik rutin, truknya yang tidak rutin."),
    ),
    "jalan": (
        (
            "pengaduan",
            "Lubang di depan sekolah sudah dilaporkan lengkap dengan foto, jawabnya menunggu anggaran.",
        ),
        ("waktu", "Permohonan rambu hati-hati dari bulan puasa belum dipasang."),
    ),
    "pegawai": (
        ("waktu", "Kenaikan pangkat rekan seangkatan sudah keluar, saya masih verifikasi."),
        ("prosedur", "Data di aplikasi pusat dan di sini berbeda, saya harus unggah ulang semua SK."),
    ),
    "mpp": (
        ("waktu", "Gedungnya megah, tapi beberapa gerai kosong sehabis istirahat."),
        ("prosedur", "Mesin antreannya canggih, saya yang tidak. Mohon ada yang membantu."),
    ),
    "buku": (("produk", "Buku baru kurang, novel favorit saya jilid duanya hilang."),),
    "damkar": (("sarana", "Petugasnya hebat, mobilnya sudah tua. Mohon diganti."),),
    "hewan": (("waktu", "Dokter hewannya cuma satu, kucing saya keburu kabur."),),
    "olahraga": (("sarana", "Lantai lapangan bulu tangkis licin, lampu dua mati."),),
    "tani": (("produk", "Pupuk datang terlambat, padi saya sudah bunting."),),
    "usaha": (("waktu", "Sertifikat halal sudah tiga bulan masih verifikasi."),),
}
"""By theme, with the element that is meant: written only by those who ticked it low."""

_THEME_GOOD: Mapping[str, Sequence[str]] = {
    "dukcapil": (
        "Rekam KTP anak saya cuma sepuluh menit, langsung cetak.",
        "Akta lahir sekalian KK dan KIA, tiga dokumen sekali urus. Mantap.",
        "Petugas sampai datang ke rumah merekam KTP nenek yang sakit. Terima kasih.",
        "KK bisa dicetak sendiri di rumah, canggih.",
    ),
    "izin": (
        "NIB jadi dalam sehari, dibantu dari awal sampai akhir.",
        "Usaha keripik ibu saya akhirnya punya izin. Terima kasih.",
        "Pendampingnya sabar mengajari isi OSS.",
    ),
    "puskesmas": (
        "Dokternya sabar mendengarkan.",
        "Bidan-bidannya baik sekali, imunisasi anak jadi tidak takut.",
        "Sekarang daftar lewat HP, datang tinggal masuk.",
        "Kader dan petugasnya perhatian kepada lansia.",
        "Obat lengkap dan dijelaskan cara minumnya.",
    ),
    "rsud": (
        "Perawat IGD cekatan, ayah saya tertolong.",
        "Dokter spesialisnya menjelaskan dengan bahasa yang kami mengerti.",
        "Perawat bangsal anak telaten sekali.",
    ),
    "air": (
        "Petugas gangguan datang malam-malam, air langsung lancar.",
        "Bayar sekarang bisa dari HP, praktis.",
    ),
    "bank": ("Kredit mikronya membantu warung saya bertahan.", "Tellernya ramah, seperti saudara sendiri."),
    "pasar": ("Pasarnya sekarang lebih bersih dari tahun lalu.",),
    "pajak": ("Bayar PBB tidak sampai lima menit.", "Loketnya ditambah menjelang jatuh tempo, bagus."),
    "uji": ("Uji KIR sekarang tidak pakai bayar, sopir senang.",),
    "kelurahan": (
        "Lurahnya turun langsung melayani.",
        "Urus SKTM sambil menunggu kopi habis, sudah jadi.",
        "Dekat, cepat, petugasnya kenal warga.",
        "Surat bisa dikirim lewat WhatsApp, tidak perlu balik lagi.",
    ),
    "kecamatan": (
        "Camatnya sendiri yang menyapa di ruang tunggu.",
        "Perekaman KTP di kecamatan memudahkan kami.",
    ),
    "damkar": (
        "Ular di dapur diangkat dalam lima belas menit. Pahlawan!",
        "Cincin anak saya yang tersangkut dilepas tanpa sakit. Terima kasih Damkar.",
        "Datang cepat, sopan, tidak minta apa-apa. Salut.",
        "Kucing saya turun dari pohon dengan selamat.",
    ),
    "buku": (
        "Ruang baca anaknya bikin betah.",
        "Perpustakaan terbaik, dingin dan tenang.",
        "Koleksinya makin lengkap.",
    ),
    "mpp": (
        "Sekali datang beres tiga urusan, tidak perlu keliling kota.",
        "Gedungnya bersih seperti bandara.",
    ),
    "sosial": ("Petugas menjelaskan hak kami dengan sabar, terima kasih.",),
    "kerja": ("Lulus pelatihan las langsung dipanggil kerja. Terima kasih.", "AK-1 jadi saat itu juga."),
    "hewan": ("Dokter hewannya sayang binatang, kucing saya tenang.",),
    "keluarga": ("Didampingi sampai tuntas, saya merasa aman.",),
    "sekolah": ("Legalisasi ijazah ditunggu langsung jadi.",),
    "tani": ("Penyuluhnya rajin ke sawah.",),
    "olahraga": ("Sewa GOR gampang, tinggal pesan lewat WhatsApp.",),
    "usaha": ("Dibimbing sampai dapat sertifikat halal, gratis pula.",),
    "pegawai": ("Berkas pensiun diurus jauh hari, tinggal terima SK.",),
    "jalan": ("Lapor jalan rusak, tiga hari kemudian ditambal. Mantap.",),
    "sampah": ("Pohon rawan tumbang dipangkas sehari setelah lapor.",),
    "rusun": ("Pengelola yang baru lebih tanggap.",),
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


def remark(random: Random, theme: str, cost: str, answers: Answers, language: str) -> str:
    """A comment that fits a sheet of answers."""
    given = {key: value for key in ELEMENTS if (value := getattr(answers, key)) is not None}
    low = [key for key, value in given.items() if value <= 2]
    mean = sum(given.values()) / len(given)
    if language == "en":
        return random.choice(_ENGLISH_BAD if low else _ENGLISH_GOOD)
    if mean < 2 and random.random() < 0.5:
        return random.choice(_ANGRY)
    if low:
        said = _complaint(random, theme, cost, given, low)
    elif mean >= 3.5:
        said = _praise(random, theme, given)
    else:
        said = _lukewarm(random, theme, given)
    return _as_typed(random, said)


def _complaint(random: Random, theme: str, cost: str, given: Mapping[str, int], low: Sequence[str]) -> str:
    meant = [sentence for key, sentence in _THEME_BAD.get(theme, ()) if key in low]
    key = min(low, key=lambda key: (given[key], random.random()))
    general = _BAD_COST.get(cost, ()) if key == "biaya" else _BAD[key]
    said = random.choice(meant if meant and (not general or random.random() < 0.35) else general or _FAIR)
    if given.get("perilaku", 0) >= 3 and key != "perilaku" and random.random() < 0.12:
        return f"{said} {random.choice(_CONCESSIONS)}"
    return f"{said} {random.choice(_WISHES)}" if random.random() < 0.1 else said


def _praise(random: Random, theme: str, given: Mapping[str, int]) -> str:
    best = [key for key, value in given.items() if value == 4]
    draw = random.random()
    if draw < 0.38:
        said = random.choice(_THANKS)
    elif draw < 0.58 and theme in _THEME_GOOD:
        said = random.choice(_THEME_GOOD[theme])
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
