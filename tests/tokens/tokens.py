"""Signs members in with tokens of other languages' libraries, and tries to be somebody without one. Started by `run`."""

import json
import re
import secrets
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from by_address import keys_by_address  # noqa: E402
from door import Door, Poll  # noqa: E402
from served import Served, check, run, say  # noqa: E402
from signing import (  # noqa: E402
    MEMBER,
    Key,
    as_documented,
    by_node,
    by_php,
    by_pyjwt,
    claims,
    easy,
    forged,
    jwks,
    message,
)

ALGORITHMS = ("RS256", "ES256", "EdDSA")
# The site whose secret signs, another like it, and one for each algorithm with a public key.
HS, OTHER = "example.com", "other.example"
SITES = {algorithm: f"{algorithm.lower()}.example" for algorithm in ALGORITHMS}

# What the operator is told; loosely, since the words are for people.
FORM, ALGORITHM, SIGNATURE = "neither a JWT", "algorithm", "signature"
CLAIMS, OTHER_SITE, SUBJECT = "claims", "neither `iss` nor `aud`", "`sub` must be"
ENDED, NOT_YET, TOO_LONG, HEADER = "ended", "begins in", r"lives \d+ s", "header has"


class World:
    """The sites, their secrets and keys, and the way in."""

    def __init__(self, served):
        self.served, self.door = served, Door(served)
        self.secret = served.keys["token_secret"]
        self.other = served.add(OTHER)["token_secret"]
        self.keys = {algorithm: Key(algorithm, f"{algorithm}-1") for algorithm in ALGORITHMS}
        self.site_secrets = {algorithm: served.add(site)["token_secret"] for algorithm, site in SITES.items()}
        for algorithm, site in SITES.items():
            self.publish(site, self.keys[algorithm])

    def publish(self, site, *keys):
        self.served.run("site", "set", site, f"jwks={jwks(*keys)}")


# What is good.


def libraries(world):
    """Every library, with every algorithm that it has and we take."""
    keys, secret = world.keys, world.secret
    said = {algorithm: claims(site) for algorithm, site in SITES.items()}
    pems = [(said[algorithm], keys[algorithm].pem(), algorithm, f"{algorithm}-1") for algorithm in ("RS256", "ES256")]
    php = [pems[0], (said["EdDSA"], keys["EdDSA"].seed(), "EdDSA", "EdDSA-1")]
    tokens = [("PyJWT", "HS256", by_pyjwt(claims(HS), secret))]
    tokens += [("PyJWT", algorithm, keys[algorithm].sign(said[algorithm])) for algorithm in ALGORITHMS]
    named = zip(("HS256", "RS256", "ES256"), by_node((claims(HS), secret, "HS256", None), *pems), strict=True)
    tokens += [("jsonwebtoken", *token) for token in named]
    named = zip(("HS256", "RS256", "EdDSA"), by_php((claims(HS), secret, "HS256", "any"), *php), strict=True)
    tokens += [("PHP", *token) for token in named]
    tokens.append(("PHP as documented", "HS256", as_documented(HS, secret, "jwt", MEMBER["id"], MEMBER["name"])))
    for library, algorithm, token in tokens:
        site = SITES.get(algorithm, HS)
        world.door.signs_in(f"{library}, {algorithm}", site, token, name=MEMBER["name"])
    world.door.signs_in("PHP as documented, easy", HS, as_documented(HS, secret, "easy", "43"), user="43")
    return f"{len(tokens) + 1} tokens"


def forms(world):
    """Whatever else is allowed in a token."""
    now, key = int(time.time()), world.keys["RS256"]

    def good(what, name="name", value=MEMBER["name"], user="42"):
        token = by_pyjwt(claims(HS, **{name: value}), world.secret)
        world.door.signs_in(what, HS, token, user=user, name=MEMBER["name"])

    good("the longest life", "exp", now + 3_600)
    good("it ended within the leeway", "exp", now - 30)
    good("it begins within the leeway", "nbf", now + 30)
    good("fractions of seconds", "iat", now - 0.5)
    good("the site as audience, too", "aud", ["somebody", HS])
    good("the longest id", "sub", "x" * 190, user="x" * 190)
    only = by_pyjwt(claims(HS, iss=None, aud=HS), world.secret)
    world.door.signs_in("the site as audience alone", HS, only, name=MEMBER["name"])
    unnamed = key.sign(claims(SITES["RS256"]), {"kid": None})
    world.door.signs_in("no `kid`", SITES["RS256"], unnamed, name=MEMBER["name"])
    by_secret = by_pyjwt(claims(SITES["RS256"]), world.site_secrets["RS256"])
    world.door.signs_in("the secret of a site with keys", SITES["RS256"], by_secret, name=MEMBER["name"])
    token = by_pyjwt(claims(HS), world.secret)
    for way in (world.door.online, world.door.online_by_header, world.door.online_by_script):
        status, _, body = way(HS, token)
        check(status == 200 and b'"42"' in body and b"ticket" in body, f"{way.__name__}: {status} {body!r}")


