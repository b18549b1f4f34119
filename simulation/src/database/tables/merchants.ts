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
  priority: number
  share: number
  currencies: string[] | null
  card_brands: string[] | null
  raw_cards_confirmed_at: Date | null
  raw_cards_confirmed_by: string | null
  raw_cards_confirmation: string | null
}

const pspAccountRules: TableRules<PspAccountRecord> = {
  name: 'psp_accounts',
  primaryKey: byId,
  nullable: ['currencies', 'card_brands', 'raw_cards_confirmed_at', 'raw_cards_confirmed_by', 'raw_cards_confirmation'],
  checks: inOrder([
    oneOf('psp_accounts', 'status', ['active', 'disabled']),
    check('psp_accounts_priority_check', ({ priority }) => priority >= 1 && priority <= 1_000),
    check('psp_accounts_share_check', ({ share }) => share >= 1 && share <= 100),
    check('psp_accounts_currencies_check', ({ currencies }) => isListOf(currencies, /^[A-Z]{3}$/)),
    check('psp_accounts_card_brands_check', ({ card_brands }) => isListOf(card_brands, /^[a-z]+$/)),
    check('psp_accounts_raw_cards_confirmation_check', ({ raw_cards_confirmation: text }) => isShort(text)),
    check('psp_accounts_confirmation_is_whole', (row) => isNullAsOne(row)),
  ]),
  references: [toMerchant('psp_accounts')],
}

const isListOf = (list: string[] | null, form: RegExp) =>
  list === null || (list.length > 0 && list.every((text) => form.test(text)))
const isShort = (text: string | null) => text === null || ([...text].length >= 1 && [...text].length <= 500)
const isNullAsOne = (row: PspAccountRecord) =>
  new Set(
    [row.raw_cards_confirmed_at, row.raw_cards_confirmed_by, row.raw_cards_confirmation].map((one) => one === null),
  ).size === 1

export const makeMerchants = () => makeTable(merchantRules)

export function makePspAccounts() {
  const byItsId = makeUniqueIndex<PspAccountRecord>('psp_accounts_by_id', (row) => row.id)
  return { ...makeTable(pspAccountRules, { unique: [byItsId] }), byItsId }
}
