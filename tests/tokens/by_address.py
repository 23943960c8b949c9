"""Keys that a site publishes at an address (`jwks_url`): fetched once, kept, and fetched again when a token names another."""

import os
import subprocess
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from checks import check, say
from door import Door
from served import Served, quiet_environment, until
from signing import MEMBER, Key, claims, jwks

SITE = "example.com"
OPTION = "jwks_url"
# Longer than a server believes a key that its provider says to keep for a second only.
AGE_S = float(os.environ.get("NEXTIM_JWKS_AGE_S", "90"))
# This machine's own address is refused where nothing allows it.
ALLOWED = '[outgoing]\nallow = ["127.0.0.1"]\n'


class Provider:
    """Publishes keys, and counts how often they are asked for."""

    def __init__(self, *keys):
        self.answer, self.asked, self.port = (200, jwks(*keys).encode()), 0, 0
        self.server = None
        self.start()

    def start(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked += 1
                status, body = provider.answer
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Cache-Control", "max-age=1")
                self.send_header("Content-Length", str(len(body)))
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                # Who is sent too much goes away.
                with suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        # At the same port when it comes again.
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def publish(self, *keys):
        self.answer = (200, jwks(*keys).encode())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/jwks.json"


def is_there(binary, folder):
    """Whether sites of this server can have such an address."""
    options = {"cwd": folder, "env": quiet_environment(), "capture_output": True, "text": True, "timeout": 60}
    return OPTION in subprocess.run([binary, "site", "set", "--help"], check=True, **options).stdout


def fetched(served, provider, keys):
    """The life of a set of keys."""
    door = Door(served)
    old, new = keys

    def good(what, key):
        # `token check` fetches for itself, whatever is kept.
        door.signs_in(what, SITE, key.sign(claims(SITE)), name=MEMBER["name"], is_checked=False)

    def is_believed(key, **header):
        return door.is_believed(SITE, key.sign(claims(SITE), header))

    def asks_again():
        asked = provider.asked
        until(lambda: is_believed(new, kid="unknown") or provider.asked > asked, "an unknown kid asks nobody", AGE_S)

    good("the first token", old)
    check(provider.asked == 1, f"the first token made {provider.asked} fetches")
    for _ in range(10):
        good("a key that was fetched", old)
    check(provider.asked == 1, f"ten good tokens made {provider.asked - 1} fetches")
    for number in range(30):
        check(not is_believed(new, kid=f"unknown-{number}"), "an unknown kid is believed")
    check(provider.asked <= 2, f"thirty unknown kids made {provider.asked - 1} fetches")
    provider.publish(old, new)
    asked = provider.asked
    until(lambda: is_believed(new), "a new key is not fetched when a token names it", AGE_S)
    check(provider.asked == asked + 1, f"a new key made {provider.asked - asked} fetches")
    began = time.monotonic()
    for what, answer in [
        ("a redirection", (302, b"")),
        ("a secret", (200, b'{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}')),
        ("a flood", (200, jwks(old).encode() + b" " * 8_000_000)),
    ]:
        provider.answer = answer
        asks_again()
        for key in keys:
            good(f"the provider answers {what}", key)
    provider.stop()
    door.is_logged(SITE, new.sign(claims(SITE), {"kid": "unknown"}), "signature")
    for key in keys:
        good("the provider is away", key)
    provider.publish(new)
    provider.start()
    # Nothing but its age makes the server ask again now.
    until(lambda: not is_believed(old), "a key that is not published any more is believed", AGE_S)
    good("the key that is left", new)
    check(door.signs_in("checked", SITE, new.sign(claims(SITE)), name=MEMBER["name"]), "`token check` fetches")
    return f"{provider.asked} fetches; a key that was withdrawn is refused after {time.monotonic() - began:.0f} s"


def forbidden(served, provider, keys):
    """Nothing is fetched from this machine where nothing allows it: an address is the site's word."""
    door, asked = Door(served), provider.asked
    served.try_run("site", "set", SITE, f"{OPTION}={provider.url}")
    for key in keys:
        check(not door.is_believed(SITE, key.sign(claims(SITE))), "a key from an address that is not allowed")
    check(provider.asked == asked, "an address that is not allowed was asked")


def keys_by_address(binary, folder):
    """Runs where sites can have the setting."""
    if not is_there(binary, folder):
        say(f"tokens: keys_by_address: not tried, since sites have no `{OPTION}` here")
        return
    keys = [Key("RS256", "first"), Key("ES256", "second")]
    provider = Provider(keys[0])
    for scene, config in [(forbidden, ""), (fetched, ALLOWED)]:
        # One member's page comes again and again.
        settings = {"NEXTIM_LIMITS__RATES": "open", "NEXTIM_LOG__FILTER": "debug"}
        served = Served(binary, Path(folder) / scene.__name__, SITE, config, **settings)
        try:
            served.start()
            if scene is fetched:
                served.set(f"{OPTION}={provider.url}")
            seen = scene(served, provider, keys) or "as it should be"
            say(f"tokens: {scene.__name__}: {seen}")
            if scene is fetched:
                served.secrets.spare(served)
        finally:
            served.close()
    provider.stop()
