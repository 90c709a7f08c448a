"""What may happen around an import, each on either database, while the server is serving."""

import json
import re
import signal
import subprocess

import everyone as e2e
from compare import Numbers, check_laptop, check_report, same_report
from world import ENVIRONMENT, Cluster, Failed, make_legacy, require, run, wait_until

SMALL = ("--users", "5", "--clinics", "3", "--patients", "25", "--processes", "10")
# What tells of runs, not of records; and the counters of the database itself.
COLUMNS = ("nome_paciente, idade, sexo, nome_mae, incapaz, nome_responsavel, rg, peso, altura, "
           "escolha_etnia, cns_paciente, email_paciente, cidade_paciente, end_paciente, "
           "cep_paciente, telefone1_paciente, telefone2_paciente, etnia")
OF_RUNS = re.compile(r"import_run|import_row|import_pending|audit_(log|chain|head)|setval|sqlite_sequence|"
                     r"INTO \W*setting")


def state(world):
    """Everything in the database but the list of runs."""
    return sorted(line for line in world.dump().split("\n")
                  if line.startswith("INSERT") and not OF_RUNS.search(line))


def counts(world):
    tables = ("record", "version", "version_payload", "version_parent", "view", "feed", "app_user")
    return {t: world.rows(f"SELECT count(*) AS n FROM {t}")[0]["n"] for t in tables}


def version_ids(world):
    return {row["id"]: (row["kind"], row["key"], row["number"]) for row in world.rows(e2e.RECORDS)}


class Imported:
    """A world with a server that serves; `source` is imported only when a story says so."""

    def __init__(self, stage, database, *options):
        self.source, self.truth = make_legacy(stage.cluster, stage.folder, *options)
        self.numbers = Numbers(self.truth)
        self.world = stage.world(database)

    def __enter__(self):
        self.world.start()
        return self

    def __exit__(self, *error):
        self.world.remove()

    def run(self, *words):
        return self.world.import_from(self.source, *words)

    def rows(self, sql):
        text = Cluster.sql(self.source, f"SELECT coalesce(json_agg(t), '[]') FROM ({sql}) t;")
        return json.loads(text)


def dry_run(stage, database):
    """A dry run writes nothing and reports what the real run then does."""
    with Imported(stage, database, "--layout", "g3", "--nasty", "--no-constraints", *SMALL) as it:
        before = it.world.dump()
        dry = it.run("--dry-run")
        require(it.world.dump() == before, "the dry run has written something")
        require(dry["dry_run"] is True, "the report does not say that it was a dry run")
        check_report(it.truth, dry, it.numbers)
        real = it.run()
        same_report(dry, real)
        require(counts(it.world)["version"] > 0, "the real run has written nothing")
        return f"{len(real['items'])} items in both reports"


def twice(stage, database):
    """A second run changes nothing; edits made in the legacy database since come in alone."""
    with Imported(stage, database, "--layout", "g3", "--nasty", *SMALL) as it:
        it.run()
        before = state(it.world)
        again = it.run()
        require(state(it.world) == before, "the second run has changed something")
        require(again["versions"] == 0 and again["views"] == 0 and again["users"] == 0,
                "the second run says that it made something")
        e2e.check_kept(it.world, again)
        laptops = e2e.check_laptops(it.world, it.truth, it.numbers)
        had = set(version_ids(it.world))
        edit(it)
        later = it.run()
        new = set(version_ids(it.world)) - had
        require(later["versions"] == 2 and len(new) == 2, f"{len(new)} versions came, 2 expected")
        it.numbers = Numbers(it.truth)
        e2e.check_kept(it.world, later)
        e2e.check_store(it.world, it.truth)
        e2e.check_laptops(it.world, it.truth, it.numbers, laptops)
        return f"{len(laptops)} laptops before and after two legacy edits"