def pages(world):
    """What goes by script has its secrets in addresses."""
    door, body = world.door, world.door.secrets.keep("message", f"said-{secrets.token_hex(12)}")
    seven = Poll(door, HS, door.signs_in("7", HS, by_pyjwt(claims(HS, sub="7", name="Seven"), world.secret), "7", "Seven"))
    other = Poll(door, HS, door.signs_in("8", HS, by_pyjwt(claims(HS, sub="8", name="Eight"), world.secret), "8", "Eight"))
    other.says(body)
    seven.hears(body)


def servers(world):
    """A site's own server has its key in headers and addresses, and so has whoever tries keys."""
    door, key = world.door, world.served.keys["secret_key"]
    wrong = door.secrets.keep("wrong key", f"sk_{secrets.token_hex(24)}")
    for one, wanted in [(key, 200), (wrong, 401)]:
        basic = {"Authorization": f"Basic {door.secrets.keep_basic(HS, one)}"}
        bearer = {"Authorization": f"Bearer {one}"}
        asked = [
            door.ask("GET", "/v5/presences?ids=7", headers=basic),
            door.ask("GET", f"/v5/presences?ids=7&domain={HS}&apikey={one}"),
            door.ask("GET", "/api/v1/users/7", headers=bearer),
        ]
        check([status for status, _, _ in asked] == [wanted] * 3, f"calls of a server: {asked}")


# What is not.


def stale_and_foreign(world):
    """Properly signed, and still not to be believed."""
    now = int(time.time())
    for what, reason, changed in [
        ("ended", ENDED, {"exp": now - 120, "iat": now - 700}),
        ("not yet", NOT_YET, {"nbf": now + 300}),
        ("made in the future", NOT_YET, {"iat": now + 300, "exp": now + 600}),
        ("too long a life", TOO_LONG, {"exp": now + 7_200}),
        ("a life for ever", CLAIMS, {"exp": 1e300}),
        ("milliseconds", CLAIMS, {"iat": now * 1000, "exp": now * 1000 + 600}),
        ("no end", CLAIMS, {"exp": None}),
        ("no beginning", CLAIMS, {"iat": None}),
        ("an end that is a text", CLAIMS, {"exp": str(now + 600)}),
        ("another site's name", OTHER_SITE, {"iss": OTHER}),
        ("another audience", OTHER_SITE, {"iss": None, "aud": ["somebody", OTHER]}),
        ("no site", OTHER_SITE, {"iss": None}),
        ("no id", CLAIMS, {"sub": None}),
        ("an id of nothing", SUBJECT, {"sub": ""}),
        ("an id with a comma", SUBJECT, {"sub": "a,b"}),
        ("an id of two lines", SUBJECT, {"sub": "a\nb"}),
        ("an id of 200 bytes", SUBJECT, {"sub": "x" * 200}),
    ]:
        said = claims(HS, **changed)
        yield what, HS, forged({"alg": "HS256", "typ": "JWT"}, said, world.secret), reason
    listed = forged({"alg": "HS256"}, claims(HS, sub=["42"]), world.secret)
    yield "an id that is a list", HS, listed, CLAIMS
    yield "the other site's secret", HS, by_pyjwt(claims(HS), world.other), SIGNATURE
    yield "the other site's token", HS, by_pyjwt(claims(OTHER), world.other), SIGNATURE
    yield "the server's key as the secret", HS, by_pyjwt(claims(HS), world.served.keys["secret_key"]), SIGNATURE
    yield "no secret", HS, forged({"alg": "HS256"}, claims(HS), ""), SIGNATURE
    yield "the other site's, easy", HS, easy("42", world.other), SIGNATURE
    yield "easy, of somebody else", HS, easy("42", world.secret).replace("42.", "43.", 1), SIGNATURE


def unsigned(world):
    """Tokens that ask not to be checked."""
    signature = by_pyjwt(claims(HS), world.secret).rsplit(".", 1)[1]
    others = ("", "HS256 ", "hs256", "HS384", "HS512", "PS256", "RS512", None, 0, ["HS256"])
    for alg in ("none", "None", "NONE", "nOnE", *others):
        text = message({"alg": alg, "typ": "JWT"}, claims(HS))
        yield f"alg {alg!r}, no signature", HS, f"{text}.", ALGORITHM
        yield f"alg {alg!r}", HS, f"{text}.{signature}", ALGORITHM
        yield f"alg {alg!r}, signed", HS, forged({"alg": alg}, claims(HS), world.secret), ALGORITHM
    yield "no alg", HS, forged({"typ": "JWT"}, claims(HS), world.secret), ALGORITHM
    yield "two algs", HS, forged('{"alg":"HS256","alg":"none"}', claims(HS), world.secret), f"{ALGORITHM}|{FORM}"
    yield "HS512, truly", HS, forged({"alg": "HS512"}, claims(HS), world.secret, "sha512"), ALGORITHM
    yield "HS256, nothing signed", HS, f"{message({'alg': 'HS256'}, claims(HS))}.", SIGNATURE


