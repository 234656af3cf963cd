"""A stand-in for the server: serves the citizen's pages and remembers what is sent, in one thread, in memory."""

import hashlib
import json
import threading
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from server import texts
from server.surveys.page import Document, Message, Mistake, Page, Pages, Published, Receipt, Survey

FOLDER = texts.WEB / "survey"
CODE = "K7M2QX"
SURVEY = Survey(
    code=CODE,
    unit="Dinas Kependudukan dan Pencatatan Sipil",
    unit_slug="disdukcapil",
    counter="Loket 3",
    public_service="KTP elektronik",
    hall="Mal Pelayanan Publik",
)
KIOSK_FILES = {
    "sw.js": "text/javascript",
    "manifest.webmanifest": "application/manifest+json",
    "icon.svg": "image/svg+xml",
}


def pages() -> Pages:
    return Pages(lambda name: (FOLDER / name).read_text("utf-8"), texts.translator, texts.formatters)


class Stub(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages()
        self.held: dict[str, str] = {}
        self.base = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: said[0] for name, said in parse_qs(address.query).items()}
        language = texts.language_of(query.get("lang"), None, self.headers.get("Accept-Language", ""))
        match address.path.split("/")[1:]:
            case ["s", code] if code.upper() == CODE:
                self.send_document(self.server.pages.document(SURVEY, language))
            case ["s", code]:
                said = Message(
                    title="Kode loket tidak dikenal", text="Kode loket ini tidak kami kenal.", code=code
                )
                self.send_page(self.server.pages.message(said, language), 404)
            case ["receipt", id] if id in self.server.held:
                self.send_page(self.server.pages.receipt(SURVEY, receipt(id), language))
            case ["kiosk", code] if code == CODE:
                self.send_document(self.server.pages.kiosk(SURVEY, language))
            case ["kiosk", name] if name in KIOSK_FILES:
                self.send(200, (FOLDER / "kiosk" / name).read_bytes(), {"Content-Type": KIOSK_FILES[name]})
            case _:
                self.send(404, b"", {})

    def do_POST(self) -> None:
        form = {name: said[0] for name, said in parse_qs(self.body().decode()).items()}
        mistakes = [
            Mistake(element, "Pertanyaan ini belum dijawab.")
            for element in ("persyaratan", "prosedur", "waktu", "biaya", "produk")
            if element not in form
        ]
        if form.get("age", "") not in ("", *map(str, range(1, 121))):
            mistakes.append(Mistake("age", "Usia diisi angka 1 sampai 120, atau dikosongkan."))
        if mistakes:
            page = self.server.pages.form_again(SURVEY, form["lang"], form, mistakes, str(uuid.uuid4()), "t")
            self.send_page(page, 422)
        else:
            self.server.held[form["id"]] = ""
            self.send(303, b"", {"Location": f"/receipt/{form['id']}?lang={form['lang']}"})

    def do_PUT(self) -> None:
        id, body = self.path.rpartition("/")[2], self.body()
        said = json.loads(body)
        hashed = hashlib.sha256(body).hexdigest()
        if self.server.held.setdefault(id, hashed) != hashed:
            problem = {
                "code": "id_taken",
                "status": 409,
                "detail": "Nomor jawaban ini sudah menyimpan isi yang lain.",
            }
            self.send(409, json.dumps(problem).encode(), {"Content-Type": "application/problem+json"})
        else:
            assert set(said) - {"service", "device"} == {
                *("counter", "token", "answers", "respondent", "comment", "answered_at", "lang", "channel")
            }
            reply = json.dumps({"id": id, "body_sha256": hashed}).encode()
            self.send(201, reply, {"Content-Type": "application/json"})

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def send_document(self, document: Document) -> None:
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
        headers |= {"Content-Security-Policy": document.csp, "Cache-Control": "no-store"}
        self.send(200, document.gzip(str(uuid.uuid4()), "q6921.token"), headers)

    def send_page(self, page: Page, status: int = 200) -> None:
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": page.csp}
        self.send(status, page.body, headers)

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        pass


def receipt(id: str) -> Receipt:
    return Receipt(
        id=id,
        received_at=datetime(2026, 11, 22, 2, 14, tzinfo=UTC),
        zone="Asia/Jakarta",
        day=date(2026, 11, 22),
        published=Published(Decimal("87.28"), "B", "Baik", 340),
        complaint="Sampaikan kepada petugas pengaduan di lantai 1.",
        complaint_phone="0811 2222 333",
    )
