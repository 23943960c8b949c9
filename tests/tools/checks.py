"""How harnesses say what does not hold, and how they get on."""


class Failed(Exception):
    """A check does not hold."""


def check(holds, what):
    if not holds:
        raise Failed(what)


def say(text):
    print(text, flush=True)