def confused(world):
    """What is published is no secret, and one algorithm's key no other's."""
    for algorithm, site in SITES.items():
        key, said = world.keys[algorithm], claims(site)
        header = {"alg": "HS256", "typ": "JWT", "kid": key.kid}
        for what, text in [
            ("the public key in PEM", key.public_pem()),
            ("the same without its last line end", key.public_pem().strip()),
            ("the JWK", json.dumps(key.jwk)),
            ("the JWKS", jwks(key)),
            ("the JWK's main number", key.jwk.get("n", key.jwk.get("x"))),
        ]:
            yield f"{algorithm}: {what} as the secret", site, forged(header, said, text), SIGNATURE
        empty = message({"alg": algorithm, "kid": key.kid}, said)
        yield f"{algorithm}: zeros for a signature", site, f"{empty}.{'A' * 86}", SIGNATURE
        yield f"{algorithm}: no signature", site, f"{empty}.", SIGNATURE
        yield f"{algorithm}: another key", site, Key(algorithm, key.kid).sign(said), SIGNATURE
        yield f"{algorithm}: an unknown kid", site, key.sign(said, {"kid": "another"}), SIGNATURE
        yield f"{algorithm}: on a site without keys", HS, key.sign(claims(HS)), ALGORITHM
        for other, elsewhere in SITES.items():
            if other != algorithm:
                yield f"{algorithm}: where {other} is published", elsewhere, key.sign(claims(elsewhere)), SIGNATURE
        signature = key.sign(said).rsplit(".", 1)[1]
        somebody = message({"alg": algorithm, "kid": key.kid}, {**said, "sub": "1"})
        yield f"{algorithm}: another member's signature", site, f"{somebody}.{signature}", SIGNATURE


def slipped_in(world):
    """Headers that bring a key along, or ask for what is not known."""
    own = Key("RS256", "own")
    for word, value in [
        ("jku", "https://evil.example/jwks.json"),
        ("x5u", "https://evil.example/own.pem"),
        ("jwk", own.jwk),
        ("x5c", ["MIIB"]),
        ("crit", ["exp"]),
    ]:
        yield f"{word}, with the secret", HS, forged({"alg": "HS256", word: value}, claims(HS), world.secret), HEADER
        yield f"{word}, with an own key", SITES["RS256"], own.sign(claims(SITES["RS256"]), {word: value}), HEADER
    for kid in ("../../../dev/null", "' OR 1=1 --", "RS256-1\0", "x" * 4_000):
        yield f"kid {kid[:20]!r}", SITES["RS256"], own.sign(claims(SITES["RS256"]), {"kid": kid}), SIGNATURE


def malformed(world):
    """What is no token at all."""
    good = by_pyjwt(claims(HS), world.secret)
    head, said, signature = good.split(".")
    for what, token in [
        ("a word", "nonsense"),
        ("a dot", "."),
        ("two dots", ".."),
        ("one part less", f"{head}.{said}"),
        ("one part more", f"{good}.{signature}"),
        ("a huge one", by_pyjwt(claims(HS, name="x" * 9_000), world.secret)),
        ("no base64", f"{head}!.{said}.{signature}"),
        ("a JSON text as header", forged('"HS256"', claims(HS), world.secret)),
    ]:
        yield what, HS, token, FORM
    for what, text in [("a list", "[]"), ("no JSON", "{"), ("nothing", ""), ("claims twice", '{"sub":"1","sub":"42"}')]:
        yield f"{what} as claims", HS, forged({"alg": "HS256"}, text, world.secret), f"{CLAIMS}|{FORM}"
    yield "one character less", HS, good[:-1], f"{SIGNATURE}|{FORM}"
    yield "padded", HS, f"{good}=", f"{SIGNATURE}|{FORM}"