def edit(it):
    """A doctor saves a patient again, and another registers one of his own, as the old application
    would do; the expectation follows."""
    changed = it.rows(
        "SELECT a.id AS assignment, v.id AS version, r.usuario_id AS author, v.paciente_id, "
        "(SELECT max(version_number) FROM pacientes_pacienteversion w WHERE w.paciente_id = "
        "v.paciente_id) AS number FROM pacientes_pacienteusuarioversion a JOIN "
        "pacientes_paciente_usuarios r ON r.id = a.paciente_usuario_id JOIN "
        "pacientes_pacienteversion v ON v.id = a.version_id JOIN usuarios_usuario u ON "
        "u.id = r.usuario_id WHERE u.is_active AND NOT u.is_staff AND v.created_by_id = u.id "
        "AND u.email LIKE '%@exemplo.test' ORDER BY a.id LIMIT 1")[0]
    columns = COLUMNS
    copied = columns.replace("peso", "'88,5'")
    Cluster.sql(it.source, f"""
BEGIN;
INSERT INTO pacientes_pacienteversion ({columns}, created_at, version_number, change_summary,
  status, created_by_id, paciente_id)
  SELECT {copied}, now(), {changed['number'] + 1}, 'Depois', 'active', {changed['author']},
    paciente_id FROM pacientes_pacienteversion WHERE id = {changed['version']};
UPDATE pacientes_pacienteusuarioversion SET version_id = (SELECT max(id) FROM
  pacientes_pacienteversion) WHERE id = {changed['assignment']};
INSERT INTO pacientes_paciente (cpf_paciente, {columns}) SELECT '111.444.777-35', {columns}
  FROM pacientes_paciente WHERE id = {changed['paciente_id']};
INSERT INTO pacientes_pacienteversion ({columns}, created_at, version_number, change_summary,
  status, created_by_id, paciente_id)
  SELECT {columns}, now(), 1, 'Novo', 'active', {changed['author']},
    (SELECT max(id) FROM pacientes_paciente) FROM pacientes_pacienteversion
  WHERE id = {changed['version']};
INSERT INTO pacientes_paciente_usuarios (paciente_id, usuario_id) VALUES
  ((SELECT max(id) FROM pacientes_paciente), {changed['author']});
INSERT INTO pacientes_pacienteusuarioversion (assigned_at, paciente_usuario_id, version_id) VALUES
  (now(), (SELECT max(id) FROM pacientes_paciente_usuarios),
   (SELECT max(id) FROM pacientes_pacienteversion));
COMMIT;""")
    user = next(u for u in it.truth["users"].values() if u["id"] == changed["author"])
    key, master = next((k, m) for k, m in it.truth["masters"]["patients"].items()
                       if changed["paciente_id"] in m["ids"])
    first = user["patients"][key]
    number = max(master["numbers"]) + 1
    master["numbers"].append(number)
    master["versions"] += 1
    user["patients"]["11144477735"] = {"number": 1, "values": dict(first["values"])}
    user["patients"][key] = {"number": number, "values": {**first["values"], "peso": "88,5"}}
    it.truth["masters"]["patients"]["11144477735"] = {"ids": [], "versions": 1, "numbers": [1],
                                                      "users": 1}


