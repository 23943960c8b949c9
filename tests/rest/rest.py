"""Tries a server's REST interface against what it says of itself, and a sync by hand. Started by `run`."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from served import Failed, Served, check, end, run, say  # noqa: E402

SEED = os.environ.get("NEXTIM_REST_SEED", "20261123")
EXAMPLES = os.environ.get("NEXTIM_REST_EXAMPLES", "400")
# A run that hangs is ended; it takes a minute or so.
SCHEMATHESIS_WITHIN_S = 600

# The site is said to have these before anything is drawn: the same as in schemathesis.toml.
PEOPLE = ["1", "2", "3", "4", "5", "6", "Ünal O'Neil", "a/b", "100%", "新"]
ROOMS = ["lobby", "r/2"]

USERS = 2_000
FRIENDSHIPS = 10_000
# A line for each, a report each so many lines (docs of `sync` in openapi.json).
LINES = USERS + FRIENDSHIPS
REPORT_EVERY = 10_000


class Api:
    """A site's own server, on one connection."""

    def __init__(self, served):
        self.port, self.key = served.port, served.keys["secret_key"]
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def headers(self, **more):
        return {"Authorization": f"Bearer {self.key}", **more}

    def call(self, method, path, body=None):
        """The status, the media type and what was answered."""
        data = None if body is None else json.dumps(body).encode()
        self.connection.request(method, path, data, self.headers(**{"Content-Type": "application/json"}))
        answer = self.connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()

    def get(self, path):
        status, _, body = self.call("GET", path)
        check(status == 200, f"GET {path}: {status} {body!r}")
        return json.loads(body)

    def put(self, path, body):
        status, _, answer = self.call("PUT", path, body)
        check(status in (200, 204), f"PUT {path}: {status} {answer!r}")

    def people(self):
        """All ids, page by page."""
        ids, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/api/v1/users?limit=777{cursor and '&cursor='}{cursor}")
            ids += [user["id"] for user in page["items"]]
            cursor = page["next_cursor"]
        return ids

    def friends(self):
        """All friendships, as each side has them."""
        return {
            (user, buddy["id"], buddy["group"])
            for user in self.people()
            for buddy in self.get(f"/api/v1/users/{quote(user, safe='')}/buddies")
        }


# What the document says, against what is done.


def conformance(served):
    api = Api(served)
    for number, user in enumerate(PEOPLE):
        api.put(f"/api/v1/users/{quote(user, safe='')}", {"name": f"Person {number}"})
    for room in ROOMS:
        api.put(f"/api/v1/rooms/{quote(room, safe='')}", {"name": room, "open": True})
        for user in PEOPLE:
            api.put(f"/api/v1/rooms/{quote(room, safe='')}/members/{quote(user, safe='')}", None)
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(HERE / "schemathesis.toml")),
        *("run", f"http://127.0.0.1:{served.port}/api/openapi.json"),
        *("--header", f"Authorization: Bearer {api.key}"),
        # A sync is NDJSON of any length that is answered while it arrives: schemathesis makes one document for a body and waits for
        # the whole answer. What follows below tries it.
        *("--exclude-path", "/api/v1/sync"),
        # Not "what the document allows is accepted": the document cannot say all. Ids and names are bounded in bytes, `to` and `room`
        # exclude each other, nobody is a friend of themselves.
        *("--checks", "all", "--exclude-checks", "positive_data_acceptance", "--max-examples", EXAMPLES, "--seed", SEED, "--generation-database", "none"),
        # Cases go on after a failure, so that one run shows all of them.
        *("--continue-on-failure", "--no-color", "--request-timeout", "30"),
    ]
    # Nobody else's settings, nor a folder of reports in the tree.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMATHESIS_")}
    process = subprocess.Popen(command, cwd=served.folder, env=environment)
    try:
        code = process.wait(SCHEMATHESIS_WITHIN_S)
    finally:
        end(process)
    check(code == 0, f"schemathesis ended with {code}")
    check(served.process.poll() is None, f"the server has ended: {served.log_tail()}")
    errors = [line for line in served.logged() if line["level"] == "ERROR"]
    check(not errors, f"the server logged errors: {errors[:5]}")


