"""Members whose sites keep their people in databases. Started by `run`."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlencode

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
sys.path.insert(0, str(HERE))

from databases import PASSWORD, Mariadb, Postgres, give_away  # noqa: E402
from served import Failed, Served, check, free_port, run, say, until  # noqa: E402

SITE_URL = "https://www.example.com/home"
# How old an answer may be here; the server's own default would be a long wait.
REFRESH_S = 2
# A page opens within this, whatever the database does.
OPENS_WITHIN_S = 3
GROUP_6, GROUP_5 = "同学", "同事"


# What is asked, and what is expected of it.


OWN = {
    "profile": "SELECT id, full_name AS nick, picture AS avatar FROM people WHERE id = $1",
    "buddies": "SELECT p.id, p.full_name AS nick, p.picture AS avatar, f.label AS \\\"group\\\" "
    "FROM friendships f JOIN people p ON p.id = f.friend WHERE f.person = $1",
    "rooms": "SELECT c.number AS id, c.title AS nick FROM seats s JOIN clubs c ON c.number = s.club WHERE s.person = $1",
}


def config(mariadb, postgres):
    password = quote(PASSWORD, safe="")
    mysql_url = f"mysql://reader:{password}@127.0.0.1:{mariadb.port}"
    postgres_url = f"postgresql://reader:{password}@127.0.0.1:{postgres.port}"
    sites = {
        "discuz": {"from": "mysql", "map": "discuz", "url": f"{mysql_url}/discuz"},
        "uchome": {"from": "mysql", "map": "uchome", "url": f"{mysql_url}/uchome"},
        "wordpress": {"from": "mysql", "map": "wordpress", "url": f"{mysql_url}/wordpress"},
        "buddypress": {"from": "mysql", "map": "buddypress", "url": f"{mysql_url}/wordpress"},
        "phpbb": {"from": "mysql", "map": "phpbb", "url": f"{mysql_url}/phpbb"},
        "phpbb-pg": {"from": "postgres", "map": "phpbb", "url": f"{postgres_url}/phpbb"},
        "own": {"from": "postgres", "url": f"{postgres_url}/own", **OWN},
    }
    text = '[limits]\nrates = "open"\n[log]\nformat = "json"\n'
    for name, keys in sites.items():
        text += f'[sites."{name}.example".people]\nsite_url = "{SITE_URL}"\nrefresh_s = {REFRESH_S}\n'
        text += "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    return text, list(sites)


class Site:
    """One site of the server: its backend, and the pages of its members."""

    def __init__(self, served, name):
        self.served, self.name = served, f"{name}.example"
        self.keys = json.loads(served.run("site", "add", self.name, "--json"))

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def token(self, user):
        arguments = ["token", "gen", "--site", self.name, "--user", user, "--name", f"token of {user}"]
        return self.served.run(*arguments).strip()

    def online(self, user, windows=(), token=None):
        """A page opens."""
        form = {"domain": self.name, "client": "native", "token": token or self.token(user), "buddy_ids": ",".join(windows)}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, body = self.ask("POST", "/webim/online", urlencode(form).encode(), kind)
        check(status == 200, f"{self.name}: online of {user}: {status} {body[:300]!r}")
        return json.loads(body)

    def stored(self, user):
        """Friends as the backend reads them: id, name, group."""
        path = f"/api/v1/users/{quote(user, safe='')}/buddies"
        status, body = self.ask("GET", path, headers={"Authorization": f"Bearer {self.keys['secret_key']}"})
        check(status == 200, f"{self.name}: friends of {user}: {status} {body[:300]!r}")
        return {buddy["id"]: (buddy["name"], buddy["group"]) for buddy in json.loads(body)}

    def rooms(self, page):
        return {room["id"]: room["nick"] for room in page["rooms"]}

    def command(self, user):
        """What `nextim site people` says."""
        return json.loads(self.served.run("site", "people", self.name, "--user", user, "--json"))


def same(found, wanted, what):
    check(found == wanted, f"{what}: {found} instead of {wanted}")


def old(_site):
    """What was answered is old enough to be asked for again."""
    time.sleep(REFRESH_S + 0.2)


# Scenes.


def maps(sites):
    """Names, pictures, pages, groups and rooms, as each software has them."""
    expected = {
        # name, picture, page; friends; rooms
        "discuz": (
            ("苏珊", "uc_server/avatar.php?uid=1&size=small", "home.php?mod=space&uid=1"),
            {"2": ("Jack", GROUP_6)},
            {"10": "Harbour"},
        ),
        "uchome": (
            ("Susan", "ucenter/avatar.php?uid=1&size=small&type=virtual", "space.php?uid=1"),
            {"2": ("Jack", GROUP_6)},
            {"10": "Harbour"},
        ),
        "wordpress": (("Susan", None, "?author=1"), {}, {}),
        "buddypress": (("Susan", None, "members/susan/"), {"2": ("Jack", "friend")}, {"10": "Rope & Sail"}),
        "phpbb": (
            ("Susan", "download/file.php?avatar=1_9.png", "memberlist.php?mode=viewprofile&u=1"),
            {"2": ("Jack", "friend")},
            {"10": "Harbour"},
        ),
    }
    expected["phpbb-pg"] = expected["phpbb"]
    for name, ((nick, avatar, url), friends, rooms) in expected.items():
        site = sites[name]
        page = site.online("1", windows=friends)
        user = page["user"]
        same((user["nick"], user["url"]), (nick, f"{SITE_URL}/{url}"), f"{name}: the member")
        if avatar:
            same(user["avatar"], f"{SITE_URL}/{avatar}", f"{name}: the picture")
        elif name == "buddypress":
            check(user["avatar"].startswith("https://secure.gravatar.com/avatar/"), f"{name}: {user['avatar']}")
        shown = {buddy["id"]: (buddy["nick"], buddy["group"]) for buddy in page["buddies"]}
        same(shown, friends, f"{name}: friends on the page")
        same(site.stored("1"), friends, f"{name}: stored friends")
        same(site.rooms(page), rooms, f"{name}: rooms")
        said = site.command("1")
        same((said["known"], said["name"]), (True, nick), f"{name}: nextim site people")
        check(isinstance(said["took_ms"], int), f"{name}: {said}")
        # Whose friendship is asked for only, and whose admission: nobody's friend, in no room.
        nora = site.online("4")
        same((site.stored("4"), site.rooms(nora)), ({}, {}), f"{name}: Nora")
    lee = sites["phpbb"].online("3")
    same((lee["user"]["nick"], sites["phpbb"].stored("3")), ('Lee & "Wen"', {}), "a friendship with one side")
    # The other side's own group is kept, and comes with the other side.
    sites["discuz"].online("2")
    same(sites["discuz"].stored("2"), {"1": ("苏珊", GROUP_5)}, "Jack's group")
    same(sites["discuz"].stored("1"), {"2": ("Jack", GROUP_6)}, "Susan's group")


def own_queries(site):
    page = site.online("susan", windows=["jack", "bad"])
    user = page["user"]
    same((user["nick"], user["avatar"]), ("Susan", "https://img.example.com/susan.png"), "own queries: the member")
    same(site.stored("susan"), {"jack": ("Jack", "Rowing"), "bad": ("Bad", "friend")}, "own queries: friends")
    same(site.rooms(page), {"7": "Harbour"}, "own queries: rooms")
    bad = next(buddy for buddy in page["buddies"] if buddy["id"] == "bad")
    check("javascript" not in bad["avatar"], f"a picture that runs: {bad}")
    same(site.command("susan")["rows_left_out"], 1, "an id with a comma")
    until(lambda: any("left out" in message(line) for line in site.served.logged()), "the row that is left out is not in the log")


def message(line):
    return json.dumps(line, ensure_ascii=False)


def changes(sites, mariadb, postgres):
    """What changes in the tables is there after `refresh_s`, for friends, groups, names and rooms."""
    discuz, own = sites["discuz"], sites["own"]
    old(discuz)
    mariadb.sql("INSERT INTO pre_home_friend (uid, fuid, fusername, gid) VALUES (1,3,'Lee',4),(3,1,'x',0)", "discuz")
    mariadb.sql("UPDATE pre_common_member SET username = 'Jack B' WHERE uid = 2", "discuz")
    mariadb.sql("DELETE FROM pre_forum_groupuser WHERE uid = 1 AND fid = 10", "discuz")
    postgres.sql("DELETE FROM friendships WHERE 'jack' IN (person, friend) AND 'susan' IN (person, friend)", "own")
    postgres.sql("UPDATE clubs SET title = 'New Harbour'", "own")
    began = time.monotonic()
    page = discuz.online("1")
    same(discuz.stored("1"), {"2": ("Jack B", GROUP_6), "3": ("Lee", "亲人")}, "a friendship that is new")
    same(discuz.rooms(page), {}, "a room that was left")
    # Within its age an answer is not asked for anew.
    mariadb.sql("DELETE FROM pre_home_friend WHERE 3 IN (uid, fuid)", "discuz")
    discuz.online("1")
    # On a machine that is too slow for that, nothing is shown.
    is_young = time.monotonic() - began < REFRESH_S
    check(not is_young or "3" in discuz.stored("1"), "an answer is used again while it is young")
    old(discuz)
    discuz.online("1")
    same(discuz.stored("1"), {"2": ("Jack B", GROUP_6)}, "a friendship that has ended")
    same(discuz.stored("3"), {}, "it has ended for both")
    page = own.online("susan")
    same(own.stored("susan"), {"bad": ("Bad", "friend")}, "own queries: a friendship that has ended")
    same(own.rooms(page), {"7": "New Harbour"}, "own queries: a room's new name")


def open_pages(sites, mariadb):
    """A page that is open hears of a friend who came to be while the other page opened."""
    site = sites["uchome"]
    nora = site.online("4")
    mariadb.sql("INSERT INTO uchome_friend (uid, fuid, `status`) VALUES (4,3,1),(3,4,1)", "uchome")
    old(site)
    site.online("3")
    same(site.stored("4"), {"3": ("Lee", "friend")}, "the other side of a friendship")
    ticket = nora["connection"]["ticket"]

    def heard():
        status, body = site.ask("GET", f"/packets?{urlencode({'domain': site.name, 'ticket': ticket})}")
        check(status == 200, f"packets: {status} {body[:300]!r}")
        return '"3"' in body.decode() and "online" in body.decode()

    until(heard, "the open page does not hear of its new friend")


def own_rooms_stay(site):
    """Rooms that are open, and rooms that members made, are not the source's to end."""
    key = {"Authorization": f"Bearer {site.keys['secret_key']}"}
    for path, body in [("rooms/open", {"name": "Open", "open": True}), ("rooms/closed", {"name": "Closed", "open": False})]:
        status, answer = site.ask("PUT", f"/api/v1/{path}", json.dumps(body), key)
        check(status == 200, f"{path}: {status} {answer[:300]!r}")
        status, answer = site.ask("PUT", f"/api/v1/{path}/members/1", None, key)
        check(status in (200, 204), f"{path}: {status} {answer[:300]!r}")
    old(site)
    same(site.rooms(site.online("1")), {"10": "Harbour", "open": "Open"}, "rooms that stay")


