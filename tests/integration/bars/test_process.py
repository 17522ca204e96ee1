"""The BaRS receiver as a process, with no broker: what a sender sees, who is let in, and how the process ends."""

import signal
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import orjson
import pytest
from joserfc.jwk import ECKey

from hub.simulator import bars
from tests.contract.bars.conftest import issue
from tests.integration.bars.process import SOURCE, Authority, Running, running, settings, start
from tests.unit.bars_cases import AT, CONVERSATION

SENT = orjson.dumps(bars.sent(CONVERSATION, AT))
ACKNOWLEDGED = orjson.dumps(bars.acknowledged(CONVERSATION, AT))
CLOCK = "2026-09-15T08:00:00+00:00"


def clocked(folder: Path) -> str:
    (folder / "clock").write_text(CLOCK)
    return str(folder / "clock")


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, SENDHUB_CLOCK_FILE=clocked(tmp_path)) as found:
        yield found


def test_without_a_broker_it_is_up_and_takes_the_same_message_again(receiver: Running):
    request_id = str(uuid4())
    for _ in range(2):
        answer = receiver.post(SENT, request_id)
        assert issue(answer) == (503, "REC_SERVICE_UNAVAILABLE", "transient")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["X-Request-Id"] == request_id
    assert issue(receiver.post(ACKNOWLEDGED, request_id)) == (400, "REC_BAD_REQUEST", "invalid")
    assert httpx.get(f"http://127.0.0.1:{receiver.metrics_port}/live", timeout=10).status_code == 200
    ready = httpx.get(f"http://127.0.0.1:{receiver.metrics_port}/ready", timeout=10)
    assert (ready.status_code, list(ready.json()["problems"])) == (503, ["broker"])


def test_what_is_refused_is_refused_without_a_broker_and_it_stays_up(receiver: Running):
    nope = orjson.loads(SENT)
    nope["entry"].append({"resource": {"resourceType": "Nope"}})
    answers = [
        receiver.post(b'{"resourceType":"Bundle","x":"' + b"a" * 20_000_000),
        receiver.post(b"[" * 10_000),
        receiver.post(SENT[:-9]),
        receiver.post(orjson.dumps(nope)),
        receiver.post(orjson.dumps(bars.sent(CONVERSATION, AT) | {"meta": {"versionId": "9.9.9"}})),
    ]
    assert [answer.status_code for answer in answers] == [413, 400, 400, 400, 422]
    assert receiver.post(SENT).status_code == 503, "still up, and past every check"
    refused = f'sendhub_connector_messages_refused_total{{connector="bars",reason="fhir",source="{SOURCE}"}}'
    assert receiver.metric(refused) == "3.0"


def test_a_refusal_is_remembered_over_a_restart(tmp_path: Path):
    request_id, clock = str(uuid4()), clocked(tmp_path)
    with running(tmp_path, SENDHUB_CLOCK_FILE=clock) as first:
        before = first.post(SENT[:-9], request_id)
    with running(tmp_path, SENDHUB_CLOCK_FILE=clock) as second:
        after = second.post(SENT[:-9], request_id)
        other = second.post(SENT, request_id)
    assert (after.status_code, after.content) == (before.status_code, before.content)
    assert issue(other) == (400, "REC_BAD_REQUEST", "invalid")


