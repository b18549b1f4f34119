import { CommandFailure } from '../failures.ts'
import type { Door } from '../http-client.ts'
import { readList } from '../lists.ts'
import { checkAccount, type ShownCheck } from '../psp-check.ts'
import { type Finding, find } from './findings.ts'

type Merchant = { id: string; name: string }
type Account = { id: string; status: string }
type Grant = { id: string; status: string; valid_until: string }
type Key = { hint: string; id: string; revoked_at: string | null; ends_at: string | null }
export type MerchantCheck = { environment: string; merchant: string | undefined; asksPsps: boolean }

const dayMs = 86_400_000
const pspFindings = { warning: 'psp_account_warning', error: 'psp_account_wrong' } as const

/** Each merchant's accounts, keys and grants, one merchant after the other. */
export async function* checkMerchants(
  door: Door,
  options: MerchantCheck,
  onMerchant: (done: number, all: number) => void,
): AsyncGenerator<Finding> {
  const { rows } = await readList<Merchant>(door, '/admin/v1/merchants')
  const merchants = options.merchant === undefined ? rows : rows.filter(({ id }) => id === options.merchant)
  if (options.merchant !== undefined && merchants.length === 0)
    throw new CommandFailure(`There is no merchant ${options.merchant}.`)
  let areGrantsWell = true
  for (const [index, merchant] of merchants.entries()) {
    onMerchant(index + 1, merchants.length)
    yield* await checkAccounts(door, merchant, options)
    yield* await checkKeys(door, merchant, options.environment)
    const grants = await checkGrants(door, merchant)
    areGrantsWell &&= grants.length === 0
    yield* grants
  }
  if (areGrantsWell) yield find('grants_hold')
}

async function checkAccounts(door: Door, { id, name }: Merchant, { asksPsps }: MerchantCheck): Promise<Finding[]> {
  const { rows } = await readList<Account>(door, `/admin/v1/merchants/${id}/psp_accounts`)
  const active = rows.filter(({ status }) => status === 'active')
  if (active.length === 0) return [find('merchant_without_account', `${name}, ${id}`)]
  const findings: Finding[] = []
  for (const account of asksPsps ? active : []) {
    const where = `${name}, ${id}, ${account.id}`
    try {
      const check = await checkAccount(door, id, account.id)
      // Whoever answers there may be no PSP at all, so that nothing else was found wrong says nothing.
      const unread = check.findings.find(({ code }) => code === 'reply_not_understood')
      if (check.result === 'ok' && unread) findings.push(find('psp_account_unchecked', `${where}: ${unread.meaning}`))
      else if (check.result === 'ok') findings.push(find('psp_account_right', where))
      else findings.push(find(pspFindings[check.result], `${where}: ${describeWorst(check)}`))
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error
      findings.push(find('psp_account_unchecked', where))
    }
  }
  return findings
}

function describeWorst({ result, findings }: ShownCheck): string {
  return findings
    .filter((one) => one.result === result)
    .map(({ meaning }) => meaning)
    .join(' ')
}

async function checkKeys(door: Door, { id, name }: Merchant, environment: string): Promise<Finding[]> {
  const { rows } = await readList<Key>(door, `/admin/v1/merchants/${id}/api_keys`)
  const own = environment === 'production' ? 'live' : 'test'
  return rows
    .filter(({ revoked_at, ends_at }) => revoked_at === null && (ends_at === null || Date.parse(ends_at) > Date.now()))
    .filter(({ hint }) => hint.slice(3, 7) !== own)
    .map((key) => find('key_of_other_environment', `${name}, ${id}, ${key.id}`))
}

async function checkGrants(door: Door, { id, name }: Merchant): Promise<Finding[]> {
  const { rows } = await readList<Grant>(door, `/admin/v1/merchants/${id}/raw_card_grants`)
  return rows.flatMap(({ id: grant, status, valid_until }) => {
    const where = `${name}, ${id}, ${grant}`
    if (status === 'requested') return [find('grant_waits', where)]
    if (status === 'suspended') return [find('grant_suspended', where)]
    // It holds on its last day.
    const days = Math.floor((Date.parse(valid_until) + dayMs - Date.now()) / dayMs)
    if (status !== 'active' || days > 60) return []
    return [find(days > 7 ? 'grant_ends_soon' : 'grant_ends_now', `${where}: until ${valid_until}, ${days} days.`)]
  })
}
