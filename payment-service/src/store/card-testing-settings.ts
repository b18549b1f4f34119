import { type CardTestingSettings, noSettings } from '../abuse/settings.ts'
import type { Queryable, Transaction } from './pool.ts'

/** Null `setBy`: nobody has set anything, and all is as in the table of rules. */
export type StoredSettings = { settings: CardTestingSettings; setBy: string | null; setAt: Date | null }

/** Primary key. */
export async function readCardTestingSettings(db: Queryable, merchantId: string): Promise<StoredSettings> {
  const { rows } = await db.query<StoredSettings>(
    'select settings, set_by as "setBy", set_at as "setAt" from card_testing_settings where merchant_id = $1',
    [merchantId],
  )
  return rows[0] ?? { settings: noSettings, setBy: null, setAt: null }
}

/** Replaces them as a whole. Primary key. */
export async function setCardTestingSettings(
  tx: Transaction,
  merchantId: string,
  settings: CardTestingSettings,
  setBy: string,
): Promise<StoredSettings> {
  const { rows } = await tx.query<StoredSettings>(
    `insert into card_testing_settings (merchant_id, settings, set_by) values ($1, $2, $3)
     on conflict (merchant_id) do update set settings = excluded.settings, set_by = excluded.set_by, set_at = now()
     returning settings, set_by as "setBy", set_at as "setAt"`,
    [merchantId, settings, setBy],
  )
  if (rows[0] === undefined) throw new Error('The settings were not returned')
  return rows[0]
}
