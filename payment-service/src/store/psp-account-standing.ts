import type { Queryable } from './pool.ts'

/** What FinCore itself knows of how an account is set up. */
export type PspAccountStanding = {
  status: 'active' | 'disabled'
  /** A webhook of it has come, and its signature was right: only then is an event stored. */
  hasHeard: boolean
  /** An operator has confirmed that the PSP enabled raw cards. */
  takesRawCards: boolean
}

/** Null when there is no such account. Primary keys of both tables. */
export async function findPspAccountStanding(
  db: Queryable,
  account: { merchantId: string; id: string },
): Promise<PspAccountStanding | null> {
  const { rows } = await db.query<PspAccountStanding>(
    `select status, raw_cards_confirmed_at is not null as "takesRawCards",
       exists (select 1 from psp_events where merchant_id = $1 and psp_account_id = $2) as "hasHeard"
     from psp_accounts where merchant_id = $1 and id = $2`,
    [account.merchantId, account.id],
  )
  return rows[0] ?? null
}

/** The ids of all accounts in use, a merchant's together, the oldest first. Reads the whole table, which is small. */
export async function listActivePspAccountIds(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from psp_accounts where status = 'active' order by merchant_id, id`,
  )
  return rows.map(({ id }) => id)
}

/** The PSP's id of any payment that was made with the account; null when there is none. Index: charges_by_psp_reference. */
export async function findPaymentAtPsp(
  db: Queryable,
  account: { merchantId: string; id: string },
): Promise<string | null> {
  const { rows } = await db.query<{ reference: string }>(
    `select psp_reference as reference from charges
     where psp_account_id = $2 and psp_reference is not null and merchant_id = $1
     order by psp_reference desc limit 1`,
    [account.merchantId, account.id],
  )
  return rows[0]?.reference ?? null
}
