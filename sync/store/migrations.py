"""The store's schema, as it came to be: each step once, forward only, never edited after it shipped.

The tables spell out what `config.model` says of the objects; a test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlite_utils import Database

migrations = Migrations("salesops")

_RECORD = "custom TEXT NOT NULL, modified_at TEXT NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (connection, id)"


@migrations()
def records(db: Database) -> None:
    """One table an object: a row is a CRM record as last read; `deleted` marks it, `custom` is a JSON object."""
    columns = {
        "user": "record_id TEXT, name TEXT, email TEXT, active INTEGER, team TEXT, role TEXT, manager_id TEXT,"
        " time_zone TEXT",
        "account": "name TEXT, owner_id TEXT, parent_id TEXT, industry TEXT, country TEXT, region TEXT,"
        " employees INTEGER, annual_revenue TEXT, created_at TEXT",
        "lead": "owner_id TEXT, status TEXT, source TEXT, created_at TEXT, converted INTEGER, converted_at TEXT,"
        " opportunity_id TEXT, account_id TEXT",
        "opportunity": "name TEXT, account_id TEXT, owner_id TEXT, stage TEXT, is_closed INTEGER, is_won INTEGER,"
        " amount TEXT, currency TEXT, close_date TEXT, type TEXT, source TEXT, created_at TEXT",
        "opportunity_history": "opportunity_id TEXT, stage TEXT, amount TEXT, close_date TEXT, at TEXT",
        "activity": "kind TEXT, owner_id TEXT, opportunity_id TEXT, account_id TEXT, lead_id TEXT, at TEXT,"
        " seconds INTEGER, outcome TEXT, direction TEXT, done INTEGER",
        "product": "name TEXT, family TEXT, code TEXT, active INTEGER",
        "line_item": "opportunity_id TEXT, product_id TEXT, quantity TEXT, amount TEXT",
    }
    for name, own in columns.items():
        db.execute(
            f"CREATE TABLE {name} (connection TEXT NOT NULL, id TEXT NOT NULL, {own}, {_RECORD}) STRICT, WITHOUT ROWID"
        )


@migrations()
def sync_state(db: Database) -> None:
    """Where each read stands, what the CRM's fields are, who holds the lease, and what ran."""
    for statement in (
        """
        CREATE TABLE cursor (
            connection TEXT NOT NULL, object TEXT NOT NULL, cursor TEXT NOT NULL, complete INTEGER NOT NULL,
            read_at TEXT NOT NULL, completed_at TEXT, PRIMARY KEY (connection, object)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE connection (
            name TEXT NOT NULL PRIMARY KEY, org TEXT, changed_at TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE crm_field (
            connection TEXT NOT NULL, object TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL,
            type TEXT NOT NULL, updateable INTEGER NOT NULL, decimals INTEGER, length INTEGER,
            PRIMARY KEY (connection, object, name)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE lease (
            name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, taken_at TEXT NOT NULL,
            expires_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY, command TEXT NOT NULL, connection TEXT NOT NULL, started_at TEXT NOT NULL,
            finished_at TEXT, as_of TEXT, status TEXT NOT NULL, message TEXT NOT NULL, detail TEXT NOT NULL
        ) STRICT
        """,
    ):
        db.execute(statement)


@migrations()
def results(db: Database) -> None:
    """The last computation of each connection: what it was of, and its tables."""
    for statement in (
        """
        CREATE TABLE computation (
            connection TEXT NOT NULL PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run, as_of TEXT NOT NULL,
            rules TEXT NOT NULL, computed_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE metric_value (
            connection TEXT NOT NULL, metric TEXT NOT NULL, grain TEXT NOT NULL, key TEXT NOT NULL,
            period TEXT NOT NULL, value TEXT, numerator TEXT, denominator TEXT,
            PRIMARY KEY (connection, metric, grain, key, period)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE attainment (
            connection TEXT NOT NULL, quota TEXT NOT NULL, user_id TEXT NOT NULL, period TEXT NOT NULL,
            credited TEXT NOT NULL, target TEXT NOT NULL, attainment TEXT,
            PRIMARY KEY (connection, quota, user_id, period)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE earning (
            connection TEXT NOT NULL, comp_plan TEXT NOT NULL, component TEXT NOT NULL, payee_id TEXT NOT NULL,
            period TEXT NOT NULL, opportunity_id TEXT NOT NULL, status TEXT NOT NULL, credit TEXT NOT NULL,
            amount TEXT NOT NULL,
            PRIMARY KEY (connection, comp_plan, component, payee_id, period, opportunity_id, status)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE note (
            connection TEXT NOT NULL, number INTEGER NOT NULL, severity TEXT NOT NULL, text TEXT NOT NULL,
            PRIMARY KEY (connection, number)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE territory (
            connection TEXT NOT NULL, account_id TEXT NOT NULL, territory TEXT,
            PRIMARY KEY (connection, account_id)
        ) STRICT, WITHOUT ROWID
        """,
    ):
        db.execute(statement)


