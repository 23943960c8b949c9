"""Keys, and tokens signed with them: by libraries as sites use them, and by hand where no library would do it."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

HERE = Path(__file__).resolve().parent
DOCUMENTED = HERE.parent / "snippets" / "php" / "sign_in.php"

MEMBER = {"id": "42", "name": "Ünal O'Neil"}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(site, **more):
    """Those of a token that is good; a claim that is None is left out."""
    now = int(time.time())
    usual = {"iss": site, "sub": MEMBER["id"], "name": MEMBER["name"], "iat": now, "exp": now + 600}
    return {name: value for name, value in {**usual, **more}.items() if value is not None}


class Key:
    """A private key, and what is published of it."""

    MAKERS = {
        "RS256": (lambda: rsa.generate_private_key(65537, 2048), jwt.algorithms.RSAAlgorithm),
        "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), jwt.algorithms.ECAlgorithm),
        "EdDSA": (ed25519.Ed25519PrivateKey.generate, jwt.algorithms.OKPAlgorithm),
    }

    def __init__(self, algorithm, kid):
        make, kind = self.MAKERS[algorithm]
        self.algorithm, self.kid, self.private = algorithm, kid, make()
        self.jwk = {**kind.to_jwk(self.private.public_key(), as_dict=True), "kid": kid, "alg": algorithm, "use": "sig"}

    def private_jwk(self):
        """What nobody is to be given."""
        _, kind = self.MAKERS[self.algorithm]
        return kind.to_jwk(self.private, as_dict=True)

    def pem(self):
        coding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self.private.private_bytes(coding, form, serialization.NoEncryption()).decode()

    def public_pem(self):
        coding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(coding, form).decode()

    def seed(self):
        """Of an Ed25519 key, in base64."""
        return base64.b64encode(self.private.private_bytes_raw()).decode()

    def sign(self, said, header=None):
        """By PyJWT; what is None is not in the header."""
        headers = {"kid": self.kid, **(header or {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        return jwt.encode(said, self.private, self.algorithm, headers=headers)


def jwks(*keys):
    return json.dumps({"keys": [key.jwk for key in keys]})


# As sites do it.


def by_pyjwt(said, secret):
    return jwt.encode(said, secret, "HS256")


def by_program(command, wanted):
    """What a program prints for a list that it is given."""
    done = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def by_node(*wanted):
    """Tokens of (claims, key, algorithm, kid)."""
    return by_program(
        ["node", HERE / "sign.js"],
        [
            {"claims": said, "key": key, "options": {"algorithm": algorithm, **({"keyid": kid} if kid else {})}}
            for said, key, algorithm, kid in wanted
        ],
    )


def by_php(*wanted):
    """The same."""
    names = ("claims", "key", "algorithm", "kid")
    return by_program(["php", HERE / "sign.php"], [dict(zip(names, one, strict=True)) for one in wanted])


def as_documented(site, secret, *arguments):
    """A token by the snippet that docs/sign-in.md shows for PHP."""
    environment = {**os.environ, "NEXTIM_SITE": site, "NEXTIM_TOKEN_SECRET": secret}
    command = ["php", DOCUMENTED, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


# As whoever forges does it.


def message(header, said):
    """The two parts that are signed, as given."""
    texts = (part if isinstance(part, str) else json.dumps(part) for part in (header, said))
    return ".".join(base64url(text.encode()) for text in texts)


def forged(header, said, secret, digest="sha256"):
    """With any text as the secret, which libraries refuse for a public key's."""
    text = message(header, said)
    return f"{text}.{base64url(hmac.new(secret.encode(), text.encode(), digest).digest())}"


def easy(member, secret):
    return f"{member}.{hmac.new(secret.encode(), member.encode(), hashlib.sha256).hexdigest()}"
