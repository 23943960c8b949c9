"""A server in a temporary folder, for tests from outside: the standard library alone. Nothing is ended but by its process id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from canaries import Canaries
from checks import Failed, check, say  # noqa: F401

STARTS_WITHIN_S = 30
ENDS_WITHIN_S = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_on_signals():
    """SIGTERM and SIGHUP end this process as Ctrl-C does: with everything that it started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))


def run(name, main):
    """The whole of a run: its outcome as the last line, and as the exit code."""
    end_on_signals()
    try:
        main()
    except Failed as failed:
        sys.exit(f"{name}: FAILED: {failed}")
    say(f"{name}: all good")


def end(process):
    if process is not None and process.poll() is None:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def quiet_environment(**more):
    """Without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEXTIM_")}
    return {**kept, **more}


class Served:
    """One data folder with one site, and the server on it while it runs."""

    def __init__(self, binary, folder, site="example.com", config="", **settings):
        self.binary, self.folder, self.site = str(Path(binary).resolve()), Path(folder), site
        self.folder.mkdir(parents=True)
        (self.folder / "nextim.toml").write_text(config, encoding="utf-8")
        self.data, self.log = self.folder / "data", self.folder / "server.log"
        self.port, self.process, self.inherited = free_port(), None, None
        self.environment = quiet_environment(**settings)
        self.secrets = Canaries()
        self.keys = self.add(site)

    def run(self, *arguments):
        """A command of the binary on the data of this server."""
        done = self.try_run(*arguments)
        check(done.returncode == 0, f"`nextim {' '.join(arguments)}` ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def try_run(self, *arguments):
        """The same, however it ends."""
        command = [self.binary, *arguments, "--data", str(self.data)]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def add(self, site):
        """Makes a site; gives its keys."""
        keys = json.loads(self.run("site", "add", site, "--json"))
        for kind in ("secret_key", "token_secret"):
            self.secrets.keep(kind, keys[kind])
        return keys

    def set(self, *settings):
        self.run("site", "set", self.site, *settings)

    def token(self, user, name):
        token = self.run("token", "gen", "--site", self.site, "--user", user, "--name", name).strip()
        return self.secrets.keep("token", token)

    def inherit(self):
        """From now on the listening socket is ours, as systemd would have it: it outlives the server."""
        self.inherited = socket.create_server(("127.0.0.1", self.port), backlog=512)

    def start(self):
        command = [self.binary, "serve", "--data", str(self.data)]
        options = {}
        if self.inherited is None:
            command += ["--listen", f"127.0.0.1:{self.port}"]
        else:
            # Only the process itself knows its number, which LISTEN_PID must be.
            command = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 </dev/null', "sh", *command]
            options["stdin"] = self.inherited.fileno()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=log, **options
            )
        line = self.process.stdout.readline()
        check(b"listening" in line, f"the server did not start: {self.log_tail()}")

    def stop(self):
        end(self.process)
        if self.process is not None:
            self.process.stdout.close()
        self.process = None

    def kill(self):
        """As a crash or a loss of power is for whoever talks to it."""
        self.process.kill()
        self.stop()

    def close(self):
        self.stop()
        if self.inherited is not None:
            self.inherited.close()

    def log_tail(self):
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:] if self.log.exists() else ""

    def logged(self, start=0):
        """The log from a byte on, line by line."""
        text = self.log.read_bytes()[start:].decode(errors="replace")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def until(found, what, seconds=10):
    """Waits until something is there, and gives it."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise Failed(f"after {seconds} s: {what}")
