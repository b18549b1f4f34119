import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/**
 * Money is held by CHECKs as well as by code: captured is at most authorized, refunds at most captured.
 * No column can hold a card number; `outcome` names the magic card's row instead.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, secret_key_digest TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL UNIQUE,
    webhook_secret TEXT NOT NULL, webhook_url TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS checkout_sessions (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts, reference TEXT NOT NULL, secret TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('open', 'completed', 'expired', 'canceled')),
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, capture TEXT NOT NULL,
    return_url TEXT NOT NULL, cancel_url TEXT NOT NULL, locale TEXT, description TEXT, customer_email TEXT,
    line_items TEXT NOT NULL, expires_at INTEGER NOT NULL, created INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS checkout_sessions_by_reference ON checkout_sessions (account, reference);
  CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts, reference TEXT NOT NULL,
    session TEXT REFERENCES checkout_sessions,
    status TEXT NOT NULL CHECK (status IN
      ('late', 'authorized', 'captured', 'action_required', 'declined', 'canceled', 'abandoned', 'expired')),
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL,
    capture TEXT NOT NULL CHECK (capture IN ('automatic', 'manual')),
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    refunds_pending INTEGER NOT NULL DEFAULT 0 CHECK (refunds_pending >= 0),
    decline_code TEXT, challenge_secret TEXT UNIQUE, return_url TEXT, description TEXT,
    brand TEXT NOT NULL, first6 TEXT NOT NULL CHECK (length(first6) = 6), last4 TEXT NOT NULL CHECK (length(last4) = 4),
    expiry_month INTEGER NOT NULL, expiry_year INTEGER NOT NULL, outcome TEXT,
    created INTEGER NOT NULL, updated INTEGER NOT NULL,
    CHECK (refunded + refunds_pending <= captured)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS payments_by_reference ON payments (account, reference);
  CREATE INDEX IF NOT EXISTS payments_by_session ON payments (session);
  CREATE TABLE IF NOT EXISTS operations (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('capture', 'cancellation', 'refund')),
    account TEXT NOT NULL, payment TEXT NOT NULL REFERENCES payments, payment_reference TEXT NOT NULL, reference TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('succeeded', 'pending', 'failed')), failure_code TEXT, created INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS operations_by_reference ON operations (account, reference);
  CREATE TABLE IF NOT EXISTS movements (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, payment TEXT NOT NULL,
    reference TEXT NOT NULL, own_reference TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (kind, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS movements_by_reference ON movements (reference);
  CREATE INDEX IF NOT EXISTS movements_by_own_reference ON movements (own_reference);
  CREATE INDEX IF NOT EXISTS movements_by_time ON movements (account, at, seq);
  CREATE TABLE IF NOT EXISTS authorize_calls (
    account TEXT NOT NULL, reference TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (account, reference)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS idempotency_keys (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER, body TEXT, PRIMARY KEY (account, key)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS webhook_events (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS webhook_deliveries (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL REFERENCES webhook_events, account TEXT NOT NULL, due_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0, give_up_at INTEGER NOT NULL, last_status INTEGER, delivered_at INTEGER
  ) STRICT;
  CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_at);
`

/** The ledger's SQLite file. Every call is synchronous, so a transaction here is never interleaved with another. */
export type Ledger = {
  /** Runs `work` in one transaction; what it throws rolls everything back. */
  transaction<T>(work: () => T): T
  /** Rows come back as the row type that the caller names; the STRICT tables hold them to it. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[]
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | null
  run(sql: string, ...values: SQLInputValue[]): number
  close(): void
}

/** Opens or makes the ledger in a folder. `synchronous=FULL`: what was answered survives a power cut. */
export function openLedger(dataDir: string): Ledger {
  mkdirSync(dataDir, { recursive: true })
  const database = new DatabaseSync(join(dataDir, 'psp-sandbox.sqlite'))
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000')
  database.exec(schema)
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    const known = statements.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    transaction(work) {
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as Row[],
    get: <Row>(sql: string, ...values: SQLInputValue[]) => (prepare(sql).get(...values) as Row | undefined) ?? null,
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
    close: () => database.close(),
  }
}