def hostile(sites, mariadb, postgres):
    """Ids that are SQL are ids: they are somebody whom the site does not know."""
    for name, user in [
        ("discuz", "1 OR 1=1"),
        ("discuz", "1' OR '1'='1"),
        ("discuz", '1"; DROP TABLE pre_home_friend; --'),
        ("phpbb-pg", "1 OR 1=1"),
        ("phpbb-pg", "99999999999999999999999"),
        ("own", "susan' OR 'a'='a"),
        ("discuz", "1x"),
        ("discuz", "01"),
    ]:
        site = sites[name]
        page = site.online(user)
        same((page["user"]["nick"], site.stored(user), site.rooms(page)), (f"token of {user}", {}, {}), f"{name}: {user}")
        same(site.command(user)["known"], False, f"{name}: {user}")
    site = sites["own"]
    same(site.online("o'neil")["user"]["nick"], "O'Neil", "a quote in an id")
    same(site.stored("o'neil"), {"jack": ("Jack", "friend")}, "a quote in an id")
    # None of that made others wait or fail.
    check(not [line for line in site.served.logged() if "cannot be asked" in message(line)], "an id made a source fail")
    same(mariadb.sql("SELECT COUNT(*) > 0 FROM pre_home_friend", "discuz").strip(), "1", "the table is there")
    same(postgres.sql("SELECT COUNT(*) FROM people", "own").strip(), "5", "the table is there")


