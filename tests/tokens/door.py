"""Signing in as a page does, what is said of it to the page, and what to those who run the server."""

import http.client
import json
import re
import time
from urllib.parse import quote, urlencode

from checks import Failed, check

# One line a second tells the operator why a token was refused.
TOLD_WITHIN_S = 10
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Door:
    """`online` of a server, and the commands beside it."""

    def __init__(self, served):
        self.served, self.secrets = served, served.secrets

    def ask(self, method, target, body=None, headers=None):
        """The status, the headers without the time, and what was answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=30)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            told = sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() != "date")
            return answer.status, told, answer.read()
        finally:
            connection.close()

    def online(self, site, token):
        fields = {"domain": site, "client": "native", "token": token}
        return self.ask("POST", "/webim/online", urlencode(fields).encode(), FORM)

    def online_by_header(self, site, token):
        fields = urlencode({"domain": site, "client": "native"}).encode()
        return self.ask("POST", "/webim/online", fields, {**FORM, "Authorization": f"Bearer {token}"})

    def online_by_script(self, site, token):
        query = urlencode({"domain": site, "token": token, "callback": "jsonp1"})
        return self.ask("GET", f"/webim/online?{query}")

    def is_believed(self, site, token):
        status, _, body = self.online(site, token)
        check(status in (200, 401), f"`online`: {status} {body!r}")
        return status == 200

    def signs_in(self, what, site, token, user="42", name=None, *, is_checked=True):
        """The page of a member whose token is good; its ticket is a secret, too. `token check` agrees."""
        self.secrets.keep("token", token)
        status, _, body = self.online(site, token)
        if status != 200:
            raise Failed(f"{what}: {status} {body!r}")
        opened = json.loads(body)
        who = (opened["user"]["id"], opened["user"]["nick"], opened["connection"]["domain"])
        check(who == (user, user if name is None else name, site), f"{what}: {who} is online")
        if is_checked:
            checked = self.served.try_run("token", "check", "--site", site, token)
            check(checked.returncode == 0 and "It is good" in checked.stdout, f"{what}: {checked.stdout}")
        self.secrets.keep("ticket", opened["connection"]["ticket"])
        return opened

    def why(self, site, token):
        """What `token check` says is wrong."""
        checked = self.served.try_run("token", "check", "--site", site, token)
        check(checked.returncode == 1, f"`token check` ended with {checked.returncode}: {checked.stdout}")
        return checked.stdout

    def is_logged(self, site, token, reason):
        """The log says why, in a line for its site; it may have written one just now, so the page comes again."""
        start, ends = self.served.log.stat().st_size, time.monotonic() + TOLD_WITHIN_S
        lines = []
        while time.monotonic() < ends:
            self.online(site, token)
            lines = [line.get("message", "") for line in self.served.logged(start)]
            if any(site in line and re.search(reason, line) for line in lines):
                return
            time.sleep(0.1)
        raise Failed(f"within {TOLD_WITHIN_S} s the log does not say `{reason}`, but {lines}")


class Poll:
    """The stream and a message of a page, by script: addresses with secrets in them."""

    def __init__(self, door, site, opened):
        self.door, self.site, self.ticket = door, site, opened["connection"]["ticket"]

    def says(self, body):
        fields = {"ticket": self.ticket, "type": "unicast", "to": "7", "body": body, "callback": "jsonp2"}
        status, _, answer = self.door.ask("GET", f"/webim/message?{urlencode(fields)}")
        check(status == 200 and b'"ok"' in answer, f"a message by script: {status} {answer!r}")

    def hears(self, body):
        query = f"domain={quote(self.site)}&ticket={self.ticket}&callback=jsonp3"
        for _ in range(5):
            status, _, answer = self.door.ask("GET", f"/packets?{query}")
            check(status == 200, f"a poll by script: {status} {answer!r}")
            if body.encode() in answer:
                return
        raise Failed("a poll by script does not bring what was said")
