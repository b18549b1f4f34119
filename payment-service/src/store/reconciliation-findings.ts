import type { DifferenceClass, FindingState } from '../payments/difference-classes.ts'
import type { MoneyKind } from '../psp-gateway/port.ts'
import type { Queryable } from './pool.ts'

/** A row of `reconciliation_findings`. Amounts in minor units. */
export type Finding = {
  merchantId: string
  id: string
  pspAccountId: string
  class: DifferenceClass
  kind: MoneyKind
  subject: string
  state: FindingState
  reference: string | null
  pspPayment: string | null
  chargeId: string | null
  pspAmount: bigint | null
  pspCurrency: string | null
  ownAmount: bigint | null
  ownCurrency: string | null
  detail: string | null
  books: 'list' | 'settlement_file'
  movedAt: Date
  runId: string
  firstSeenAt: Date
  lastSeenAt: Date
  closedAt: Date | null
  acceptedBy: string | null
  acceptedBecause: string | null
}
export type NewFinding = Omit<
  Finding,
  'state' | 'firstSeenAt' | 'lastSeenAt' | 'closedAt' | 'acceptedBy' | 'acceptedBecause'
> & { state: 'open' | 'repaired' }

const columns = `merchant_id as "merchantId", id, psp_account_id as "pspAccountId", class, kind, subject, state, reference,
  psp_payment as "pspPayment", charge_id as "chargeId", psp_amount as "pspAmount", psp_currency as "pspCurrency",
  own_amount as "ownAmount", own_currency as "ownCurrency", detail, books, moved_at as "movedAt", run_id as "runId",
  first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", closed_at as "closedAt", accepted_by as "acceptedBy",
  accepted_because as "acceptedBecause"`

const amountColumns = ['psp_amount', 'psp_currency', 'own_amount', 'own_currency']

/**
 * Keeps a difference, once however often it is found: a known one is only seen again, one that an operator accepted
 * stays accepted while its amounts and currencies are those that were accepted, and one that was closed and is back is open again. Index: reconciliation_findings_once.
 *
 * @returns the row, and whether it is news.
 */
export async function keepFinding(db: Queryable, finding: NewFinding): Promise<{ finding: Finding; isNews: boolean }> {
  const { rows } = await db.query<Finding & { was: Finding['state'] | null }>(
    `with known as (
       select state from reconciliation_findings
       where merchant_id = $1 and psp_account_id = $3 and class = $4 and kind = $5 and subject = $6)
     insert into reconciliation_findings as kept (merchant_id, id, psp_account_id, class, kind, subject, state, reference, psp_payment,
       charge_id, psp_amount, psp_currency, own_amount, own_currency, detail, books, moved_at, run_id, closed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, case when $7 = 'open' then null else now() end)
     on conflict (merchant_id, psp_account_id, class, kind, subject) do update set
       state = case when ${staysAccepted('kept', 'excluded')} then kept.state else excluded.state end,
       accepted_by = case when ${staysAccepted('kept', 'excluded')} then kept.accepted_by end,
       accepted_because = case when ${staysAccepted('kept', 'excluded')} then kept.accepted_because end,
       closed_at = case when ${staysAccepted('kept', 'excluded')} then kept.closed_at
         when excluded.state = 'open' then null else coalesce(kept.closed_at, excluded.closed_at) end,
       reference = excluded.reference, psp_payment = excluded.psp_payment, charge_id = excluded.charge_id,
       psp_amount = excluded.psp_amount, psp_currency = excluded.psp_currency, own_amount = excluded.own_amount,
       own_currency = excluded.own_currency, detail = excluded.detail, moved_at = excluded.moved_at, run_id = excluded.run_id,
       last_seen_at = now()
     returning ${columns}, (select state from known) as was`,
    [
      finding.merchantId,
      finding.id,
      finding.pspAccountId,
      finding.class,
      finding.kind,
      finding.subject,
      finding.state,
      finding.reference,
      finding.pspPayment,
      finding.chargeId,
      finding.pspAmount,
      finding.pspCurrency,
      finding.ownAmount,
      finding.ownCurrency,
      finding.detail,
      finding.books,
      finding.movedAt,
      finding.runId,
    ],
  )
  const [row] = rows
  if (row === undefined) throw new Error('The kept finding was not returned')
  const { was, ...kept } = row
  return { finding: kept, isNews: was !== kept.state }
}