def many_at_once(site, mariadb):
    """A crowd comes online, and the database sees a few connections."""
    mariadb.sql(
        "INSERT INTO pre_common_member (uid, username) SELECT 1000 + seq, CONCAT('crowd', seq) FROM seq_1_to_60", "discuz"
    )
    tokens = {str(1000 + number): site.token(str(1000 + number)) for number in range(1, 61)}
    failed, most = [], 0

    def come(user, token):
        try:
            same(site.online(user, token=token)["user"]["nick"], f"crowd{int(user) - 1000}", "one of the crowd")
        except (Failed, OSError) as error:
            failed.append(error)

    crowd = [threading.Thread(target=come, args=pair, daemon=True) for pair in tokens.items()]
    for thread in crowd:
        thread.start()
    while any(thread.is_alive() for thread in crowd):
        query = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'reader' AND db = 'discuz'"
        most = max(most, int(mariadb.sql(query, "mysql")))
    check(not failed, f"{len(failed)} of the crowd: {failed[:1]}")
    check(1 <= most <= 4, f"{most} connections to the database, and 4 is the bound")
    return f"{most} connections at most"


def is_told(served, start, site, what):
    return [line for line in served.logged(start) if what in message(line) and site.name in message(line)]


def outage(site, database, change, undo_of):
    """A database that is down keeps nobody out, is told of once with what to do, and is asked again when it is back."""
    served = site.served
    before, start = site.stored(undo_of), served.log.stat().st_size
    database.stop()
    old(site)
    for number in range(6):
        began = time.monotonic()
        page = site.online(undo_of, windows=before)
        took = time.monotonic() - began
        check(took < OPENS_WITHIN_S, f"the page took {took:.1f} s while the database is down")
        # Only the first waits, if at all: after a failure nobody is asked for a while.
        check(number == 0 or took < 1, f"page {number} took {took:.1f} s")
        same({buddy["id"] for buddy in page["buddies"]}, set(before), "the friends that are stored")
    told = is_told(served, start, site, "cannot be asked")
    check(len(told) == 1 and "mend" in message(told[0]), f"the log says {told}")
    code = subprocess.run(
        [served.binary, "site", "people", site.name, "--user", undo_of],
        cwd=served.folder, env=served.environment, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    check(code.returncode == 1 and "->" in code.stderr and PASSWORD not in code.stderr, f"site people: {code}")
    database.start()
    change()

    def is_fresh():
        site.online(undo_of)
        return site.stored(undo_of) != before

    until(is_fresh, "the database is back and not asked", 20)
    check(is_told(served, start, site, "again"), "that it is back is not in the log")


def slow(site, mariadb):
    """A database that does not answer in time is like one that is down."""
    old(site)
    # Whoever reads waits until the table is let go.
    holder = subprocess.Popen(
        ["mariadb", "--no-defaults", "--unbuffered", f"--socket={mariadb.socket}", "-uroot", "discuz"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        holder.stdin.write("LOCK TABLES pre_common_member WRITE; SELECT 'held';\n")
        holder.stdin.flush()
        holder.stdout.readline()
        began = time.monotonic()
        page = site.online("1", windows=["2"])
        took = time.monotonic() - began
        check(1 < took < OPENS_WITHIN_S, f"the page took {took:.1f} s while the table is locked")
        same([buddy["id"] for buddy in page["buddies"]], ["2"], "the friends that are stored")
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()
    before = site.stored("1")
    mariadb.sql("UPDATE pre_home_friend SET gid = 1 WHERE uid = 1 AND fuid = 2", "discuz")

    def is_fresh():
        site.online("1")
        return site.stored("1") != before

    until(is_fresh, "the table is free and not asked for", 20)


def metrics(served):
    """How often sites were asked."""
    shown = until(lambda: admin_metrics(served), "there are no metrics")
    check('nextim_people_asked_total{site="discuz.example",outcome="answered"}' in shown, f"metrics: {shown[-2000:]}")


def admin_metrics(served):
    connection = http.client.HTTPConnection("127.0.0.1", served.admin_port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def mistakes(binary, folder, mariadb, postgres):
    """Whoever sets it up is told what is wrong, by `doctor` and by `site people`; nothing can be written."""
    good = quote(PASSWORD, safe="")
    # Even somebody who may write.
    mariadb.sql(f"CREATE USER 'writer'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON discuz.* TO 'writer'@'%'", "mysql")
    mariadb.sql(
        "DELIMITER //\nCREATE FUNCTION greet(x INT) RETURNS INT MODIFIES SQL DATA BEGIN "
        "INSERT INTO pre_home_friend (uid, fuid) VALUES (77, 78); RETURN x; END//",
        "discuz",
    )
    mysql = {"from": "mysql", "map": "discuz"}
    at = f"mysql://reader:{good}@127.0.0.1:{mariadb.port}"
    writer = f"mysql://writer:{good}@127.0.0.1:{mariadb.port}/discuz"
    pg = f"postgresql://postgres:{quote('of nobody')}@127.0.0.1:{postgres.port}/own"
    cases = [
        ({**mysql, "url": f"mysql://reader:wrong@127.0.0.1:{mariadb.port}/discuz"}, ["Access denied", "password"]),
        ({**mysql, "url": f"{at}/nothing"}, ["nothing"]),
        ({**mysql, "url": f"{at}/discuz", "table_prefix": "cdb_"}, ["cdb_common_member", "table_prefix"]),
        ({**mysql, "url": f"mysql://reader:{good}@127.0.0.1:1/discuz"}, ["cannot be reached", "running"]),
        ({"from": "mysql", "url": f"{at}/discuz", "profile": "SELECT uid, usrname FROM pre_common_member WHERE uid = ?"},
         ["usrname"]),
        ({"from": "mysql", "url": f"{at}/discuz", "profile": "SELECT uid FROM pre_common_member WHERE uid = ?"},
         ["gives no column `id`", "uid"]),
        ({"from": "mysql", "url": writer, "profile": "SELECT greet(1) AS id, ? AS nick"}, ["writes"]),
        ({"from": "postgres", "url": pg, "profile": "SELECT greet($1) AS id"}, ["writes"]),
        ({"from": "postgres", "url": pg,
          "profile": "WITH w AS (INSERT INTO greetings VALUES ($1) RETURNING person) SELECT person AS id FROM w"}, ["writes"]),
        ({"from": "postgres", "url": pg, "profile": "SELECT number AS id FROM clubs WHERE number = $1"}, ["cast"]),
        ({"from": "postgres", "url": pg, "profile": "SELECT id, born AS nick FROM people WHERE 'susan' = $1 OR id = 'susan'"},
         ["`nick` is date", "::text"]),
        ({"from": "postgres", "url": pg.replace("/own", "/nothing"), **OWN}, ["nothing"]),
        ({"from": "postgres", "url": pg.replace("of%20nobody", "wrong"), **OWN}, ["password"]),
    ]  # fmt: skip
    for number, (keys, wanted) in enumerate(cases):
        place = folder / f"mistake{number}"
        place.mkdir()
        lines = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
        (place / "nextim.toml").write_text(f'[sites."www.example.com".people]\n{lines}', encoding="utf-8")
        for arguments in (["doctor"], ["site", "people", "www.example.com", "--user", "susan"]):
            done = subprocess.run(
                [binary, *arguments], cwd=place, capture_output=True, text=True, check=False, timeout=60
            )
            said = done.stdout + done.stderr
            check(done.returncode == 1, f"{arguments} of {keys}: {done.returncode} {said}")
            missing = [word for word in wanted if word not in said]
            check(not missing, f"{arguments} of {keys} does not say {missing}: {said}")
            check(good not in said and PASSWORD not in said, f"the password is shown: {said}")
    same(mariadb.sql("SELECT COUNT(*) FROM pre_home_friend WHERE uid = 77", "discuz").strip(), "0", "nothing is written")
    same(postgres.sql("SELECT COUNT(*) FROM greetings", "own").strip(), "0", "nothing is written")
    refused = folder / "refused"
    refused.mkdir()
    text = f'[sites."a.example".people]\nfrom = "mysql"\nurl = "{writer}"\nprofile = "DELETE FROM x WHERE id = ?"\n'
    (refused / "nextim.toml").write_text(text, encoding="utf-8")
    done = subprocess.run([binary, "config", "check"], cwd=refused, capture_output=True, text=True, check=False)
    check(done.returncode == 2 and "SELECT or WITH" in done.stderr, f"config check: {done}")
    return f"{len(cases)} mistakes"


def certify(folder):
    """A certificate for 127.0.0.1, and the one that signed it."""
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n", encoding="utf-8")
    for command in (
        ["req", "-x509", *ec, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"],
        ["req", *ec, "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
         "-extfile", "extensions", "-out", "server.pem"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    os.chmod(folder / "server.key", 0o600)
    give_away(folder / "server.key")


def encrypted(binary, folder, mariadb, postgres, authority):
    """TLS to both, with a certificate that is looked at."""
    good = quote(PASSWORD, safe="")
    mariadb.sql("ALTER USER 'reader'@'%' REQUIRE SSL", "mysql")
    sources = {
        "mysql": f'from = "mysql"\nmap = "discuz"\nurl = "mysql://reader:{good}@127.0.0.1:{mariadb.port}/discuz"\n',
        "postgres": f'from = "postgres"\nmap = "phpbb"\nurl = "postgresql://reader:{good}@127.0.0.1:{postgres.port}/phpbb"\n',
    }
    for kind, source in sources.items():
        for tls, code in [(f'tls_ca_file = "{authority}"\n', 0), ("tls = true\n", 1)]:
            place = Path(tempfile.mkdtemp(dir=folder))
            (place / "nextim.toml").write_text(f'[sites."www.example.com".people]\n{source}{tls}', encoding="utf-8")
            command = [binary, "site", "people", "www.example.com", "--user", "1"]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=60)
            check(done.returncode == code, f"{kind} with {tls!r}: {done.returncode} {done.stdout}{done.stderr}")
    mariadb.sql("ALTER USER 'reader'@'%' REQUIRE NONE", "mysql")


def look(name, scene, *arguments):
    began = time.monotonic()
    try:
        told = scene(*arguments)
    except Failed as failed:
        raise Failed(f"{name}: {failed}") from failed
    say(f"people: {name} ({time.monotonic() - began:.1f} s){f': {told}' if told else ''}")


def main():
    binary, programs = sys.argv[1:]
    binary = str(Path(binary).resolve())
    with tempfile.TemporaryDirectory(prefix="nextim-people-") as temporary:
        folder = Path(temporary)
        # Others must come to the folders of theirs.
        os.chmod(folder, 0o711)
        certificates = folder / "certificates"
        certificates.mkdir(mode=0o755)
        certify(certificates)
        key, certificate = certificates / "server.key", certificates / "server.pem"
        mariadb_tls = [f"--ssl-cert={certificate}", f"--ssl-key={key}"]
        postgres_tls = ["-c", "ssl=on", "-c", f"ssl_cert_file={certificate}", "-c", f"ssl_key_file={key}"]
        mariadb, postgres = Mariadb(folder / "mariadb"), Postgres(programs, folder / "postgres")
        served = None
        try:
            mariadb.start(*mariadb_tls)
            postgres.start(*postgres_tls)
            for database, schema in [("discuz", "discuz"), ("uchome", "uchome"), ("wordpress", "wordpress"), ("phpbb", "phpbb.mysql")]:
                mariadb.make(database, f"{schema}.sql")
            postgres.make("phpbb", "phpbb.postgres.sql")
            postgres.make("own", "own.postgres.sql")
            # What it takes, and no more.
            mariadb.reader("reader", "discuz", "uchome", "wordpress", "phpbb")
            postgres.reader("reader", "phpbb", "own")
            text, names = config(mariadb, postgres)
            served = Served(binary, folder / "server", config=text)
            sites = {name: Site(served, name) for name in names}
            served.admin_port = admin_port(served)
            served.start()
            look("maps", maps, sites)
            look("own queries", own_queries, sites["own"])
            look("hostile ids", hostile, sites, mariadb, postgres)
            look("changes", changes, sites, mariadb, postgres)
            look("open pages", open_pages, sites, mariadb)
            look("rooms of others", own_rooms_stay, sites["phpbb"])
            look("many at once", many_at_once, sites["discuz"], mariadb)
            look("MariaDB is down", outage, sites["uchome"], Again(mariadb, mariadb_tls), lambda: mariadb.sql(
                "UPDATE uchome_friend SET gid = 4 WHERE uid = 1 AND fuid = 2", "uchome"), "1")  # fmt: skip
            look("PostgreSQL is down", outage, sites["phpbb-pg"], Again(postgres, postgres_tls), lambda: postgres.sql(
                "INSERT INTO phpbb_zebra VALUES (1, 3, 1, 0)", "phpbb"), "1")  # fmt: skip
            look("a locked table", slow, sites["discuz"], mariadb)
            look("metrics", metrics, served)
            look("mistakes", mistakes, binary, folder, mariadb, postgres)
            look("TLS", encrypted, binary, folder, mariadb, postgres, certificates / "ca.pem")
        except Failed as failed:
            log = served.log_tail() if served else ""
            raise Failed(f"{failed}\n{log}") from failed
        finally:
            if served:
                served.close()
            mariadb.stop()
            postgres.stop()


class Again:
    """A database that is started again as it was started."""

    def __init__(self, database, options):
        self.database, self.options = database, options

    def stop(self):
        self.database.stop()

    def start(self):
        self.database.start(*self.options)


def admin_port(served):
    """The operator's listener, on a port that is known."""
    port = free_port()
    file = served.folder / "nextim.toml"
    file.write_text(f'[server]\nadmin_listen = "127.0.0.1:{port}"\n{file.read_text(encoding="utf-8")}', encoding="utf-8")
    return port


if __name__ == "__main__":
    run("people", main)
