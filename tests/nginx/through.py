"""Tries a server behind nginx, with the configurations of docs/reverse-proxy.md. Started by `run`."""

import base64
import http.client
import json
import os
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from served import Failed, Served, check, end, free_port, run, say, until  # noqa: E402

DOCS = HERE.parent.parent / "docs" / "reverse-proxy.md"
SITE = "example.com"
MESSAGES = 200
# What a page may wait for while the server is away.
GOES_ON_WITHIN_S = 60
# What is said is there at once: a second is generous, 25 s are what a proxy makes of it that collects.
ARRIVES_WITHIN_S = 2
# Somebody's address, for documentation.
SOMEBODY = "203.0.113.9"


# nginx, with what the documentation says.


def documented():
    """The parts of the documentation, by their marks."""
    found = re.findall(r"^<!-- nginx: ([\w ]+) -->\n```nginx\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.M | re.S)
    parts = dict(found)
    wanted = {"http", "proxy", "domain", "path", "path stripped", "http retries", "proxy retries"}
    check(len(found) == len(parts) and parts.keys() == wanted, f"{DOCS}: its parts are {sorted(parts)}")
    return parts


def replaced(text, old, new):
    check(old in text, f"{DOCS}: `{old.strip()}` is not in what it says")
    return text.replace(old, new)


class Nginx:
    """nginx before a server, on a port of its own."""

    def __init__(self, program, folder, way, *, retries=False, mistake=None):
        self.program, self.folder, self.way = program, Path(folder), way
        self.retries, self.mistake = retries, mistake
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.process = free_port(), None
        self.is_secure = way == "domain"
        scheme, path = ("https", "") if self.is_secure else ("http", "/im")
        self.url = f"{scheme}://127.0.0.1:{self.port}{path}"

    def write(self, upstream_port):
        parts = documented()
        if self.retries:
            upstream = re.match(r"upstream nextim \{.*?^\}\n", parts["http"], re.M | re.S)
            check(upstream, f"{DOCS}: where is the upstream?")
            parts["http"] = replaced(parts["http"], upstream[0], parts["http retries"])
            parts["proxy"] = replaced(parts["proxy"], "proxy_next_upstream off;\n", parts["proxy retries"])
        if self.mistake:
            parts["proxy"] = replaced(parts["proxy"], *self.mistake)
        server = parts[self.way]
        if self.is_secure:
            server = replaced(server, "listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
            server = replaced(server, "server_name im.example.com;", "server_name 127.0.0.1;")
            for name, option in [("fullchain", "certificate"), ("privkey", "certificate_key")]:
                path = f"/etc/letsencrypt/live/im.example.com/{name}.pem"
                server = replaced(server, path, str(self.folder / f"{option}.pem"))
            self.certify()
        else:
            server = f"server {{ listen 127.0.0.1:{self.port};\n{server}}}\n"
        http_part = replaced(parts["http"], "127.0.0.1:8000", f"127.0.0.1:{upstream_port}")
        (self.folder / "nextim-proxy.conf").write_text(parts["proxy"], encoding="utf-8")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n".join(f"{kind}_temp_path {self.folder / kind};" for kind in kinds)
        (self.folder / "nginx.conf").write_text(
            f"""daemon off;
master_process off;
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log notice;
events {{ worker_connections 512; }}
http {{
{temporary}
log_format tried '$request_method $status $upstream_status';
access_log {self.folder}/access.log tried;
{http_part}
{server}
}}
""",
            encoding="utf-8",
        )

    def certify(self):
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", self.folder / "certificate_key.pem", "-out", self.folder / "certificate.pem"]
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        subprocess.run(["openssl", "req", "-x509", *key, *subject, *files], check=True, capture_output=True)

    def start(self, upstream_port):
        self.write(upstream_port)
        command = [self.program, "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"]
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

        def listens():
            code, output = self.process.poll(), (self.folder / "output").read_text(encoding="utf-8")
            check(code is None, f"nginx ended with {code}: {output}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        until(listens, "nginx does not listen")

    def stop(self):
        end(self.process)

    def repeated(self):
        """How many requests nginx sent more than once, by their methods."""
        lines = (self.folder / "access.log").read_text(encoding="utf-8").splitlines()
        counts = {}
        for method in (line.split()[0] for line in lines if "," in line):
            counts[method] = counts.get(method, 0) + 1
        return counts


# Members, as their pages do it.


class Page:
    """What one connection asks; whatever fails is asked again by whoever says `calls`."""

    def __init__(self, url, certificate=None, source=None):
        self.url, self.source = urlsplit(url), source
        self.tls = ssl.create_default_context(cafile=certificate) if self.url.scheme in ("https", "wss") else None
        self.connection = None

    def connect(self, timeout=40):
        where = {"host": self.url.hostname, "port": self.url.port, "timeout": timeout, "source_address": self.source}
        if self.tls:
            return http.client.HTTPSConnection(**where, context=self.tls)
        return http.client.HTTPConnection(**where)

    def ask(self, method, target, body=None, **headers):
        """The status and what was answered."""
        if self.connection is None:
            self.connection = self.connect()
        try:
            self.connection.request(method, target, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def form(self, path, **fields):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", f"{self.url.path}{path}", urlencode(fields).encode(), **kind)

    def raw(self):
        """A socket, for what goes on."""
        plain = socket.create_connection((self.url.hostname, self.url.port), timeout=10)
        return self.tls.wrap_socket(plain, server_hostname=self.url.hostname) if self.tls else plain


def again_until_good(ask, what):
    """The answer, and how often it had to be asked again because something between failed."""
    ends = time.monotonic() + GOES_ON_WITHIN_S
    for times in range(10_000):
        try:
            status, body = ask()
            if status == 200:
                return json.loads(body), times
            check(status in (502, 503, 504), f"{what}: {status} {body!r}")
        except (OSError, http.client.HTTPException):
            pass
        check(time.monotonic() < ends, f"{what}: it fails for {GOES_ON_WITHIN_S} s")
        time.sleep(0.05)
    raise Failed(what)


class Member:
    """A member with a page that is open."""

    def __init__(self, served, nginx, user, name, **page):
        self.user, self.page = user, page
        self.site = Page(nginx.url, **page)
        fields = {"domain": SITE, "client": "native", "token": served.token(user, name)}
        status, body = self.site.form("/webim/online", **fields)
        check(status == 200, f"online: {status} {body!r}")
        self.state = json.loads(body)
        self.connection = self.state["connection"]
        self.ticket = served.secrets.keep("ticket", self.connection["ticket"])
        self.seq, self.epoch = self.state["seq"], self.state["epoch"]
        self.shown, self.sent, self.asked_again = [], [], 0

    def stream(self, key, **more):
        """The address of a stream, exactly as it was told."""
        return self.connection[key], urlencode({"domain": SITE, "ticket": self.ticket, **more})

    def write(self, to, text):
        fields = {"ticket": self.ticket, "type": "unicast", "to": to, "body": text, "cid": text, "offline": "0"}
        answer, times = again_until_good(lambda: self.site.form("/webim/message", **fields), f"message {text}")
        check(answer["status"] == "ok", f"message {text}: {answer}")
        self.asked_again += times
        self.sent.append((answer["seq"], text))

    def read_on(self, page, is_over):
        """Polls, shows what is new, and says so, as docs/protocol.md has it."""
        while not is_over():
            address, query = self.stream("server", ack=self.seq, epoch=self.epoch)
            path = urlsplit(address).path
            packet, _ = again_until_good(lambda: page.ask("GET", f"{path}?{query}"), "a poll")  # noqa: B023
            check(not packet["resync"] and packet["epoch"] == self.epoch, f"a packet: {packet}")
            self.shown += [(m["seq"], m["body"]) for m in packet["messages"] if m["seq"] > self.seq]
            self.seq = packet["seq"]


def exactly_once(sent, shown, what):
    """Everything that was answered `ok` is shown once, in the order of the log, and nothing else is."""
    check([seq for seq, _ in shown] == sorted({seq for seq, _ in shown}), f"{what}: not in order, or twice: {shown}")
    missing, more = set(sent) - set(shown), set(shown) - set(sent)
    check(not missing and not more, f"{what}: missing {sorted(missing)}, too many {sorted(more)}")


def in_threads(*works):
    """Does all at once; gives what went wrong first, if something did."""
    wrong = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()

    def join():
        for thread in threads:
            while thread.is_alive() and not wrong:
                thread.join(0.1)
        if wrong:
            raise wrong[0]

    return join


# What is looked at.


def talk(served, nginx, page, kills):
    """Two members exchange messages while the server is killed and started again."""
    susan = Member(served, nginx, "susan", "Susan Vale", **page)
    jack = Member(served, nginx, "jack", "Jack Moreno", **page)
    each = MESSAGES // 2

    def writes(member, to):
        for number in range(each):
            member.write(to, f"{member.user}-{number}")

    def reads(member, other):
        # One poll more than needed sees whether something comes twice; it is held unless something does.
        member.read_on(Page(member.connection["server"], **page), lambda: len(member.shown) >= each)
        check(len(other.sent) <= each, "more was sent than was said")

    join = in_threads(
        lambda: writes(susan, "jack"),
        lambda: writes(jack, "susan"),
        lambda: reads(susan, jack),
        lambda: reads(jack, susan),
    )
    for kill in range(1, kills + 1):
        due = kill * MESSAGES // (kills + 1)
        until(lambda: len(susan.sent) + len(jack.sent) >= due, f"{due} messages are not sent", 60)  # noqa: B023
        served.kill()
        served.start()
    join()
    for sender, receiver in [(susan, jack), (jack, susan)]:
        exactly_once(sender.sent, receiver.shown, f"what {receiver.user} was shown")
        check(len(sender.sent) == each, f"{sender.user} sent {len(sender.sent)}")
    # And in the log, where a message that was stored twice would stand twice.
    fields = {"ticket": susan.ticket, "type": "unicast", "id": "jack", "limit": "200"}
    status, body = susan.site.form("/webim/history", **fields)
    check(status == 200, f"history: {status} {body!r}")
    exactly_once(susan.sent + jack.sent, [(m["seq"], m["body"]) for m in json.loads(body)], "the history")
    repeated = nginx.repeated()
    if nginx.retries:
        check(repeated, "nginx repeated nothing: it was killed at the wrong moments, or does not repeat")
    asked_again = susan.asked_again + jack.asked_again
    return f"{MESSAGES} messages, {kills} kills; repeated by nginx {repeated}, by the senders {asked_again}"


def addresses(served, nginx, page):
    """`online` tells addresses that pages can call."""
    member = Member(served, nginx, "lee", "Lee Wen", **page)
    streams = nginx.url.replace("http", "ws", 1)
    told = {key: member.connection[key] for key in ("server", "jsonpd", "websocket", "sse")}
    wanted = {
        "server": f"{nginx.url}/packets",
        "jsonpd": f"{nginx.url}/packets",
        "websocket": f"{streams}/websocket",
        "sse": f"{nginx.url}/events",
    }
    check(told == wanted, f"addresses: {told} instead of {wanted}")
    return told["server"]


def asks_as(served, url, wanted, what, headers=None, **page):
    """Under which address a refused token is logged."""
    # One such line a second is written.
    time.sleep(1.1)
    start = served.log.stat().st_size
    site = Page(url, **page)
    kind = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    body = urlencode({"domain": SITE, "client": "native", "token": "no.token.atall"}).encode()
    status, _ = site.ask("POST", f"{site.url.path}/webim/online", body, **kind)
    check(status == 401, f"a bad token: {status}")

    def told():
        return [line["from"] for line in served.logged(start) if "is not believed" in line.get("message", "")]

    (address,) = until(told, "a refused token is not in the log")
    check(address == wanted, f"{what}: `from` is {address}, not {wanted}")


def forwarded(served, nginx, page):
    """Who asks is who asked the proxy."""
    direct = f"http://127.0.0.1:{served.port}"
    somebody = {"X-Forwarded-For": SOMEBODY}
    asks_as(served, direct, SOMEBODY, "a proxy's word", headers=somebody)
    asks_as(served, nginx.url, "127.0.0.2", "through nginx", source=("127.0.0.2", 0), **page)
    # 127.0.0.2 is no proxy here, so what it says of itself is its invention.
    asks_as(served, nginx.url, "127.0.0.2", "a client's word", headers=somebody, source=("127.0.0.2", 0), **page)
    # A letter that is no ASCII makes nothing of what nginx writes behind it.
    odd = {"X-Forwarded-For": "\u00e9"}
    asks_as(served, nginx.url, "127.0.0.2", "a client's odd word", headers=odd, source=("127.0.0.2", 0), **page)
    return f"{SOMEBODY} from a proxy, 127.0.0.2 through nginx, whatever it says"


def masked(text):
    """A text frame as clients send it."""
    data, key = text.encode(), os.urandom(4)
    length = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
    return b"\x81" + length + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(data))


def exactly(stream, count):
    data = stream.read(count)
    check(len(data) == count, "the WebSocket has ended")
    return data


def text_frame(stream):
    """The next text; PINGs are passed over."""
    while True:
        kind, length = exactly(stream, 2)
        if length == 126:
            (length,) = struct.unpack("!H", exactly(stream, 2))
        data = exactly(stream, length)
        check(kind in (0x81, 0x89), f"a frame {kind:#x}: {data!r}")
        if kind == 0x81:
            return json.loads(data)


def websocket(served, nginx, page):
    """A handshake and frames, by hand."""
    susan = Member(served, nginx, "nora", "Nora", **page)
    jack = Member(served, nginx, "lee", "Lee Wen", **page)
    address = jack.connection["websocket"]
    at = Page(address, **page)
    with at.raw() as plain, plain.makefile("rb") as stream:
        key = base64.b64encode(os.urandom(16)).decode()
        plain.sendall(
            f"GET {at.url.path} HTTP/1.1\r\nHost: {at.url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        status = stream.readline()
        check(b" 101 " in status, f"the WebSocket's handshake: {status!r}")
        while stream.readline().strip():
            pass
        subscribe = {"domain": SITE, "ticket": jack.ticket, "ack": jack.seq, "epoch": jack.epoch}
        plain.sendall(masked(json.dumps({"subscribe": subscribe})))
        susan.write("lee", "by WebSocket")
        packet = text_frame(stream)
        while not packet.get("messages"):
            packet = text_frame(stream)
        check(packet["messages"][0]["body"] == "by WebSocket", f"the WebSocket: {packet}")
        call = {"call": "message", "id": 7, "type": "unicast", "to": "nora", "body": "back", "cid": "back"}
        plain.sendall(masked(json.dumps({**call, "ack": packet["seq"]})))
        answer = text_frame(stream)
        while "reply" not in answer:
            answer = text_frame(stream)
        check((answer["reply"], answer["status"]) == (7, 200), f"a call over the WebSocket: {answer}")
    return address


def events(served, nginx, page):
    """Server-sent events arrive while the answer goes on."""
    nora = Member(served, nginx, "nora", "Nora", **page)
    lee = Member(served, nginx, "lee", "Lee Wen", **page)
    address, query = lee.stream("sse", ack=lee.seq, epoch=lee.epoch)
    at = Page(address, **page)
    slowest = 0.0
    with at.raw() as plain:
        plain.sendall(f"GET {at.url.path}?{query} HTTP/1.1\r\nHost: {at.url.netloc}\r\n\r\n".encode())
        came = b""

        def wait_for(what):
            nonlocal came
            began = time.monotonic()
            while what not in came:
                left = ARRIVES_WITHIN_S - (time.monotonic() - began)
                pending = getattr(plain, "pending", lambda: 0)()
                ready = pending or (left > 0 and select.select([plain], [], [], left)[0])
                check(ready, f"events: {what!r} did not arrive within {ARRIVES_WITHIN_S} s; there is {came[-300:]!r}")
                more = plain.recv(65536)
                check(more, f"events: the stream ended: {came[-300:]!r}")
                came += more
            return time.monotonic() - began

        wait_for(b"retry:")
        check(b" 200 " in came.split(b"\r\n")[0] and b"text/event-stream" in came, f"events: {came!r}")
        for number in range(3):
            nora.write("lee", f"event {number}")
            slowest = max(slowest, wait_for(f'"body":"event {number}"'.encode()))
    return f"3 events, each within {slowest * 1000:.0f} ms"


def paths(served, nginx, page, *, is_whole):
    """Ids with `/` in paths of the REST interface, where nginx leaves them as they are."""
    site = Page(nginx.url, **page)
    key = {"Authorization": f"Bearer {served.keys['secret_key']}"}
    target = f"{site.url.path}/api/v1/users/{quote('a/b 100%', safe='')}"
    status, body = site.ask("PUT", target, b'{"name": "A"}', **key, **{"Content-Type": "application/json"})
    if is_whole:
        check(status == 200 and json.loads(body)["id"] == "a/b 100%", f"an id with `/`: {status} {body!r}")
    else:
        check(status == 404, f"{DOCS} says that this cannot be, and it can: {status} {body!r}")
    return "an id with `/` is " + ("named" if is_whole else "not to be named, as the documentation says")


def sync(served, nginx, page):
    """A directory larger than nginx usually takes, sent and answered at once."""
    connection = Page(nginx.url, **page).connect()
    connection.putrequest("POST", "/api/v1/sync")
    for name, value in [
        ("Authorization", f"Bearer {served.keys['secret_key']}"),
        ("Content-Type", "application/x-ndjson"),
        ("Transfer-Encoding", "chunked"),
    ]:
        connection.putheader(name, value)
    connection.endheaders()
    lines = [json.dumps({"user": {"id": f"p{number}", "name": "x" * 150}}) + "\n" for number in range(12_000)]
    for start in range(0, len(lines), 500):
        part = "".join(lines[start : start + 500]).encode()
        connection.send(b"%x\r\n%s\r\n" % (len(part), part))
    connection.send(b"0\r\n\r\n")
    answer = connection.getresponse()
    reports = [json.loads(line) for line in answer.read().splitlines()] if answer.status == 200 else []
    check(reports and reports[-1] == {"line": 12_000, "complete": True}, f"a sync: {answer.status} {reports}")
    return f"{len(lines)} lines, {sum(map(len, lines)) / 2**20:.1f} MiB"


def logs(served, nginx, page):
    """What the server wrote has none of the secrets that were used."""
    served.secrets.spare(served)
    return f"{len(served.logged())} lines"


# The scenes.

# nginx is at 127.0.0.1; 127.0.0.2 is a client.
TRUSTED = '[server]\ntrusted_proxies = ["127.0.0.1"]\n'


class Scene:
    """A server behind nginx in one of the documented ways, for as long as it is looked at."""

    def __init__(self, tools, name, way, *, public=True, config=TRUSTED, inherited=False, **nginx):
        binary, program, folder = tools
        self.name = name
        self.nginx = Nginx(program, folder / name.replace(" ", "-") / "nginx", way, **nginx)
        settings = {"NEXTIM_LOG__FILTER": "debug", **({"NEXTIM_SERVER__PUBLIC_URL": self.nginx.url} if public else {})}
        self.served = Served(binary, folder / name.replace(" ", "-") / "server", SITE, config, **settings)
        if inherited:
            self.served.inherit()
        self.page = {"certificate": str(self.nginx.folder / "certificate.pem")} if self.nginx.is_secure else {}

    def __enter__(self):
        try:
            self.served.start()
            self.nginx.start(self.served.port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.nginx.stop()
        self.served.close()

    def look(self, what, **more):
        began = time.monotonic()
        try:
            seen = what(self.served, self.nginx, self.page, **more)
        except Failed as failed:
            raise Failed(f"{self.name}: {what.__name__}: {failed}") from failed
        say(f"nginx: {self.name}: {what.__name__}: {seen} ({time.monotonic() - began:.1f} s)")

    def notices(self, what):
        """The check must fail here: else it checks nothing."""
        try:
            what(self.served, self.nginx, self.page)
        except Failed as failed:
            say(f"nginx: control, {self.name}: {what.__name__} fails, as it must: {str(failed)[:150]}")
            return
        raise Failed(f"control, {self.name}: {what.__name__} does not notice it")


def scene(tools, name, way, *, kills, is_whole, more=(), **how):
    """All that a member's page does, on one way through the proxy."""
    with Scene(tools, name, way, **how) as played:
        played.look(addresses)
        played.look(talk, kills=kills)
        for what in (forwarded, websocket, events):
            played.look(what)
        played.look(paths, is_whole=is_whole)
        for what in (*more, logs):
            played.look(what)


def scenes(tools):
    scene(tools, "path", "path", kills=3, is_whole=True, retries=True, inherited=True)
    scene(tools, "path stripped", "path stripped", kills=1, is_whole=False, retries=True)
    scene(tools, "domain", "domain", kills=1, is_whole=True, more=(sync,), public=False)


def controls(tools):
    for way in ("path", "path stripped"):
        with Scene(tools, f"no public_url, {way}", way, public=False) as scene:
            # With the path left in, nothing is found below it; with the path taken off, it is missing in the addresses.
            scene.notices(addresses)
    with Scene(tools, "proxy not trusted", "domain", public=False, config="[server]\ntrusted_proxies = []\n") as scene:
        scene.notices(addresses)
        scene.notices(forwarded)
    forwards = ("proxy_set_header X-Forwarded-For   $proxy_add_x_forwarded_for;\n", "")
    with Scene(tools, "no X-Forwarded-For", "path", mistake=forwards) as scene:
        scene.notices(forwarded)
    collected = ("proxy_buffering off;", "proxy_ignore_headers X-Accel-Buffering;")
    with Scene(tools, "answers collected", "path", mistake=collected) as scene:
        scene.notices(events)
    with Scene(tools, "no upgrade", "path", mistake=("proxy_set_header Upgrade           $http_upgrade;\n", "")) as scene:
        scene.notices(websocket)
    sent = [(1, "a"), (2, "b")]
    for shown in ([(1, "a")], [(1, "a"), (2, "b"), (3, "b")], [(1, "a"), (1, "a"), (2, "b")], [(2, "b"), (1, "a")]):
        try:
            exactly_once(sent, shown, "a control")
        except Failed:
            continue
        raise Failed(f"control: {shown} for {sent} is not noticed")


def main():
    binary, program = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="nextim-nginx-") as temporary:
        tools = (binary, program, Path(temporary))
        scenes(tools)
        controls(tools)


if __name__ == "__main__":
    run("nginx", main)