/** An operator accepted these amounts and no others. Both are names of rows. */
function staysAccepted(known: string, found: string): string {
  const amounts = (row: string) => `(${amountColumns.map((column) => `${row}.${column}`).join(', ')})`
  return `(${known}.state = 'accepted' and ${amounts(known)} is not distinct from ${amounts(found)})`
}

/**
 * A difference that was found before, and whether it stays accepted if it is found with these amounts. Index:
 * reconciliation_findings_once.
 */
export async function findFinding(
  db: Queryable,
  account: { merchantId: string; id: string },
  difference: Pick<Finding, 'class' | 'kind' | 'subject' | 'pspAmount' | 'pspCurrency' | 'ownAmount' | 'ownCurrency'>,
): Promise<{ id: string; isAccepted: boolean } | null> {
  const { rows } = await db.query<{ id: string; isAccepted: boolean }>(
    `select id, ${staysAccepted('known', 'found')} as "isAccepted" from reconciliation_findings known,
       (values ($6::bigint, $7::text, $8::bigint, $9::text)) as found (${amountColumns.join(', ')})
     where merchant_id = $1 and psp_account_id = $2 and class = $3 and kind = $4 and subject = $5`,
    [
      account.merchantId,
      account.id,
      difference.class,
      difference.kind,
      difference.subject,
      difference.pspAmount,
      difference.pspCurrency,
      difference.ownAmount,
      difference.ownCurrency,
    ],
  )
  return rows[0] ?? null
}

/**
 * Closes the open differences of a time that was compared as a whole and that did not come up again: somebody, or the
 * PSP, has put them right. Index: reconciliation_findings_open.
 */
export async function closeVanished(
  db: Queryable,
  run: { merchantId: string; pspAccountId: string; id: string; books: Finding['books']; from: Date; to: Date },
): Promise<Finding[]> {
  const { rows } = await db.query<Finding>(
    `update reconciliation_findings set state = 'repaired', closed_at = now()
     where merchant_id = $1 and psp_account_id = $2 and state = 'open' and run_id <> $3 and books = $4
       and moved_at >= $5 and moved_at < $6
     returning ${columns}`,
    [run.merchantId, run.pspAccountId, run.id, run.books, run.from, run.to],
  )
  return rows
}

export type FindingFilter = {
  state: Finding['state'] | null
  class: string | null
  merchantId: string | null
  pspAccountId: string | null
}

/** The newest first. Index: reconciliation_findings_by_id. */
export async function listFindings(
  db: Queryable,
  filter: FindingFilter,
  page: { before: string | null; limit: number },
): Promise<Finding[]> {
  const { rows } = await db.query<Finding>(
    `select ${columns} from reconciliation_findings
     where ($1::text is null or state = $1) and ($2::text is null or class = $2) and ($3::text is null or merchant_id = $3)
       and ($4::text is null or psp_account_id = $4) and ($5::text is null or id < $5)
     order by id desc limit $6`,
    [filter.state, filter.class, filter.merchantId, filter.pspAccountId, page.before, page.limit],
  )
  return rows
}

/** Reads a finding and keeps it from changing until the transaction ends. Index: reconciliation_findings_by_id. */
export async function lockFinding(tx: Queryable, id: string): Promise<Finding | null> {
  const { rows } = await tx.query<Finding>(`select ${columns} from reconciliation_findings where id = $1 for update`, [
    id,
  ])
  return rows[0] ?? null
}

/** An operator has settled an open difference outside FinCore: it is no longer counted, however often it is found. */
export async function acceptFinding(tx: Queryable, finding: Finding, by: string, because: string): Promise<Finding> {
  const { rows } = await tx.query<Finding>(
    `update reconciliation_findings set state = 'accepted', closed_at = now(), accepted_by = $3, accepted_because = $4
     where merchant_id = $1 and id = $2 returning ${columns}`,
    [finding.merchantId, finding.id, by, because],
  )
  return rows[0] ?? finding
}
