"""Time stamps of anchors, by an authority of our own on this machine: openssl answers, openssl verifies."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.utils import timezone

from clinic.audit import anchors
from clinic.audit.anchors import Anchor
from clinic.audit.keys import key_file
from clinic.audit.verify import verify
from clinic.operations.nightly import Nightly
from clinic.operations.timestamp import place_of, stamp

OPENSSL = shutil.which("openssl") or ""
pytestmark = pytest.mark.skipif(not OPENSSL, reason="openssl plays the authority, and is not on this machine")
CONFIGURATION = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
{certificates}
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
[signs]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[name]
"""


def openssl(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([OPENSSL, *words], cwd=folder, capture_output=True, check=False, timeout=60)


@pytest.fixture(scope="module", params=["", "certs = {folder}/ca.pem"], ids=["one certificate", "its root, too"])
def authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own, and one by it that may stamp."""
    folder = tmp_path_factory.mktemp("authority")
    certificates = request.param.format(folder=folder)
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder, certificates=certificates))
    (folder / "serial").write_text("01\n")
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-batch")
    for words in (
        (*new, "-x509", "-days", "2", "-subj", "/CN=root", "-keyout", "ca.key", "-out", "ca.pem"),
        (*new, "-subj", "/CN=authority", "-keyout", "tsa.key", "-out", "tsa.csr"),
        (
            *("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"),
            *("-extfile", "tsa.cnf", "-extensions", "signs", "-out", "tsa.pem"),
        ),
    ):
        done = openssl(folder, *words)
        assert done.returncode == 0, done.stderr.decode()
    return folder


class Served:
    """What the authority answers: to the question, or the same thing always."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.always, self.asked = folder, b"", 0

    def answer(self, question: bytes) -> bytes:
        self.asked += 1
        if self.always:
            return self.always
        (self.folder / "question.tsq").write_bytes(question)
        words = (
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            "own",
            "-queryfile",
            "question.tsq",
            "-out",
            "answer.tsr",
        )
        done = openssl(self.folder, *words)
        assert done.returncode == 0, done.stderr.decode()
        return (self.folder / "answer.tsr").read_bytes()


@pytest.fixture
def served(authority: Path, settings, tmp_path: Path) -> Iterator[Served]:
    settings.ANCHOR_DIR = tmp_path
    kept = key_file()
    settings.KEY_DIR = tmp_path
    (tmp_path / "audit_key.json").write_text(kept.read_text())
    found = Served(authority)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answer = found.answer(question)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.TIMESTAMP_URL = f"http://127.0.0.1:{server.server_port}/tsa"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def anchor(administrator) -> Anchor:
    anchors.write("hour")
    return list(anchors.kept())[-1]


def verified(authority: Path, place: Path) -> bool:
    words = ("ts", "-verify", "-data", f"{place}.anchor", "-in", f"{place}.tsr", "-CAfile", "ca.pem")
    done = openssl(authority, *words)
    return done.returncode == 0 and b"Verification: OK" in done.stdout + done.stderr


def test_anchor_is_stamped_and_openssl_verifies_it(served, authority, anchor) -> None:
    assert stamp(anchor)
    place = place_of(anchor)
    assert place.name == f"{anchor.number}-{anchor.code}"
    said = json.loads(place.with_suffix(".anchor").read_text())
    assert said == {"installation": anchor.installation, "number": anchor.number, "mac": anchor.mac}
    assert verified(authority, place)
    place.with_suffix(".anchor").write_text("another")
    assert not verified(authority, place)


def test_anchor_is_stamped_once(served, anchor) -> None:
    assert [stamp(anchor), stamp(anchor), served.asked] == [True, True, 1]


def test_answer_to_another_question_is_no_time_stamp(served, anchor, authority, caplog) -> None:
    assert stamp(anchor)
    place_of(anchor).with_suffix(".tsr").unlink()
    served.always = (authority / "answer.tsr").read_bytes()
    assert not stamp(anchor)
    assert not place_of(anchor).with_suffix(".tsr").exists()
    said = [record.message.partition(" -- ")[0] for record in caplog.records]
    assert said == ["The anchor could not be time-stamped."]


@pytest.mark.parametrize("answer", [b"no", b"x" * 200_000])
def test_anything_else_is_no_time_stamp(served, anchor, answer: bytes, caplog) -> None:
    served.always = answer
    assert not stamp(anchor)
    assert not place_of(anchor).with_suffix(".tsr").exists()


def test_authority_that_is_not_there_disturbs_nobody(served, anchor, settings, caplog) -> None:
    settings.TIMESTAMP_URL = "http://127.0.0.1:9/"
    assert not stamp(anchor)
    assert len(caplog.records) == 1


def test_server_has_its_last_anchor_stamped_once(served, anchor) -> None:
    verify()  # so that no verification is due
    nightly = Nightly()
    nightly._anchor(timezone.now(), "start")
    nightly._look()
    nightly._look()
    last = list(anchors.kept())[-1]
    assert served.asked == 1
    assert place_of(last).with_suffix(".tsr").exists()


def test_nobody_is_asked_without_an_address(served, anchor, settings) -> None:
    settings.TIMESTAMP_URL = ""
    verify()  # so that no verification is due
    nightly = Nightly()
    nightly._anchor(timezone.now(), "start")
    nightly._look()
    assert served.asked == 0