def killed(stage, database):
    """kill -9 at every stage: nobody is let in, every record is there whole or not at all, and
    running again finishes."""
    options = ("--layout", "g3", "--nasty", "--users", "5", "--clinics", "3", "--patients", "3200",
               "--mean-versions", "2")
    with Imported(stage, database, *options) as it:
        versions = it.run("--dry-run")["versions"]
        deaths = 0
        for least in (0, 1, versions // 3, versions // 2, versions):
            deaths += kill_when(it, least)
            whole_or_absent(it)
            if it.world.importer("list")["items"][-1]["state"] == "finished":
                break
            nobody_let_in(it)
            it.world.server("verify")
        require(deaths >= 2, f"the importer was killed in the middle {deaths} times only")
        it.run()
        e2e.check_store(it.world, it.truth)
        laptops = e2e.check_laptops(it.world, it.truth, it.numbers)
        return f"killed {deaths} times, then {len(laptops)} laptops"


def nobody_let_in(it):
    """Accounts of a run that has not ended cannot be used, and no link is to be had for them."""
    accounts = e2e.accounts(it.world)
    require(not any(a["enabled"] for a in accounts.values()), "an account is open before the end")
    require(it.world.admin("enrollment", "new", "--all-pending")["count"] == 0,
            "there is a link before the end")
    for account in list(accounts.values())[:1]:
        told = it.world.admin("user", "enable", account["id"], exits=(7,))
        require("import" in told["error"]["message"], "the refusal does not tell of the import")


def half(stage, database):
    """A second run is killed at every stage: laptops that were here before see nothing of it until
    it ends; or it is taken back, and everything is as before."""
    options = ("--layout", "g3", "--users", "5", "--clinics", "3", "--patients", "2500",
               "--mean-versions", "3")
    with Imported(stage, database, *options) as it:
        it.run()
        key, user = busiest(it.truth)
        laptop = it.world.laptop(e2e.links_for_all(it.world, it.truth)[user["id"]])
        laptop.sync()
        before, seen = of_records(it.world), laptop.export()
        edit_everything(it)
        versions = it.run("--dry-run")["versions"]
        deaths = 0
        for stage_, least in (("begun", 0), ("some", 1), ("all", versions)):
            deaths += kill_when(it, least)
            done = laptop.sync()
            last = it.world.importer("list")["items"][-1]
            if last["state"] == "finished":  # what is killed may have told a server to end it
                break
            require(done["pulled"] == 0, f"{stage_}: {done['pulled']} versions were pulled")
            require(laptop.export() == seen, f"{stage_}: it changes what a laptop shows")
            it.world.server("verify")
        require(deaths >= 2, "the importer was never killed in the middle")
        if last["state"] == "finished":
            return f"killed {deaths} times, the last time too late"
        it.world.importer("rollback", str(last["id"]))
        left = set(of_records(it.world)) ^ set(before)
        require(not left, f"the rollback of a killed run has left {len(left)} rows: "
                          f"{sorted({line.split('(')[0][:60] for line in left})}")
        made = it.run()
        require(made["views"] > 0, "the second run brings nothing")
        laptop.sync()
        require(laptop.export() != seen, "the end of the run does not show")
        it.world.server("verify")
        return f"killed {deaths} times; then {made['versions']} versions, of {key} some"


def kill_when(it, versions):
    """Starts a run and kills it as soon as it has made that many; -> 1, or 0 if it was quicker."""
    words = it.world.import_words("run", "--from", it.source)
    with subprocess.Popen([str(w) for w in words], env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as running:
        wait_until(lambda: running.poll() is not None or has_made(it.world, versions),
                   "the run comes that far")
        running.send_signal(signal.SIGKILL)
        return int(running.wait() == -signal.SIGKILL)


def has_made(world, versions):
    """Whether a run that has not ended has made that many versions."""
    rows = world.rows("SELECT r.versions AS n FROM import_run r WHERE r.finished_at IS NULL AND "
                      "r.rolled_back_at IS NULL")
    return bool(rows) and rows[0]["n"] >= versions


def of_records(world):
    """Everything but runs, and what a laptop's and an administrator's session leave behind."""
    return [line for line in state(world)
            if not re.match(r'INSERT INTO \W*(public\.)?(device|session|spent_challenge)\b', line)]


def edit_everything(it):
    """Every user saves each of the own patients again, in the old application."""
    copied = COLUMNS.replace("peso", "'77,7'")
    Cluster.sql(it.source, f"""
BEGIN;
INSERT INTO pacientes_pacienteversion ({COLUMNS}, created_at, version_number, change_summary,
  status, created_by_id, paciente_id)
  SELECT {copied}, now(), 1000 + row_number() OVER (), 'Depois', 'active', r.usuario_id,
    v.paciente_id FROM pacientes_pacienteversion v JOIN pacientes_pacienteusuarioversion a ON
    a.version_id = v.id JOIN pacientes_paciente_usuarios r ON r.id = a.paciente_usuario_id;
UPDATE pacientes_pacienteusuarioversion a SET version_id = v.id FROM pacientes_pacienteversion v,
  pacientes_paciente_usuarios r WHERE r.id = a.paciente_usuario_id AND v.paciente_id =
  r.paciente_id AND v.created_by_id = r.usuario_id AND v.version_number > 1000;
COMMIT;""")


def whole_or_absent(it):
    """Every record that is there has all its versions and all its views."""
    wanted = {}
    for kind, section in (("patient", "patients"), ("clinic", "clinics")):
        for key, master in it.truth["masters"][section].items():
            views = sum(1 for user in it.truth["users"].values() if user[section].get(key))
            wanted[kind, key] = (master["versions"], views)
    for kind, section in (("process", "processes"), ("doctor", "doctors")):
        for key, record in it.truth["masters"][section].items():
            wanted[kind, key] = (record["versions"], record["users"])
    found = it.world.rows(
        "SELECT r.kind AS kind, r.natural_key AS key, (SELECT count(*) FROM version v WHERE "
        "v.record = r.pk) AS versions, (SELECT count(*) FROM view w WHERE w.record = r.pk AND "
        "w.open = 1) AS views FROM record r")
    for row in found:
        got = (row["versions"], row["views"])
        require(got == wanted[row["kind"], row["key"]],
                f"after a kill {row['kind']} {row['key']} has {got} versions and views")


def rollback(stage, database):
    """Taken back as if it had never been; the same ids the next time; not where it is in use."""
    with Imported(stage, database, "--layout", "g3", "--nasty", *SMALL) as it:
        world = it.world
        before = state(world)
        first = it.run()
        ids = version_ids(world)
        world.importer("rollback", str(first["run"]))
        require(state(world) == before, "the rollback has left something, or taken too much")
        again = it.run()
        require(version_ids(world) == ids, "the second import has other versions than the first")
        links = e2e.links_for_all(world, it.truth)
        key, user = busiest(it.truth)
        laptop = world.laptop(links[user["id"]])
        laptop.sync()
        imported = state(world)
        refused = world.importer("rollback", str(again["run"]), exits=(6,))
        require(refused["done"] is False and refused["blockers"], "the refusal names no blockers")
        require(state(world) == imported, "the refused rollback has changed something")
        world.importer("rollback", str(again["run"]), "--except-used")
        world.server("verify")
        laptop.sync()
        stored = {row["id"]: row["number"] for row in world.rows(e2e.RECORDS)}
        kept = laptop.export()
        check_laptop(key, user, kept, None, stored)
        others = world.rows("SELECT count(DISTINCT owner) AS n FROM view WHERE open = 1")[0]["n"]
        require(others == 1, f"{others} users see something, only one has used it")
        shown = world.importer("show", str(again["run"]))
        require("rolled_back" in json.dumps(shown), "`show` does not tell of the rollback")
        return f"{len(ids)} versions, twice the same"


def busiest(truth):
    """The active user who sees most."""
    return max(((k, u) for k, u in truth["users"].items() if u["active"]),
               key=lambda pair: sum(1 for e in pair[1]["patients"].values() if e))


def why(stage, database):
    """`record why` names the cause that the source has; `assign` repairs a missing access."""
    with Imported(stage, database, "--layout", "g3", "--nasty", *SMALL) as it:
        it.run()
        accounts, causes, seen, nothing = e2e.accounts(it.world), Causes(it), {}, None
        for user in it.truth["users"].values():
            if accounts[user["id"]]["role"] != 0:
                continue
            for key, entry in user["patients"].items():
                cause = causes.of(user, key, entry)
                if seen.get(cause, 0) >= 2:
                    continue
                seen[cause] = seen.get(cause, 0) + 1
                words = ("record", "why", "patient", key, "--user", accounts[user["id"]]["id"])
                told = it.world.admin(*words, exits=(0, 4))
                got = told.get("cause", told.get("error", {}).get("code"))
                require(got == cause, f"why: {got}, expected {cause} (user {user['id']}, {key})")
                if entry is None:
                    nothing = (user, key)
                elif cause != "drafts":
                    require("import run" in told["sentence"], f"why: {told['sentence']}")
        require(set(seen) >= {"imported_assignment", "imported_own", "not_found"}, f"only {seen}")
        user, key = nothing
        account = accounts[user["id"]]["id"]
        it.world.admin("assign", "patient", key, "1", "--user", account)
        told = it.world.admin("record", "why", "patient", key, "--user", account)
        require(told["cause"] == "assigned", f"why after assign: {told['cause']}")
        link = it.world.admin("enrollment", "new", account)["enrollment_link"]
        laptop = it.world.laptop(link)
        laptop.sync()
        require(laptop("patient", "show", key)["key"] == key, "the assigned record is not shown")
        return f"{seen}"


class Causes:
    """Why each user sees a patient, as the source has it."""

    def __init__(self, it):
        self.masters = it.truth["masters"]["patients"]
        self.assigned = {(row["user"], row["related"], row["master"]) for row in it.rows(
            'SELECT r.usuario_id AS "user", r.paciente_id AS related, v.paciente_id AS master '
            "FROM pacientes_paciente_usuarios r JOIN pacientes_pacienteusuarioversion a "
            "ON a.paciente_usuario_id = r.id JOIN pacientes_pacienteversion v "
            "ON v.id = a.version_id")}
        self.drafts = {row["id"] for row in it.rows(
            "SELECT id FROM pacientes_pacienteversion WHERE status = 'draft'")}

    def of(self, user, key, entry):
        if entry is None:
            return "not_found"
        if entry["legacy_version"] in self.drafts:
            return "drafts"
        ids = self.masters[key]["ids"]
        given = any((user["id"], one, other) in self.assigned for one in ids for other in ids)
        return "imported_assignment" if given else "imported_own"


def refused(stage, database):
    """Other databases: a sentence that says what was found, and nothing is written."""
    world = stage.world(database)
    try:
        world.start()
        before = world.dump()
        half = make_legacy(stage.cluster, stage.folder, "--layout", "g3", *SMALL)[0]
        Cluster.sql(half, "DROP TABLE pacientes_pacienteusuarioversion CASCADE")
        narrow = make_legacy(stage.cluster, stage.folder, "--layout", "g2", *SMALL)[0]
        Cluster.sql(narrow, "ALTER TABLE clinicas_clinicaversion DROP COLUMN change_summary")
        other = stage.cluster.create("outro")
        Cluster.sql(other, "CREATE TABLE customer (id int primary key, name text)")
        empty = stage.cluster.create("vazio")
        for name, url in (("half", half), ("narrow", narrow), ("other", other), ("empty", empty)):
            for command in ("check", "run"):
                done = run(world.import_words(command, "--from", url), exits=None)
                require(done.returncode != 0, f"{name}: {command} is not refused")
                message = json.loads(done.stdout).get("error", {}).get("message", "")
                require(len(message) > 30 and "--help" not in message,
                        f"{name}: {command} does not say what was found")
            require(world.dump() == before, f"{name}: something was written")
        good = make_legacy(stage.cluster, stage.folder, "--layout", "g0", *SMALL)[0]
        told = json.dumps(world.importer("check", "--from", good))
        require("g0" in told, f"check does not tell the layout: {told[:200]}")
        return "4 databases refused"
    finally:
        world.remove()


def shifting(stage, database):
    """A row-level policy shows other rows with each query: an end with a sentence, nothing that shows, and a later run
    as the owner goes on."""
    with Imported(stage, database, "--layout", "g3", *SMALL) as it:
        reader = f"leitor_{database}"
        tables = [t["tablename"] for t in it.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        Cluster.sql(it.source, f"CREATE ROLE {reader} LOGIN PASSWORD 'inventada'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader};"
                    + "".join(f'ALTER TABLE "{t}" ENABLE ROW LEVEL SECURITY;'
                              f'CREATE POLICY chance ON "{t}" TO {reader} USING (random() < 0.7);' for t in tables))
        url = re.sub("//[^/@]*@", f"//{reader}:inventada@", it.source)
        said = []
        for attempt in range(5):
            done = run(it.world.import_words("run", "--from", url), exits=None)
            require(done.returncode > 0, f"attempt {attempt} ended with {done.returncode}: {done.stderr[-500:]}")
            said.append(json.loads(done.stdout)["error"]["message"])
            require("row-level security" in said[-1], f"attempt {attempt} does not say what it found: {said[-1]}")
            it.world.server("verify")
        report = it.run()
        check_report(it.truth, report, it.numbers)
        it.world.server("verify")
        return f"{len(said)} attempts ended with a sentence"


ALL = {"dry_run": dry_run, "shifting": shifting, "twice": twice, "killed": killed, "half": half, "rollback": rollback,
       "why": why, "refused": refused}
__all__ = ["ALL", "Failed"]
