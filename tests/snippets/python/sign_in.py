"""Prints a sign-in token: `jwt USERID NAME` or `easy USERID`. What stands between the markers is shown in docs/sign-in.md."""

import os
import sys
from types import SimpleNamespace


def by_jwt(site, token_secret, member):
    # snippet:begin jwt
    import time
    import jwt  # pip install PyJWT

    now = int(time.time())
    claims = {"iss": site, "sub": str(member.id), "name": member.name, "iat": now, "exp": now + 600}
    token = jwt.encode(claims, token_secret, algorithm="HS256")
    # snippet:end
    return token


def easy(token_secret, member):
    # snippet:begin easy
    import hashlib
    import hmac

    signature = hmac.new(token_secret.encode(), str(member.id).encode(), hashlib.sha256).hexdigest()
    token = f"{member.id}.{signature}"
    # snippet:end
    return token


def main():
    site, token_secret = os.environ["NEXTIM_SITE"], os.environ["NEXTIM_TOKEN_SECRET"]
    match sys.argv[1:]:
        case ["jwt", user_id, name]:
            print(by_jwt(site, token_secret, SimpleNamespace(id=user_id, name=name)))
        case ["easy", user_id]:
            print(easy(token_secret, SimpleNamespace(id=user_id)))
        case _:
            sys.exit("usage: sign_in.py jwt USERID NAME | easy USERID")


main()
