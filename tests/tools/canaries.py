"""Secrets in logs: what a harness has used must stand nowhere in what its server wrote. A finding names the line, not the secret."""

import base64
import re
from urllib.parse import quote

from checks import check, say

# Shorter texts stand in a log by chance.
PART_MIN = 16


def parts(secret):
    """The texts by which a secret is known, also where only a piece of it or another spelling was written."""
    pieces = [secret]
    if match := re.fullmatch(r"[a-z]{2,}_([0-9a-f]+)", secret):
        # A key without what it begins with.
        pieces.append(match[1])
    elif re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", secret):
        # A JWT: what it says is no secret in itself, and nobody needs it in a log.
        pieces += secret.split(".")[1:]
    elif match := re.fullmatch(r".+\.([0-9a-f]{64})", secret):
        # An easy token's.
        pieces.append(match[1])
    pieces += [quote(piece, safe="") for piece in pieces]
    return {piece for piece in pieces if len(piece) >= PART_MIN}


class Canaries:
    """The secrets of one run."""

    def __init__(self):
        self.kinds = {}

    def keep(self, kind, secret):
        """Notes a secret, and gives it back."""
        check(len(secret) >= PART_MIN, f"a {kind} of {len(secret)} characters cannot be told from anything else")
        self.kinds.setdefault(secret, kind)
        return secret

    def keep_basic(self, name, key):
        """A key as Basic authentication sends it."""
        return self.keep("key in Basic", base64.b64encode(f"{name}:{key}".encode()).decode())

    def found_in(self, log):
        """Where something stands that must not: numbers of lines from 1, and of what kind it is."""
        known = [(part, kind) for secret, kind in self.kinds.items() for part in parts(secret)]
        lines = enumerate(log.splitlines(), 1)
        return sorted({(number, kind) for number, line in lines for part, kind in known if part in line})

    def spare(self, served):
        """Fails if a secret stands in the whole log of a server."""
        log = served.log.read_text(encoding="utf-8", errors="replace")
        found = self.found_in(log)
        check(not found, "the log has secrets: " + ", ".join(f"a {kind} in line {number}" for number, kind in found))
        self.control(log)
        say(f"canaries: none of {len(self.kinds)} secrets in {len(log.splitlines())} lines of the log")

    def control(self, log):
        """Negative control: each of them, written into one more line as the server writes lines, is noticed there."""
        check(self.kinds and log.strip(), "there is nothing to look for, or nothing to look through")
        number = len(log.splitlines()) + 1
        for secret, kind in self.kinds.items():
            for part in parts(secret):
                line = f'{{"level":"DEBUG","message":"GET /packets?ticket={part}&callback=x"}}'
                found = self.found_in(f"{log.rstrip()}\n{line}\n")
                check((number, kind) in found, f"control: a {kind} in line {number} is not noticed, but {found}")