# A directory in one call.


def directory():
    """Lines of people and friendships; the friendships are of each with the five next."""
    users = [json.dumps({"user": {"id": f"u{number}", "name": f"Ünal {number}"}}) for number in range(USERS)]
    pairs = [
        json.dumps({"buddies": {"user": f"u{number}", "buddy": f"u{(number + step) % USERS}", "group": f"g{step}"}})
        for step in range(1, FRIENDSHIPS // USERS + 1)
        for number in range(USERS)
    ]
    return users + pairs


def friendships(count=FRIENDSHIPS):
    """What `friends` must say when the first so many are carried out."""
    wanted = set()
    for index in range(count):
        step, number = index // USERS + 1, index % USERS
        user, buddy = f"u{number}", f"u{(number + step) % USERS}"
        wanted |= {(user, buddy, f"g{step}"), (buddy, user, "friend")}
    return wanted


class Sync:
    """One call of /api/v1/sync whose lines are sent as one likes, and whose reports are read meanwhile."""

    def __init__(self, api, after_line=None):
        query = "" if after_line is None else f"?after_line={after_line}"
        self.connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=60)
        self.connection.putrequest("POST", f"/api/v1/sync{query}")
        for name, value in api.headers(**{"Content-Type": "application/x-ndjson"}).items():
            self.connection.putheader(name, value)
        self.connection.putheader("Transfer-Encoding", "chunked")
        self.connection.endheaders()
        self.answer = None

    def send(self, text):
        data = text.encode()
        self.connection.send(b"%x\r\n%s\r\n" % (len(data), data))

    def report(self):
        if self.answer is None:
            self.answer = self.connection.getresponse()
            kind = self.answer.headers.get_content_type()
            check(self.answer.status == 200 and kind == "application/x-ndjson", f"{self.answer.status} {kind}")
        return json.loads(self.answer.readline())

    def finish(self):
        """All reports that are left."""
        self.connection.send(b"0\r\n\r\n")
        reports = [self.report()]
        reports += [json.loads(line) for line in self.answer.read().splitlines()]
        self.connection.close()
        return reports

    def cut(self):
        """As a network does that fails: nothing more, and no end."""
        self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()


def whole(api, lines, after_line=None):
    """A sync in one piece; its reports."""
    sync = Sync(api, after_line)
    sync.send("\n".join(lines) + "\n")
    return sync.finish()


def done(line=LINES):
    return {"line": line, "complete": True}


def is_underway(report):
    """Reports come about every so many lines, as their parts arrive."""
    return REPORT_EVERY <= report["line"] < LINES and report == {"line": report["line"], "complete": False}


def is_all_there(api):
    check(set(api.people()) == {f"u{number}" for number in range(USERS)}, "people are missing, or too many")
    check(api.friends() == friendships(), "friendships are not what was said")


def in_one_call(api):
    reports = whole(api, directory())
    check(len(reports) == 2 and is_underway(reports[0]) and reports[1] == done(), f"reports: {reports}")
    is_all_there(api)


def again(api):
    check(whole(api, directory())[-1] == done(), "a sync that is repeated is not complete")
    is_all_there(api)


def cut_short(api):
    """The connection fails in the middle of a line; the next call goes on after the last report."""
    lines = directory()
    sync = Sync(api)
    sync.send("\n".join(lines[: REPORT_EVERY + 700]) + "\n" + lines[REPORT_EVERY + 700][:20])
    report = sync.report()
    check(is_underway(report), f"the report while it arrives: {report}")
    sync.cut()
    resumed(api, report["line"])