@migrations()
def changes(db: Database) -> None:
    """Each line of each applied plan with what became of it, and the last value that we wrote to each field."""
    for statement in (
        """
        CREATE TABLE change (
            run_id INTEGER NOT NULL REFERENCES run, connection TEXT NOT NULL, object TEXT NOT NULL,
            record_id TEXT NOT NULL, field TEXT NOT NULL, before TEXT, after TEXT, reason TEXT NOT NULL,
            outcome TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (run_id, connection, object, record_id, field)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE written (
            connection TEXT NOT NULL, object TEXT NOT NULL, record_id TEXT NOT NULL, field TEXT NOT NULL,
            value TEXT, run_id INTEGER NOT NULL REFERENCES run, at TEXT NOT NULL,
            PRIMARY KEY (connection, object, record_id, field)
        ) STRICT, WITHOUT ROWID
        """,
    ):
        db.execute(statement)


@migrations()
def model(db: Database) -> None:
    """The objects and fields that came with the complete pull, and what a merged record was merged into.

    The model has territories of the CRM's now: ours, which are results, make room for them.
    """
    db.execute("ALTER TABLE territory RENAME TO assigned_territory")
    columns = {
        "user": "role_id TEXT, created_at TEXT",
        "account": "",
        "lead": "contact_id TEXT",
        "opportunity": "pipeline TEXT, probability TEXT, forecast_category TEXT, next_step TEXT",
        "opportunity_history": "",
        "activity": "contact_id TEXT, created_at TEXT",
        "product": "",
        "line_item": "unit_price TEXT, discount TEXT",
    }
    for name, own in columns.items():
        for column in [*filter(None, own.split(", ")), "merged_into TEXT"]:
            db.execute(f"ALTER TABLE {name} ADD COLUMN {column}")
    tables = {
        "role": "name TEXT, parent_id TEXT",
        "team": "name TEXT",
        "team_member": "team_id TEXT, user_id TEXT, main INTEGER",
        "contact": "account_id TEXT, owner_id TEXT, status TEXT, source TEXT, created_at TEXT",
        "field_history": "object TEXT, record_id TEXT, field TEXT, before TEXT, after TEXT, at TEXT, user_id TEXT",
        "opportunity_split": "opportunity_id TEXT, user_id TEXT, type TEXT, percent TEXT, amount TEXT",
        "opportunity_member": "opportunity_id TEXT, user_id TEXT, role TEXT",
        "quote": "opportunity_id TEXT, owner_id TEXT, status TEXT, amount TEXT, discount TEXT, currency TEXT,"
        " expires_on TEXT, created_at TEXT",
        "association": "from_object TEXT, from_id TEXT, to_object TEXT, to_id TEXT, label TEXT",
        "stage": "object TEXT, pipeline TEXT, name TEXT, position INTEGER, is_closed INTEGER, is_won INTEGER,"
        " probability TEXT, forecast_category TEXT, active INTEGER",
        "exchange_rate": "currency TEXT, to_currency TEXT, rate TEXT, from_date TEXT",
        "fiscal_period": "kind TEXT, name TEXT, number INTEGER, starts_on TEXT, ends_on TEXT",
        "territory": "name TEXT, parent_id TEXT, type TEXT, model TEXT, state TEXT",
        "territory_member": "territory_id TEXT, user_id TEXT, role TEXT",
        "territory_account": "territory_id TEXT, account_id TEXT, cause TEXT",
        "quota": "user_id TEXT, name TEXT, starts_on TEXT, ends_on TEXT, amount TEXT, quantity TEXT, currency TEXT",
    }
    for name, own in tables.items():
        db.execute(
            f"CREATE TABLE {name} (connection TEXT NOT NULL, id TEXT NOT NULL, {own}, merged_into TEXT, {_RECORD})"
            " STRICT, WITHOUT ROWID"
        )
    for name in (*columns, *tables):
        # Counts of a window of stamps and of live records are answered by this index alone.
        db.execute(f"CREATE INDEX {name}_stamp ON {name} (connection, modified_at, deleted)")
        db.execute(f"CREATE INDEX {name}_merged ON {name} (connection, merged_into) WHERE merged_into IS NOT NULL")
    db.execute("CREATE INDEX association_from ON association (connection, from_object, from_id)")
    db.execute("CREATE INDEX association_to ON association (connection, to_object, to_id)")
    db.execute("CREATE INDEX field_history_record ON field_history (connection, object, record_id)")


