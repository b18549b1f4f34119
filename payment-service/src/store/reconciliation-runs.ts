import type { Queryable } from './pool.ts'

export type RunKind = 'window' | 'day' | 'command' | 'settlement_file'
export type RunCounts = { movements: number; records: number; repaired: number; leftOpen: number }

/** A run of the comparison, as operators see it. */
export type ReconciliationRun = RunCounts & {
  merchantId: string
  id: string
  pspAccountId: string
  kind: RunKind
  from: Date | null
  to: Date | null
  state: 'running' | 'finished' | 'failed'
  error: string | null
  startedAt: Date
  finishedAt: Date | null
}

/** Where an account's comparison stands, for whoever took its lease. */
export type ReconciliationAccount = {
  merchantId: string
  pspAccountId: string
  comparedUntil: Date | null
  /** `YYYY-MM-DD`, in UTC. */
  dayCompared: string | null
}

type Account = Pick<ReconciliationAccount, 'merchantId' | 'pspAccountId'>

const accountColumns = `merchant_id as "merchantId", psp_account_id as "pspAccountId", compared_until as "comparedUntil",
  day_compared::text as "dayCompared"`
const free = '(lease_until is null or lease_until <= $2)'

/** Gives every account of these PSPs that has none its row. */
export async function addReconciliationAccounts(db: Queryable, psps: readonly string[], runAt: Date): Promise<void> {
  await db.query(
    `insert into reconciliation_accounts (merchant_id, psp_account_id, next_run_at)
     select merchant_id, id, $2 from psp_accounts account
     where psp = any ($1) and not exists (select from reconciliation_accounts known
       where known.merchant_id = account.merchant_id and known.psp_account_id = account.id)
     on conflict do nothing`,
    [psps, runAt],
  )
}

/**
 * Takes the lease of an account that is due, if there is one; nobody else runs it meanwhile. Index:
 * reconciliation_accounts_due.
 */
export async function claimDueAccount(
  db: Queryable,
  runId: string,
  now: Date,
  leaseMs: number,
): Promise<ReconciliationAccount | null> {
  const { rows } = await db.query<ReconciliationAccount>(
    `update reconciliation_accounts set run_id = $1, lease_until = $2::timestamptz + make_interval(secs => $3::float / 1000)
     where (merchant_id, psp_account_id) in (
       select merchant_id, psp_account_id from reconciliation_accounts
       where next_run_at <= $2 and ${free} order by next_run_at limit 1 for update skip locked)
     returning ${accountColumns}`,
    [runId, now, leaseMs],
  )
  return rows[0] ?? null
}

/** Takes the lease of one account; null while another run has it. */
export async function claimAccount(
  db: Queryable,
  account: Account,
  runId: string,
  now: Date,
  leaseMs: number,
): Promise<ReconciliationAccount | null> {
  await db.query(
    `insert into reconciliation_accounts (merchant_id, psp_account_id, next_run_at) values ($1, $2, $3) on conflict do nothing`,
    [account.merchantId, account.pspAccountId, now],
  )
  const { rows } = await db.query<ReconciliationAccount>(
    `update reconciliation_accounts set run_id = $1, lease_until = $2::timestamptz + make_interval(secs => $3::float / 1000)
     where merchant_id = $4 and psp_account_id = $5 and ${free} returning ${accountColumns}`,
    [runId, now, leaseMs, account.merchantId, account.pspAccountId],
  )
  return rows[0] ?? null
}

/** Says that the run goes on; false when it has lost its lease, and must stop. */
export async function renewLease(
  db: Queryable,
  account: Account,
  runId: string,
  now: Date,
  leaseMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update reconciliation_accounts set lease_until = $4::timestamptz + make_interval(secs => $5::float / 1000)
     where merchant_id = $1 and psp_account_id = $2 and run_id = $3`,
    [account.merchantId, account.pspAccountId, runId, now, leaseMs],
  )
  return rowCount === 1
}

/** Gives the lease back, with what is done from now on and when the workers come again; null leaves what was. */
export async function releaseAccount(
  db: Queryable,
  account: Account,
  runId: string,
  next: { comparedUntil: Date | null; dayCompared: string | null; runAt: Date | null },
): Promise<void> {
  await db.query(
    `update reconciliation_accounts set run_id = null, lease_until = null, compared_until = coalesce($4, compared_until),
       day_compared = coalesce($5, day_compared), next_run_at = coalesce($6, next_run_at)
     where merchant_id = $1 and psp_account_id = $2 and run_id = $3`,
    [account.merchantId, account.pspAccountId, runId, next.comparedUntil, next.dayCompared, next.runAt],
  )
}

/** Begins a run. One of the account that still calls itself running has lost its process. Index: reconciliation_runs_running. */
export async function insertRun(
  db: Queryable,
  run: Pick<ReconciliationRun, 'merchantId' | 'id' | 'pspAccountId' | 'kind' | 'from' | 'to'>,
): Promise<void> {
  await db.query(
    `with gone as (
       update reconciliation_runs set state = 'failed', finished_at = now(), error = 'Its process is gone.'
       where merchant_id = $1 and psp_account_id = $3 and state = 'running')
     insert into reconciliation_runs (merchant_id, id, psp_account_id, kind, from_at, to_at) values ($1, $2, $3, $4, $5, $6)`,
    [run.merchantId, run.id, run.pspAccountId, run.kind, run.from, run.to],
  )
}

/** Ends a run, or notes how far it is. `from` and `to` become known late for a settlement file. */
export async function updateRun(
  db: Queryable,
  run: { merchantId: string; id: string },
  to: RunCounts & { state: 'running' | 'finished' | 'failed'; error?: string; from?: Date; to?: Date },
): Promise<void> {
  await db.query(
    `update reconciliation_runs set state = $3, error = $4, movements = $5, records = $6, repaired = $7, left_open = $8,
       from_at = coalesce($9, from_at), to_at = coalesce($10, to_at), finished_at = case when $3 = 'running' then null else now() end
     where merchant_id = $1 and id = $2 and state = 'running'`,
    [
      run.merchantId,
      run.id,
      to.state,
      to.error ?? null,
      to.movements,
      to.records,
      to.repaired,
      to.leftOpen,
      to.from ?? null,
      to.to ?? null,
    ],
  )
}

/** The newest first. Index: reconciliation_runs_by_id. */
export async function listRuns(
  db: Queryable,
  filter: { merchantId: string | null; pspAccountId: string | null; state: string | null },
  page: { before: string | null; limit: number },
): Promise<ReconciliationRun[]> {
  const { rows } = await db.query<ReconciliationRun>(
    `select merchant_id as "merchantId", id, psp_account_id as "pspAccountId", kind, from_at as "from", to_at as "to", state, error,
       movements, records, repaired, left_open as "leftOpen", started_at as "startedAt", finished_at as "finishedAt"
     from reconciliation_runs
     where ($1::text is null or merchant_id = $1) and ($2::text is null or psp_account_id = $2)
       and ($3::text is null or state = $3) and ($4::text is null or id < $4)
     order by id desc limit $5`,
    [filter.merchantId, filter.pspAccountId, filter.state, page.before, page.limit],
  )
  return rows
}