def test_a_body_that_breaks_off_or_is_no_http_does_not_hurt(receiver: Running):
    head = (
        f"POST /$process-message HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {receiver.token()}\r\n"
        f"Content-Type: application/fhir+json\r\nX-Request-Id: {uuid4()}\r\nX-Correlation-Id: {uuid4()}\r\n"
    )
    for sent in (
        head + "Content-Length: 500\r\n\r\n{",
        "GARBAGE\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nZZ",
    ):
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as connection:
            connection.sendall(sent.encode())
    assert receiver.post(b"{}").status_code == 400


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def wait_for(condition, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


def test_a_signal_ends_it_cleanly_with_its_parsers(receiver: Running):
    parsers = children(receiver.process.pid)
    assert parsers
    receiver.process.send_signal(signal.SIGTERM)
    _, errors = receiver.process.communicate(timeout=30)
    assert receiver.process.returncode == 0, errors
    assert "Traceback" not in errors
    assert wait_for(lambda: all(gone(pid) for pid in parsers))


def test_killed_it_leaves_no_parser_behind(receiver: Running):
    parsers = children(receiver.process.pid)
    assert parsers
    receiver.process.kill()
    receiver.process.communicate(timeout=30)
    assert wait_for(lambda: all(gone(pid) for pid in parsers))


class TestCertificates:
    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return Authority.new(tmp_path, "authority")

    @pytest.fixture
    def by_certificate(self, tmp_path: Path, authority: Authority) -> Iterator[tuple[Running, Authority]]:
        certificate, key, _ = authority.issue("server")
        known = authority.issue("known")
        authority.issue("renewed")
        authority.issue("stranger")
        (tmp_path / "callers.toml").write_text(
            f'[[callers]]\nsource = "{SOURCE}"\ncertificate_sha256 = ["{known[2]}"]\n'
            'certificate_subject = "CN=renewed"\n'
        )
        changes = {
            "SENDHUB_CLOCK_FILE": clocked(tmp_path),
            "SENDHUB_BARS_IDENTIFY_BY": "certificate",
            "SENDHUB_BARS_TLS_CERTIFICATE": str(certificate),
            "SENDHUB_BARS_TLS_KEY": str(key),
            "SENDHUB_BARS_TLS_CLIENT_CA": str(tmp_path / "authority.pem"),
        }
        with running(tmp_path, **changes) as found:
            yield found, authority

    @staticmethod
    def context(folder: Path, name: str | None) -> ssl.SSLContext:
        found = ssl.create_default_context(cafile=str(folder / "authority.pem"))
        if name:
            found.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        return found

    def test_the_certificate_says_who_calls(self, by_certificate: tuple[Running, Authority]):
        receiver, _ = by_certificate
        for name in ("known", "renewed"):
            answer = receiver.post(SENT, verify=self.context(receiver.folder, name))
            assert issue(answer) == (503, "REC_SERVICE_UNAVAILABLE", "transient")
        stranger = receiver.post(SENT, verify=self.context(receiver.folder, "stranger"))
        assert issue(stranger) == (403, "REC_FORBIDDEN", "forbidden")
        accepted = f'sendhub_connector_messages_refused_total{{connector="bars",reason="no-ack",source="{SOURCE}"}}'
        assert receiver.metric(accepted) == "2.0"

    def test_without_a_certificate_of_our_authorities_there_is_no_connection(
        self, by_certificate: tuple[Running, Authority], tmp_path_factory: pytest.TempPathFactory
    ):
        receiver, _ = by_certificate
        other = Authority.new(tmp_path_factory.mktemp("other"), "authority")
        certificate, key, _ = other.issue("known")
        forged = self.context(receiver.folder, None)
        forged.load_cert_chain(certificate, key)
        for context in (self.context(receiver.folder, None), forged):
            with pytest.raises((httpx.TransportError, ssl.SSLError)):
                receiver.post(SENT, verify=context)
        assert receiver.post(SENT, verify=self.context(receiver.folder, "known")).status_code == 503


class TestSettings:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"SENDHUB_BARS_PROFILE": "conformance", "SENDHUB_HOST": "0.0.0.0"}, "loopback"),
            ({"SENDHUB_BARS_PROFILE": "conformance", "SENDHUB_HOST": "::"}, "loopback"),
            ({"SENDHUB_BARS_PROFILE": "conformance", "SENDHUB_HOST": "hub.example"}, "loopback"),
            ({"SENDHUB_BARS_ODS_CODES": "[]"}, "SENDHUB_BARS_ODS_CODES is needed"),
            ({"SENDHUB_BARS_IDENTIFY_BY": "certificate"}, "client certificates need"),
            ({"SENDHUB_BARS_TLS_CERTIFICATE": "cert.pem"}, "go together"),
            ({"SENDHUB_BARS_PARSERS": "0"}, "greater than or equal to 1"),
            ({"SENDHUB_BARS_JWKS_FILE": "absent.json"}, "absent.json"),
        ],
    )
    def test_wrong_settings_end_it_with_one_sentence(self, tmp_path: Path, changes: dict[str, str], says: str):
        process = start(settings(tmp_path, ECKey.generate_key("P-256"), **changes))
        try:
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 1
        assert says in errors
        assert "Traceback" not in errors

    def test_a_caller_must_be_a_registered_nhs_source(self, tmp_path: Path):
        (tmp_path / "callers.toml").write_text('[[callers]]\nsource = "nobody:RXQ:2026"\ntoken_subject = "x"\n')
        process = start(settings(tmp_path, ECKey.generate_key("P-256")))
        try:
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
        assert (process.returncode, "nobody:RXQ:2026" in errors) == (1, True)

    def test_the_conformance_profile_runs_on_loopback(self, tmp_path: Path):
        changes = {"SENDHUB_BARS_PROFILE": "conformance", "SENDHUB_BARS_ODS_CODES": "[]"}
        with running(tmp_path, SENDHUB_CLOCK_FILE=clocked(tmp_path), **changes) as receiver:
            statement = httpx.get(f"http://127.0.0.1:{receiver.port}/metadata", timeout=10)
            assert "use cases: any" in statement.json()["implementation"]["description"]
            assert receiver.post(SENT).status_code == 503
