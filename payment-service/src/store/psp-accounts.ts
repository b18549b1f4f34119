import type { Queryable } from './pool.ts'

/** How an account takes part in routing (payments/route.ts), as operators set it. */
export type RoutingSettings = {
  priority: number
  share: number
  currencies: string[] | null
  cardBrands: string[] | null
}

/** A PSP account as operators see it: without its credentials. */
export type PspAccountRow = RoutingSettings & {
  merchantId: string
  id: string
  psp: string
  name: string
  config: Record<string, unknown>
  status: 'active' | 'disabled'
  createdAt: Date
  /** That the PSP takes raw cards at this account; all three are null, or none. */
  rawCardsConfirmedAt: Date | null
  rawCardsConfirmedBy: string | null
  rawCardsConfirmation: string | null
}

const columns = `merchant_id as "merchantId", id, psp, name, config, status, created_at as "createdAt", priority, share, currencies,
  card_brands as "cardBrands", raw_cards_confirmed_at as "rawCardsConfirmedAt", raw_cards_confirmed_by as "rawCardsConfirmedBy",
  raw_cards_confirmation as "rawCardsConfirmation"`

/**
 * Without a priority it comes after the merchant's other accounts, so that a new one takes nothing from them by itself.
 *
 * @param sealedCredentials the credentials' JSON, encrypted for this account's id.
 */
export async function insertPspAccount(
  db: Queryable,
  account: Pick<PspAccountRow, 'merchantId' | 'id' | 'psp' | 'name' | 'config'> & Partial<RoutingSettings>,
  sealedCredentials: Buffer,
): Promise<PspAccountRow> {
  const { rows } = await db.query<PspAccountRow>(
    `insert into psp_accounts (merchant_id, id, psp, name, config, credentials, priority, share, currencies, card_brands)
     values ($1, $2, $3, $4, $5, $6,
       coalesce($7, least(1000, 1 + coalesce((select max(priority) from psp_accounts where merchant_id = $1), 0))), coalesce($8, 1), $9, $10)
     returning ${columns}`,
    [
      account.merchantId,
      account.id,
      account.psp,
      account.name,
      account.config,
      sealedCredentials,
      account.priority ?? null,
      account.share ?? null,
      account.currencies ?? null,
      account.cardBrands ?? null,
    ],
  )
  if (rows[0] === undefined) throw new Error('The inserted PSP account was not returned')
  return rows[0]
}

/** Null when there is no such account. */
export async function setPspAccountStatus(
  db: Queryable,
  merchantId: string,
  id: string,
  status: PspAccountRow['status'],
): Promise<PspAccountRow | null> {
  return readOne(db, `update psp_accounts set status = $3 where merchant_id = $1 and id = $2 returning ${columns}`, [
    merchantId,
    id,
    status,
  ])
}

/** Primary key. Null when there is no such account. */
export async function lockPspAccount(db: Queryable, merchantId: string, id: string): Promise<PspAccountRow | null> {
  return readOne(db, `select ${columns} from psp_accounts where merchant_id = $1 and id = $2 for update`, [
    merchantId,
    id,
  ])
}

/** Writes back a locked account: its name and how it takes part in routing. */
export async function updatePspAccount(db: Queryable, row: PspAccountRow): Promise<void> {
  await db.query(
    `update psp_accounts set name = $3, priority = $4, share = $5, currencies = $6, card_brands = $7
     where merchant_id = $1 and id = $2`,
    [row.merchantId, row.id, row.name, row.priority, row.share, row.currencies, row.cardBrands],
  )
}

/** With its credentials' JSON, encrypted for this account's id. Primary key. Null when there is no such account. */
export async function findSealedPspAccount(
  db: Queryable,
  merchantId: string,
  id: string,
): Promise<(PspAccountRow & { sealed: Buffer }) | null> {
  const { rows } = await db.query<PspAccountRow & { sealed: Buffer }>(
    `select ${columns}, credentials as sealed from psp_accounts where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/**
 * Replaces an account's settings, if nobody else has since they were read: every seal is another text, so the sealed
 * credentials tell. Null when somebody has.
 */
export async function replacePspAccountSettings(
  db: Queryable,
  was: { merchantId: string; id: string; sealed: Buffer },
  settings: { config: object; sealed: Buffer },
): Promise<PspAccountRow | null> {
  return readOne(
    db,
    `update psp_accounts set config = $4, credentials = $5
     where merchant_id = $1 and id = $2 and credentials = $3 returning ${columns}`,
    [was.merchantId, was.id, was.sealed, settings.config, settings.sealed],
  )
}

/**
 * Notes that the PSP takes raw cards at this account, or, with null, that it does so no more. Null when there is no such
 * account.
 */
export async function confirmRawCards(
  db: Queryable,
  merchantId: string,
  id: string,
  confirmed: { at: Date; by: string; reference: string } | null,
): Promise<PspAccountRow | null> {
  return readOne(
    db,
    `update psp_accounts set raw_cards_confirmed_at = $3, raw_cards_confirmed_by = $4, raw_cards_confirmation = $5
     where merchant_id = $1 and id = $2 returning ${columns}`,
    [merchantId, id, confirmed?.at ?? null, confirmed?.by ?? null, confirmed?.reference ?? null],
  )
}

async function readOne(db: Queryable, text: string, values: unknown[]): Promise<PspAccountRow | null> {
  const { rows } = await db.query<PspAccountRow>(text, values)
  return rows[0] ?? null
}

/** The newest first. Primary key. */
export async function listPspAccounts(
  db: Queryable,
  merchantId: string,
  page: { before: string | null; limit: number },
): Promise<PspAccountRow[]> {
  const { rows } = await db.query<PspAccountRow>(
    `select ${columns} from psp_accounts where merchant_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
    [merchantId, page.before, page.limit],
  )
  return rows
}