def refusals(world):
    """All of the above: one answer for the page, byte for byte, and the reason for the operator."""
    door = world.door
    ways = (door.online, door.online_by_header, door.online_by_script)
    usual = [way(HS, "nonsense") for way in ways]
    for (status, headers, body), wanted in zip(usual, (401, 401, 200), strict=True):
        check(status == wanted and b'"not_signed_in"' in body, f"nonsense: {status} {headers} {body!r}")
    count, told = 0, set()
    for cases in (stale_and_foreign, unsigned, confused, slipped_in, malformed):
        for what, site, token, reason in cases(world):
            # Where a script puts it, into the address, the longest have no place.
            answers = [way(site, token) for way in ways]
            check(answers == usual, f"{what}: the page is told {answers} instead of {usual}")
            why = door.why(site, token)
            check(re.search(reason, why), f"{what}: `token check` says {why!r}")
            if reason not in told:
                door.is_logged(site, token, reason)
                told.add(reason)
            if len(token) > 60:
                door.secrets.keep("refused token", token)
            count += 1
    huge = by_pyjwt(claims(HS, name="x" * 100_000), world.secret)
    check(door.online(HS, huge) == usual[0], "a token of 130 KB is refused otherwise")
    for site in ("nobody.example", ""):
        check(door.online(site, by_pyjwt(claims("nobody.example"), world.secret)) == usual[0], f"the site {site!r}")
    return f"{count} tokens, {len(told)} reasons"


# Keys that are replaced.


def secret_replaced(world):
    """Two are good while the backend takes up the new one, and the old one is good no longer."""
    door, page = world.door, world.door.signs_in("before", HS, by_pyjwt(claims(HS), world.secret), name=MEMBER["name"])
    old = world.secret
    new = json.loads(world.served.run("site", "rotate", HS, "--token-secret", "--json"))["token_secret"]
    door.secrets.keep("token_secret", new)
    tokens = {secret: (by_pyjwt(claims(HS), secret), easy("42", secret)) for secret in (old, new)}
    for token in (*tokens[old], *tokens[new]):
        door.signs_in("during a rotation", HS, token, name=MEMBER["name"])
    third = world.served.try_run("site", "rotate", HS, "--token-secret", "--json")
    check(third.returncode == 1 and "finish" in third.stderr, f"a third secret: {third.stdout} {third.stderr}")
    door.signs_in("after a rotation that was refused", HS, tokens[old][0], name=MEMBER["name"])
    world.served.run("site", "rotate", HS, "--token-secret", "--finish")
    for token in tokens[old]:
        check(door.online(HS, token)[0] == 401, "the old secret is good after the rotation")
        check(re.search(SIGNATURE, door.why(HS, token)), "the old secret: `token check` does not say why")
    for token in tokens[new]:
        door.signs_in("after the rotation", HS, token, name=MEMBER["name"])
    world.secret = new
    Poll(door, HS, page).says("a page outlives it")


def keys_replaced(world):
    """A JWKS that is set counts at once, and what is none changes nothing."""
    door, site, old = world.door, SITES["ES256"], world.keys["ES256"]
    new = Key("ES256", "ES256-2")
    check(not door.is_believed(site, new.sign(claims(site))), "a key before it is published")
    world.publish(site, old, new)
    for key in (old, new):
        door.signs_in("both keys", site, key.sign(claims(site)), name=MEMBER["name"])
    check(not door.is_believed(site, new.sign(claims(site), {"kid": old.kid})), "one key under the other's name")
    world.publish(site, new)
    check(not door.is_believed(site, old.sign(claims(site))), "the old key after the new one was set alone")
    private = json.dumps({"keys": [new.private_jwk()]})
    short = json.dumps({"keys": [{**world.keys["RS256"].jwk, "n": "w" * 171}]})
    other = '{"keys":[{"kty":"EC","crv":"P-384"}]}'
    for wrong in ('{"keys":[]}', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', "[]", other, private, short):
        refused = world.served.try_run("site", "set", site, f"jwks={wrong}")
        check(refused.returncode == 1 and "JWKS" in refused.stderr, f"{wrong}: {refused.stdout} {refused.stderr}")
    door.signs_in("after wrong ones", site, new.sign(claims(site)), name=MEMBER["name"])
    world.served.run("site", "set", site, "jwks=")
    check(not door.is_believed(site, new.sign(claims(site))), "a key that was taken away")


def main():
    (binary,) = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="nextim-tokens-") as temporary:
        served = Served(binary, Path(temporary) / "server", HS, NEXTIM_LOG__FILTER="trace")
        try:
            world = World(served)
            served.start()
            for scene in (libraries, forms, pages, servers, refusals, secret_replaced, keys_replaced):
                began = time.monotonic()
                seen = scene(world) or "as it should be"
                say(f"tokens: {scene.__name__}: {seen} ({time.monotonic() - began:.1f} s)")
            check(served.process.poll() is None, f"the server has ended: {served.log_tail()}")
            served.secrets.spare(served)
        finally:
            served.close()
        keys_by_address(binary, Path(temporary))


if __name__ == "__main__":
    run("tokens", main)
