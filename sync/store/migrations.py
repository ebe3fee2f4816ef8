"""The store's schema, as it came to be: each step once, forward only, never edited after it shipped.

The tables spell out what `config.model` says of the objects; a test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

if TYPE_CHECKING:
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


STEPS = 4
"""How many steps there are here; a store that has more was made by a newer version."""