@migrations()
def sweeps(db: Database) -> None:
    """Where each stream stands and what each of its reads did; what was wrong, hidden or erased.

    A position counted by object tells nothing of a stream's: everything is read once more, into the same rows.
    """
    for statement in (
        "DROP TABLE cursor",
        """
        CREATE TABLE sweep (
            connection TEXT NOT NULL, stream TEXT NOT NULL, object TEXT NOT NULL, sweep TEXT NOT NULL,
            prefix TEXT NOT NULL, every_seconds INTEGER, cursor TEXT, complete INTEGER NOT NULL,
            comparing INTEGER NOT NULL, until TEXT, read_at TEXT, completed_at TEXT, PRIMARY KEY (connection, stream)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE brought (
            connection TEXT NOT NULL, stream TEXT NOT NULL, object TEXT NOT NULL,
            PRIMARY KEY (connection, stream, object)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE pull_log (
            id INTEGER PRIMARY KEY, run_id INTEGER REFERENCES run, connection TEXT NOT NULL, stream TEXT NOT NULL,
            object TEXT NOT NULL, sweep TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT NOT NULL,
            complete INTEGER NOT NULL, since TEXT, until TEXT, lag_seconds INTEGER, pages INTEGER NOT NULL,
            rows INTEGER NOT NULL, changed INTEGER NOT NULL, deleted INTEGER NOT NULL, calls INTEGER NOT NULL,
            quota_before INTEGER, quota_after INTEGER, quota_limit INTEGER, crm_count INTEGER, our_count INTEGER,
            problems INTEGER NOT NULL, gap TEXT NOT NULL, message TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX pull_log_stream ON pull_log (connection, stream, id)",
        """
        CREATE TABLE seen (
            connection TEXT NOT NULL, stream TEXT NOT NULL, id TEXT NOT NULL, stamp TEXT NOT NULL,
            PRIMARY KEY (connection, stream, id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE row_problem (
            connection TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL,
            PRIMARY KEY (connection, object, id, field)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE hidden_field (
            connection TEXT NOT NULL, object TEXT NOT NULL, crm_object TEXT NOT NULL, field TEXT NOT NULL,
            purpose TEXT NOT NULL, needed INTEGER NOT NULL, PRIMARY KEY (connection, object, crm_object, field)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE erased (
            connection TEXT NOT NULL, object TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (connection, object, digest)
        ) STRICT, WITHOUT ROWID
        """,
    ):
        db.execute(statement)


@migrations()
def observed(db: Database) -> None:
    """Our own history of the fields that decide credit and targets, where the CRM keeps none.

    `valid` is the CRM's stamp of the row that brought the change, empty where it moved none (a merge, a deletion that
    only an id list told); `known` is when we learned it.
    """
    db.execute(
        """
        CREATE TABLE observed_change (
            id INTEGER PRIMARY KEY, connection TEXT NOT NULL, object TEXT NOT NULL, record_id TEXT NOT NULL,
            field TEXT NOT NULL, before TEXT, after TEXT, valid TEXT, known TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE INDEX observed_change_record ON observed_change (connection, object, record_id)")
    for name, fields in _TRACKED.items():
        _observe(db, name, fields)


_TRACKED = {
    "opportunity": "owner_id stage amount currency close_date forecast_category account_id deleted",
    "account": "owner_id region industry",
    "lead": "owner_id status",
    "contact": "owner_id status",
    "user": "manager_id role role_id team active deleted",
    "team_member": "team_id user_id deleted",
    "territory_member": "territory_id user_id role deleted",
    "territory_account": "territory_id account_id deleted",
    "quota": "user_id starts_on ends_on amount quantity currency deleted",
    "opportunity_split": "user_id percent amount deleted",
}


def _observe(db: Database, name: str, fields: str, unless: str = "0") -> None:
    """Keep what changes in these fields of an object."""
    columns = fields.split()
    differs = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
    each = " UNION ALL ".join(
        f"SELECT '{column}' AS field, old.{column} AS before, new.{column} AS after" for column in columns
    )
    db.execute(
        f"""
        CREATE TRIGGER {name}_observed AFTER UPDATE OF {", ".join(columns)} ON {name} WHEN {differs}
        BEGIN
            INSERT INTO observed_change (connection, object, record_id, field, before, after, valid, known)
            SELECT new.connection, '{name}', new.id, field, before, after,
                   iif(old.modified_at IS new.modified_at, NULL, new.modified_at),
                   strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
            FROM ({each}) AS each WHERE before IS NOT after AND NOT {unless};
        END
        """
    )


@migrations()
def people(db: Database) -> None:
    """Which person each user is: the id of the same person is the same in every connection."""
    db.execute(
        """
        CREATE TABLE person (
            connection TEXT NOT NULL, user_id TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (connection, user_id)
        ) STRICT, WITHOUT ROWID
        """
    )


@migrations()
def clock(db: Database) -> None:
    """What the CRM's clock and ours showed when a pull began: ages are told by the CRM's."""
    for column in ("crm_clock", "our_clock"):
        db.execute(f"ALTER TABLE connection ADD COLUMN {column} TEXT")


@migrations()
def kept_apart(db: Database) -> None:
    """What the CRM shows and an erasure keeps away, and the references that lead elsewhere than they say."""
    for statement in (
        """
        CREATE TABLE withheld (
            connection TEXT NOT NULL, object TEXT NOT NULL, prefix TEXT NOT NULL, digest TEXT NOT NULL,
            PRIMARY KEY (connection, object, digest)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE diverted (
            connection TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL,
            target TEXT NOT NULL, loser TEXT NOT NULL, stamp TEXT NOT NULL,
            PRIMARY KEY (connection, object, id, field)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX diverted_loser ON diverted (connection, target, loser)",
    ):
        db.execute(statement)


@migrations()
def doubts(db: Database) -> None:
    """What a whole answer no longer named, too much of it to believe at once."""
    db.execute(
        """
        CREATE TABLE doubted (
            connection TEXT NOT NULL, stream TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL,
            PRIMARY KEY (connection, stream, object, id)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("ALTER TABLE pull_log ADD COLUMN vanished INTEGER NOT NULL DEFAULT 0")


@migrations()
def write_back(db: Database) -> None:
    """Every line of every applied plan, from the moment before it is sent; what we wrote last; what was refused.

    A line is known by its run, object, name and field, as `sync.plan.model.Change` has them; `outcome` is `sent` until
    its end is known, and `job` the bulk job that carries it. `written.created` is 1 where the record is one that we
    made. Of `refusal.attempts` so many as `busy` met a CRM that was only busy. `bulk_job.names` is a JSON list of the
    records it carries. While a `hold` stands, runs write nothing by those rules. `peak.total` is the largest sum of a
    field's values that we ever wrote, the measure of what a plan moves. `change_task` finds the tasks that we made.
    Amounts on a record are in its currency; `crm_field.options` is a JSON object of a field's choices,
    `automatic` is 1 where the CRM fills the field.
    """
    for name in ("user", "account", "contact", "lead"):
        db.execute(f"ALTER TABLE {name} ADD COLUMN currency TEXT")
    db.execute("ALTER TABLE crm_field ADD COLUMN options TEXT")
    db.execute("ALTER TABLE crm_field ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0")
    for statement in (
        "DROP TABLE change",
        "DROP TABLE written",
        """
        CREATE TABLE change (
            run_id INTEGER NOT NULL REFERENCES run, connection TEXT NOT NULL, object TEXT NOT NULL, key TEXT NOT NULL,
            name TEXT NOT NULL, field TEXT NOT NULL, record TEXT NOT NULL, action TEXT NOT NULL, before TEXT,
            after TEXT, reason TEXT NOT NULL, source TEXT NOT NULL, basis TEXT NOT NULL, attempt INTEGER NOT NULL,
            outcome TEXT NOT NULL, record_id TEXT NOT NULL, cause TEXT NOT NULL, code TEXT NOT NULL,
            message TEXT NOT NULL, job TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (run_id, object, name, field)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX change_sent ON change (connection, run_id) WHERE outcome = 'sent'",
        "CREATE INDEX change_task ON change (connection, record_id) WHERE object = 'task'",
        """
        CREATE TABLE written (
            connection TEXT NOT NULL, object TEXT NOT NULL, name TEXT NOT NULL, field TEXT NOT NULL,
            record_id TEXT NOT NULL, created INTEGER NOT NULL, value TEXT, basis TEXT NOT NULL,
            run_id INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (connection, object, name, field)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE refusal (
            connection TEXT NOT NULL, object TEXT NOT NULL, name TEXT NOT NULL, field TEXT NOT NULL, value TEXT,
            cause TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, attempts INTEGER NOT NULL,
            busy INTEGER NOT NULL, parked INTEGER NOT NULL, first_at TEXT NOT NULL, last_at TEXT NOT NULL,
            PRIMARY KEY (connection, object, name, field)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE bulk_job (
            connection TEXT NOT NULL, id TEXT NOT NULL, run_id INTEGER NOT NULL REFERENCES run, object TEXT NOT NULL,
            key TEXT NOT NULL, names TEXT NOT NULL, begun_at TEXT NOT NULL, ended_at TEXT,
            PRIMARY KEY (connection, id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE hold (
            connection TEXT NOT NULL PRIMARY KEY, rules TEXT NOT NULL, run_id INTEGER NOT NULL REFERENCES run,
            at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE peak (
            connection TEXT NOT NULL, object TEXT NOT NULL, field TEXT NOT NULL, total TEXT NOT NULL,
            PRIMARY KEY (connection, object, field)
        ) STRICT, WITHOUT ROWID
        """,
    ):
        db.execute(statement)


@migrations()
def metric_layer(db: Database) -> None:
    """Who created a record and why an opportunity was lost; our own history of whose activities and quotes are."""
    for name in ("account", "contact", "lead", "opportunity", "activity", "quote"):
        db.execute(f"ALTER TABLE {name} ADD COLUMN created_by_id TEXT")
    db.execute("ALTER TABLE opportunity ADD COLUMN lost_reason TEXT")
    _observe(db, "activity", "owner_id opportunity_id done")
    _observe(db, "quote", "owner_id status amount")


@migrations()
def snapshots(db: Database) -> None:
    """What was known on each day that was seen (`sync.store.snapshots`), and what keeps it as it is.

    While `erasing` has a row, the triggers let rows go.
    """
    kept = {
        "snapshot_opportunity": (
            "opportunity_id",
            "owner_id TEXT, stage TEXT, amount TEXT, currency TEXT, close_date TEXT",
        ),
        "snapshot_metric": ("metric, grain, key, period", "value TEXT, numerator TEXT, denominator TEXT"),
    }
    db.execute("CREATE TABLE erasing (one INTEGER NOT NULL PRIMARY KEY) STRICT")
    db.execute(
        """
        CREATE TABLE snapshot (
            connection TEXT NOT NULL, day TEXT NOT NULL, as_of TEXT NOT NULL, rules TEXT NOT NULL,
            run_id INTEGER NOT NULL, PRIMARY KEY (connection, day)
        ) STRICT, WITHOUT ROWID
        """
    )
    for table, (keys, said) in kept.items():
        db.execute(
            f"""
            CREATE TABLE {table} (
                connection TEXT NOT NULL, {keys.replace(",", " TEXT NOT NULL,")} TEXT NOT NULL, from_day TEXT NOT NULL,
                until_day TEXT, {said}, PRIMARY KEY (connection, {keys}, from_day)
            ) STRICT, WITHOUT ROWID
            """
        )
        db.execute(f"CREATE UNIQUE INDEX {table}_open ON {table} (connection, {keys}) WHERE until_day IS NULL")
        columns = ["connection", *keys.split(", "), "from_day", *(each.split()[0] for each in said.split(", "))]
        _keep(db, table, "INSERT", f"new.until_day IS NOT NULL OR new.from_day IS NOT {_NEWEST}")
        _keep(db, table, "UPDATE", _changes_past(columns))
        _keep(db, table, "DELETE", "1")
    _keep(
        db, "snapshot", "INSERT", "EXISTS (SELECT 1 FROM snapshot WHERE connection = new.connection AND day >= new.day)"
    )
    _keep(db, "snapshot", "UPDATE", "1")
    _keep(db, "snapshot", "DELETE", "1")


_NEWEST = "(SELECT max(day) FROM snapshot WHERE connection = new.connection)"


def _changes_past(columns: Sequence[str]) -> str:
    """Whether an update of a row does more than to end one that still holds, on the newest day."""
    differs = " OR ".join(f"new.{column} IS NOT old.{column}" for column in columns)
    return f"old.until_day IS NOT NULL OR new.until_day IS NOT {_NEWEST} OR {differs}"


def _keep(db: Database, table: str, event: str, when: str) -> None:
    """Refuse to change what a snapshot says, but for an erasure."""
    db.execute(
        f"""
        CREATE TRIGGER {table}_keep_{event.lower()} BEFORE {event} ON {table}
        WHEN NOT EXISTS (SELECT 1 FROM erasing) AND ({when})
        BEGIN
            SELECT RAISE(ABORT, 'a snapshot never changes');
        END
        """
    )


@migrations()
def metric_samples(db: Database) -> None:
    """How many numbers a metric's value is made of, and whether what it counts began in the middle of the period."""
    db.execute("ALTER TABLE metric_value ADD COLUMN sample TEXT")
    db.execute("ALTER TABLE metric_value ADD COLUMN partial INTEGER NOT NULL DEFAULT 0")


@migrations()
def partial_periods(db: Database) -> None:
    """The periods in the middle of which what a metric counts began, and the first complete one of their kind."""
    db.execute(
        """
        CREATE TABLE partial_period (
            connection TEXT NOT NULL,
            metric TEXT NOT NULL,
            period TEXT NOT NULL,
            begins TEXT NOT NULL,
            complete_from TEXT,
            PRIMARY KEY (connection, metric, period)
        ) STRICT, WITHOUT ROWID
        """
    )


@migrations()
def snapshot_samples(db: Database) -> None:
    """Of what was known of a metric, how many numbers it was made of, and whether the period was a partial one; empty
    in the snapshots from before."""
    db.execute("ALTER TABLE snapshot_metric ADD COLUMN sample TEXT")
    db.execute("ALTER TABLE snapshot_metric ADD COLUMN partial INTEGER")
    db.execute("DROP TRIGGER snapshot_metric_keep_update")
    keys, said = ("metric", "grain", "key", "period"), ("value", "numerator", "denominator", "sample", "partial")
    _keep(db, "snapshot_metric", "UPDATE", _changes_past(["connection", *keys, "from_day", *said]))


@migrations()
def mirror(db: Database) -> None:
    """Which rows the mirror of the facts holds (`sync.store.mirror`), and which of these were touched since.

    `files` tells of the files that hold a table's rows, as JSON, empty where there are none yet. The log grows only
    while the rows of a table are mirrored. `computation.made_of` is what the figures are made of, as JSON.
    """
    db.execute("ALTER TABLE computation ADD COLUMN made_of TEXT NOT NULL DEFAULT ''")
    for statement in (
        """
        CREATE TABLE mirrored (
            connection TEXT NOT NULL, name TEXT NOT NULL, files TEXT NOT NULL, PRIMARY KEY (connection, name)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE touched (
            number INTEGER PRIMARY KEY, connection TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL
        ) STRICT
        """,
    ):
        db.execute(statement)
    objects = (
        "user role team team_member account contact lead opportunity opportunity_history field_history"
        " opportunity_split opportunity_member quote line_item product activity association stage exchange_rate"
        " fiscal_period territory territory_member territory_account quota"
    )
    for name in objects.split():
        _log(db, name, name, "{row}.id")
    _log(db, "observed_change", "observed_change", "'observed-' || {row}.id")
    _log(db, "snapshot_opportunity", "pipeline_snapshot", "{row}.opportunity_id || '@' || {row}.from_day")
    _log(db, "snapshot", "snapshot_day", "{row}.day")
    # A task that we made is no activity: a line that tells of one, now or no more, touches it.
    for label, prefix in (("task", ""), ("kind_and_task", "task-")):
        of_task = "{row}.object = 'task' AND {row}.record_id <> ''"
        _log(db, "change", "activity", f"'{prefix}' || {{row}}.record_id", of_task, label)


def _log(db: Database, table: str, name: str, record: str, when: str = "1", label: str = "row") -> None:
    """Keep which rows of a table come, change and go, under the name that the mirror has for them."""
    for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("UPDATE", "old"), ("DELETE", "old")):
        if (event, row) == ("UPDATE", "old") and when == "1":  # the same name: rows keep their keys
            continue
        db.execute(
            f"""
            CREATE TRIGGER {table}_{label}_{event.lower()}_{row} AFTER {event} ON {table}
            WHEN {when.format(row=row)}
                AND EXISTS (SELECT 1 FROM mirrored WHERE connection = {row}.connection AND name = '{name}')
            BEGIN
                INSERT INTO touched (connection, name, id)
                VALUES ({row}.connection, '{name}', {record.format(row=row)});
            END
            """
        )


@migrations()
def pay(db: Database) -> None:
    """What comp plans make of the facts: credits, what measures come to, and earnings, which a transaction earns or
    none ("" there). Earnings from before are gone: they are computed again with the next run."""
    db.execute("DROP TABLE earning")
    for statement in (
        """
        CREATE TABLE credit (
            connection TEXT NOT NULL, comp_plan TEXT NOT NULL, credit TEXT NOT NULL, payee_id TEXT NOT NULL,
            period TEXT NOT NULL, day TEXT NOT NULL, source TEXT NOT NULL, transaction_id TEXT NOT NULL,
            opportunity_id TEXT, amount TEXT NOT NULL,
            PRIMARY KEY (connection, comp_plan, credit, payee_id, period, day, source, transaction_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE measure_value (
            connection TEXT NOT NULL, comp_plan TEXT NOT NULL, measure TEXT NOT NULL, payee_id TEXT NOT NULL,
            period TEXT NOT NULL, interval TEXT NOT NULL, value TEXT, target TEXT, attainment TEXT,
            "group" TEXT NOT NULL,
            PRIMARY KEY (connection, comp_plan, measure, payee_id, period, interval, "group")
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE earning (
            connection TEXT NOT NULL, comp_plan TEXT NOT NULL, component TEXT NOT NULL, payee_id TEXT NOT NULL,
            period TEXT NOT NULL, day TEXT NOT NULL, source TEXT NOT NULL, transaction_id TEXT NOT NULL,
            opportunity_id TEXT, status TEXT NOT NULL, credit TEXT NOT NULL, amount TEXT NOT NULL,
            PRIMARY KEY (connection, comp_plan, component, payee_id, period, day, source, transaction_id, status)
        ) STRICT, WITHOUT ROWID
        """,
    ):
        db.execute(statement)


@migrations()
def billing(db: Database) -> None:
    """What was billed and paid, imported from files."""
    tables = {
        "invoice": "account_id TEXT, opportunity_id TEXT, owner_id TEXT, product_id TEXT, number TEXT, amount TEXT,"
        " currency TEXT, issued_on TEXT, due_on TEXT, status TEXT",
        "payment": "invoice_id TEXT, account_id TEXT, opportunity_id TEXT, owner_id TEXT, amount TEXT, currency TEXT,"
        " paid_on TEXT, method TEXT",
    }
    for name, own in tables.items():
        db.execute(
            f"CREATE TABLE {name} (connection TEXT NOT NULL, id TEXT NOT NULL, {own}, merged_into TEXT, {_RECORD})"
            " STRICT, WITHOUT ROWID"
        )
        db.execute(f"CREATE INDEX {name}_stamp ON {name} (connection, modified_at, deleted)")
        db.execute(f"CREATE INDEX {name}_merged ON {name} (connection, merged_into) WHERE merged_into IS NOT NULL")
        _log(db, name, name, "{row}.id")


@migrations()
def pay_ledger(db: Database) -> None:
    """What was calculated to be paid, what was made of it, and what moved it on (`sync.store.ledger`); the tables stay
    when a connection is erased.

    A calculation is of one pay period (`starts_on` and `ends_on` are both in it), the first or the one after that of
    `before_id`, with whose entries the ledger ended. `digests` has those of its outputs by name, as JSON. Content lies
    in chunks by the digest of what they hold, compressed; `pay_part` says which make up an input or an output. Periods
    without a state are open. A disputed line is one of the entries of its period.
    """
    line = (
        "earned_in TEXT NOT NULL, day TEXT, source TEXT NOT NULL, transaction_id TEXT NOT NULL,"
        " opportunity_id TEXT NOT NULL"
    )
    tables = {
        "pay_calculation": """(
            id INTEGER PRIMARY KEY, connection TEXT NOT NULL, kind TEXT NOT NULL, period TEXT NOT NULL,
            starts_on TEXT NOT NULL, ends_on TEXT NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL,
            before_id INTEGER REFERENCES pay_calculation, as_of TEXT NOT NULL, program TEXT NOT NULL,
            rules TEXT NOT NULL, inputs TEXT NOT NULL, digests TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL,
            UNIQUE (connection, period, number)
        ) STRICT""",
        "pay_chunk": "(digest TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL, content BLOB NOT NULL) STRICT",
        "pay_part": """(
            calculation_id INTEGER NOT NULL REFERENCES pay_calculation, role TEXT NOT NULL, name TEXT NOT NULL,
            number INTEGER NOT NULL, digest TEXT NOT NULL REFERENCES pay_chunk,
            PRIMARY KEY (calculation_id, role, name, number)
        ) STRICT, WITHOUT ROWID""",
        "pay_entry": f"""(
            calculation_id INTEGER NOT NULL REFERENCES pay_calculation, period TEXT NOT NULL, posting INTEGER NOT NULL,
            payee_id TEXT NOT NULL, comp_plan TEXT NOT NULL, account TEXT NOT NULL, cause TEXT NOT NULL,
            unit TEXT NOT NULL, amount TEXT NOT NULL, part TEXT NOT NULL, {line},
            PRIMARY KEY (calculation_id, posting, account, unit)
        ) STRICT, WITHOUT ROWID""",
        "pay_state": """(
            id INTEGER PRIMARY KEY, connection TEXT NOT NULL, period TEXT NOT NULL, state TEXT NOT NULL,
            calculation_id INTEGER NOT NULL REFERENCES pay_calculation, author TEXT NOT NULL, at TEXT NOT NULL,
            reason TEXT NOT NULL, digest TEXT NOT NULL
        ) STRICT""",
        "pay_adjustment": f"""(
            connection TEXT NOT NULL, id TEXT NOT NULL, period TEXT NOT NULL, payee_id TEXT NOT NULL,
            comp_plan TEXT NOT NULL, amount TEXT NOT NULL, part TEXT NOT NULL, {line}, reason TEXT NOT NULL,
            author TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (connection, id)
        ) STRICT, WITHOUT ROWID""",
        "pay_dispute": f"""(
            connection TEXT NOT NULL, id TEXT NOT NULL, period TEXT NOT NULL, payee_id TEXT NOT NULL,
            comp_plan TEXT NOT NULL, part TEXT NOT NULL, {line}, reason TEXT NOT NULL, author TEXT NOT NULL,
            at TEXT NOT NULL, PRIMARY KEY (connection, id)
        ) STRICT, WITHOUT ROWID""",
        "pay_outcome": """(
            connection TEXT NOT NULL, dispute TEXT NOT NULL, outcome TEXT NOT NULL, adjustment TEXT NOT NULL,
            reason TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (connection, dispute),
            FOREIGN KEY (connection, dispute) REFERENCES pay_dispute
        ) STRICT, WITHOUT ROWID""",
    }
    for name, columns in tables.items():
        db.execute(f"CREATE TABLE {name} {columns}")
        _never(db, name, "UPDATE", "1")
    db.execute("CREATE INDEX pay_part_digest ON pay_part (digest)")
    db.execute("CREATE INDEX pay_state_period ON pay_state (connection, period)")
    db.execute("CREATE INDEX pay_state_calculation ON pay_state (calculation_id, state)")
    keys = {
        "pay_calculation": "id = new.id",
        "pay_state": "id = new.id",
        **dict.fromkeys(("pay_adjustment", "pay_dispute"), "connection = new.connection AND id = new.id"),
        "pay_outcome": "connection = new.connection AND dispute = new.dispute",
    }
    for name, key in keys.items():
        _never(db, name, "DELETE", "1")
        _never(db, name, "INSERT", f"EXISTS (SELECT 1 FROM {name} WHERE {key})", "replace")
    # What a calculation was made of stays; what came of it goes with the next one, unless a period was closed with it.
    for name, stays in (("pay_entry", "0"), ("pay_part", "old.role = 'input'")):
        _never(db, name, "DELETE", f"{stays} OR {_CLOSED}")
        _never(db, name, "INSERT", "EXISTS (SELECT 1 FROM pay_state WHERE calculation_id = new.calculation_id)")
    _never(db, "pay_chunk", "DELETE", "EXISTS (SELECT 1 FROM pay_part WHERE digest = old.digest)")
    db.execute(
        """
        CREATE TRIGGER pay_chunk_once BEFORE INSERT ON pay_chunk
        WHEN EXISTS (SELECT 1 FROM pay_chunk WHERE digest = new.digest)
        BEGIN
            SELECT RAISE(IGNORE);
        END
        """
    )
    moves = " OR ".join(f"(new.state = '{to}' AND {last} IN ({since}))" for to, since, last in _MOVES)
    same = f"new.state IN ('calculated', 'open') OR new.calculation_id = {_LAST.format('calculation_id', 'NULL')}"
    _never(db, "pay_state", "INSERT", f"NOT ({moves}) OR NOT ({same})", "move")
    movable = "('open', 'calculated')"
    _never(db, "pay_adjustment", "INSERT", f"{_LAST.format('state', _OPEN)} NOT IN {movable}", "settled")


def _never(db: Database, table: str, event: str, when: str, label: str = "") -> None:
    """Refuse what would change what is paid, or how it came to be."""
    db.execute(
        f"""
        CREATE TRIGGER {table}_never_{event.lower()}{label and f"_{label}"} BEFORE {event} ON {table}
        WHEN {when}
        BEGIN
            SELECT RAISE(ABORT, 'the ledger never changes');
        END
        """
    )


@migrations()
def sources(db: Database) -> None:
    """Which CRM fields fill which of ours. Rows that are read again because others fill it now tell of no change in the
    CRM; `stream` is one that has not been read to its end since."""
    for statement in (
        """
        CREATE TABLE field_source (
            connection TEXT NOT NULL, object TEXT NOT NULL, field TEXT NOT NULL, source TEXT NOT NULL,
            PRIMARY KEY (connection, object, field)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE source_changed (
            connection TEXT NOT NULL, object TEXT NOT NULL, field TEXT NOT NULL, stream TEXT NOT NULL,
            PRIMARY KEY (connection, object, field, stream)
        ) STRICT, WITHOUT ROWID
        """,
    ):
        db.execute(statement)
    for name, fields in _TRACKED.items():
        db.execute(f"DROP TRIGGER {name}_observed")
        its = f"connection = new.connection AND object = '{name}' AND field = each.field"
        _observe(db, name, fields, unless=f"EXISTS (SELECT 1 FROM source_changed WHERE {its})")


_CLOSED = "EXISTS (SELECT 1 FROM pay_state WHERE calculation_id = old.calculation_id AND state = 'closed')"

_OPEN = "'open'"

_LAST = (
    "coalesce((SELECT {} FROM pay_state WHERE connection = new.connection AND period = new.period"
    " ORDER BY id DESC LIMIT 1), {})"
)

_MOVES = [
    (to, ", ".join(f"'{state}'" for state in since.split()), _LAST.format("state", _OPEN))
    for to, since in (
        ("calculated", "open calculated"),
        ("reviewed", "calculated"),
        ("approved", "reviewed"),
        ("closed", "approved"),
        ("exported", "closed"),
        ("open", "calculated reviewed approved"),
    )
]
"""The states of a pay period: each with those that it may follow."""


STEPS = 22
"""How many steps there are here; a store that has more was made by a newer version."""