def killed(served, api):
    """What a report says is durable."""
    lines = directory()
    sync = Sync(api)
    sync.send("\n".join(lines[: REPORT_EVERY + 700]) + "\n")
    line = sync.report()["line"]
    served.kill()
    sync.connection.close()
    served.start()
    api = Api(served)
    check(len(api.people()) == USERS, "people are missing after the server was killed")
    lost = friendships(line - USERS) - api.friends()
    check(not lost, f"{len(lost)} reported friendships are missing after the server was killed")
    resumed(api, line)


def resumed(api, line):
    # Lines that are done are skipped whatever they are: these cannot be read.
    reports = whole(api, ["{"] * line + directory()[line:], after_line=line)
    check(reports[-1] == done(), f"a sync that is resumed: {reports}")
    is_all_there(api)


def with_a_mistake(api):
    """Everything before a bad line is done; the problem names it, and the next call goes on with it."""
    lines = directory()
    for bad, code in [
        ('{"user":', "bad_request"),
        ('{"user": {"id": "u1", "nick": "Susan"}}', "bad_request"),
        ('{"buddies": {"user": "u1", "buddy": "u1"}}', "bad_parameter"),
        ('{"buddies": {"user": "u1", "buddy": "nobody"}}', "unknown_user"),
        ('{"member": {"room": "nowhere", "user": "u1"}}', "unknown_room"),
    ]:
        (last,) = whole(api, [*lines[:4_321], bad, *lines[4_321:]])
        check((last["line"], last["complete"]) == (4_321, False), f"{bad}: {last}")
        check(last["problem"]["code"] == code, f"{bad}: {last}")
    check(whole(api, lines, after_line=4_321)[-1] == done(), "a sync that is mended does not go on")
    is_all_there(api)


def refused(api):
    status, kind, _ = api.call("GET", "/api/v1/sync")
    check((status, kind) == (405, "application/problem+json"), f"GET: {status} {kind}")
    status, kind, _ = api.call("POST", "/api/v1/sync?after_line=x", [])
    check((status, kind) == (400, "application/problem+json"), f"after_line=x: {status} {kind}")
    api.connection.close()
    api.key = "sk_nobody"
    status, kind, _ = api.call("POST", "/api/v1/sync", [])
    check((status, kind) == (401, "application/problem+json"), f"a wrong key: {status} {kind}")


def synced(binary, folder, name, what, *, restarts=False):
    began = time.monotonic()
    served = Served(binary, folder / what.__name__, NEXTIM_LIMITS__RATES="open", NEXTIM_LOG__FILTER="debug")
    served.set("api_calls_per_s=0")
    try:
        served.start()
        if restarts:
            what(served, Api(served))
        else:
            what(Api(served))
        errors = [line for line in served.logged() if line["level"] == "ERROR"]
        check(not errors, f"the server logged errors: {errors[:5]}")
        served.secrets.spare(served)
    except Failed as failed:
        raise Failed(f"sync, {name}: {failed}") from failed
    finally:
        served.close()
    say(f"rest: sync, {name}: good ({time.monotonic() - began:.1f} s)")


def once_and_again(api):
    in_one_call(api)
    again(api)


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="nextim-rest-") as temporary:
        folder = Path(temporary)
        count = f"{USERS} people, {FRIENDSHIPS} friendships"
        synced(binary, folder, f"{count} in one call, and again", once_and_again)
        synced(binary, folder, "cut short and resumed", cut_short)
        synced(binary, folder, "the server killed, and resumed", killed, restarts=True)
        synced(binary, folder, "mistakes in the middle", with_a_mistake)
        synced(binary, folder, "refusals", refused)
        served = Served(binary, folder / "conformance", NEXTIM_LIMITS__RATES="open", NEXTIM_LOG__FILTER="debug")
        served.set("api_calls_per_s=0")
        try:
            served.start()
            say(f"rest: schemathesis with seed {SEED}, {EXAMPLES} examples")
            conformance(served)
            served.secrets.spare(served)
        finally:
            served.close()


if __name__ == "__main__":
    run("rest", main)
