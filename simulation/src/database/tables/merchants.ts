import { makeUniqueIndex } from '../index.ts'
import { makeTable, type TableRules } from '../table.ts'
import { byId, check, inOrder, oneOf, toMerchant } from './rules.ts'

export type MerchantRecord = { merchant_id: string; name: string; created_at: Date }

const merchantRules: TableRules<MerchantRecord> = {
  name: 'merchants',
  primaryKey: (row) => row.merchant_id,
  nullable: [],
  checks: [check('merchants_name_check', ({ name }) => [...name].length >= 1 && [...name].length <= 200)],
  references: [],
}

export type PspAccountRecord = {
  merchant_id: string
  id: string
  psp: string
  name: string
  config: Record<string, unknown>
  credentials: Buffer
  status: 'active' | 'disabled'
  created_at: Date
}

const pspAccountRules: TableRules<PspAccountRecord> = {
  name: 'psp_accounts',
  primaryKey: byId,
  nullable: [],
  checks: inOrder([oneOf('psp_accounts', 'status', ['active', 'disabled'])]),
  references: [toMerchant('psp_accounts')],
}

export const makeMerchants = () => makeTable(merchantRules)

export function makePspAccounts() {
  const byItsId = makeUniqueIndex<PspAccountRecord>('psp_accounts_by_id', (row) => row.id)
  return { ...makeTable(pspAccountRules, { unique: [byItsId] }), byItsId }
}
