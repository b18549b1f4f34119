import { printable, toJson } from '../printable.ts'
import { describeCheck, type showCheck } from '../psp-check/report.ts'
import type { Ending } from './exit-codes.ts'
import { call, type Door } from './http-client.ts'
import { readList } from './lists.ts'
import { note, type Surroundings, say } from './surroundings.ts'

export type ShownCheck = ReturnType<typeof showCheck>
type Account = { id: string; name: string; status: string }

/** A PSP may take its whole time for each of several questions. */
const timeoutMs = 120_000

/** Has the admin API check a merchant's accounts, one after the other, and tells each as soon as it is checked. */
export async function checkThroughAdmin(
  io: Surroundings,
  door: Door,
  merchant: string,
  { account, json }: { account: string | undefined; json: boolean },
): Promise<Ending> {
  const { rows } = await readList<Account>(door, `/admin/v1/merchants/${merchant}/psp_accounts`)
  const checked = rows.filter(({ id, status }) => (account === undefined ? status === 'active' : id === account))
  if (checked.length === 0) {
    note(io, account === undefined ? 'The merchant has no account in use.' : `The merchant has no account ${account}.`)
    return 'failed'
  }
  let ending: Ending = 'done'
  for (const { id, name } of checked) {
    const shown = await checkAccount(door, merchant, id)
    say(io, json ? toJson(shown) : `${describeCheck(readBack(shown, name))}\n`)
    if (shown.result === 'error') ending = 'found'
  }
  return ending
}

export function checkAccount(door: Door, merchant: string, account: string): Promise<ShownCheck> {
  const path = `/admin/v1/merchants/${merchant}/psp_accounts/${account}/check`
  return call<ShownCheck>(door, 'POST', path, { body: {}, timeoutMs })
}

/** The answer in the form from which the report for people is made. */
function readBack(shown: ShownCheck, name: string): Parameters<typeof describeCheck>[0] {
  const { psp_account: id, merchant: merchantId, psp, webhook_url: webhookUrl, findings } = shown
  return { account: { id, merchantId, psp, name: printable(name) }, webhookUrl, findings }
}
