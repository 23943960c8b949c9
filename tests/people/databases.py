"""MariaDB and PostgreSQL in temporary folders, on ports of their own. As root they run as nobody: neither likes to be root."""

import os
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from served import check, end, free_port, until  # noqa: E402

STARTS_WITHIN_S = 60
PASSWORD = "only/reads@all"


def as_whom():
    """How a program is started that must not be root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def give_away(path):
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody:nogroup", str(path)], check=True)


class Database:
    """What both have in common: a folder, a port, a process."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.port, self.process = free_port(), None
        self.data, self.log = self.folder / "data", self.folder / "log"

    def quietly(self, *command):
        done = subprocess.run(
            [str(part) for part in command], cwd=self.folder, capture_output=True, text=True, check=False, **as_whom()
        )
        check(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")

    def begin(self, *command):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **as_whom(),
            )

        def answers():
            check(self.process.poll() is None, f"{command[0]} ended: {self.log.read_text(errors='replace')[-2000:]}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0 and self.is_ready()

        until(answers, f"{command[0]} does not answer", STARTS_WITHIN_S)

    def stop(self):
        end(self.process)
        self.process = None

    def client(self, *command, given=None):
        done = subprocess.run(
            [str(part) for part in command], input=given, capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    def sql(self, text, database):
        code, out, error = self.ask(text, database)
        check(code == 0, f"{text[:200]}: {error}")
        return out


class Mariadb(Database):
    def __init__(self, folder):
        super().__init__(folder)
        # A socket's path is short.
        self.socket = self.folder / "s"
        give_away(self.folder)
        self.quietly(
            "mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )  # fmt: skip

    def start(self, *options):
        self.begin(
            "mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid", "--skip-log-bin", "--innodb-buffer-pool-size=16M",
            "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4", *options,
        )  # fmt: skip

    def is_ready(self):
        return self.ask("SELECT 1", "mysql")[0] == 0

    def ask(self, text, database):
        command = ["mariadb", "--no-defaults", "--default-character-set=utf8mb4", f"--socket={self.socket}", "-uroot", "-BN"]
        return self.client(*command, database, given=text)

    def make(self, database, *files):
        self.sql(f"CREATE DATABASE {database}", "mysql")
        for file in files:
            self.sql((HERE / "schemas" / file).read_text(encoding="utf-8"), database)

    def reader(self, name, *databases):
        """Somebody who may read, and nothing else."""
        self.sql(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'", "mysql")
        for database in databases:
            self.sql(f"GRANT SELECT ON {database}.* TO '{name}'@'%'", "mysql")


class Postgres(Database):
    def __init__(self, programs, folder):
        super().__init__(folder)
        self.programs = Path(programs)
        secret = self.folder / "secret"
        secret.write_text("of nobody\n", encoding="utf-8")
        give_away(self.folder)
        self.quietly(
            self.programs / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync",
            "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}",
        )  # fmt: skip

    def start(self, *options):
        self.begin(
            self.programs / "postgres", "-D", self.data, "-p", self.port, "-c", "listen_addresses=127.0.0.1",
            "-c", f"unix_socket_directories={self.folder}", "-c", "fsync=off", "-c", "shared_buffers=16MB", *options,
        )  # fmt: skip

    def stop(self):
        if self.process is not None:
            # SIGTERM would wait for those who are connected.
            self.process.send_signal(2)
        super().stop()

    def is_ready(self):
        return self.ask("SELECT 1", "postgres")[0] == 0

    def ask(self, text, database):
        command = [self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        where = ["-h", self.folder, "-p", self.port, "-U", "postgres", "-d", database]
        return self.client(*command, *where, given=text)

    def make(self, database, *files):
        self.sql(f"CREATE DATABASE {database}", "postgres")
        for file in files:
            self.sql((HERE / "schemas" / file).read_text(encoding="utf-8"), database)

    def reader(self, name, *databases):
        self.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'", "postgres")
        for database in databases:
            self.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}", database)
