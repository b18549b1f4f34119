import type { Deps } from '../deps.ts'
import { isLoopbackHost } from '../loopback.ts'
import { type CheckCode, type CheckRow, checkCodes } from '../psp-gateway/check-codes.ts'
import type { Check, CheckFinding, Psp, PspAccount } from '../psp-gateway/port.ts'
import { findPspAccountStanding, type PspAccountStanding } from '../store/psp-account-standing.ts'

export type CheckedPspAccount = {
  account: Pick<PspAccount, 'id' | 'merchantId' | 'psp' | 'name'>
  /** The address that the PSP must know. */
  webhookUrl: string
  findings: (CheckRow & { code: CheckCode; detail: string | null })[]
}

type CheckDeps = Pick<Deps, 'config' | 'pool' | 'psps' | 'send'>

/**
 * Asks the PSP how an account is set up there, and adds what FinCore knows itself. Changes nothing at either, and never
 * throws for what the PSP answers. The calls go side by side; none takes longer than any other call to a PSP.
 */
export async function checkPspAccount(deps: CheckDeps, account: PspAccount): Promise<CheckedPspAccount> {
  const psp = deps.psps[account.psp]
  const webhookUrl = webhookUrlOf(deps.config, account.id)
  const settings = readSettings(psp, account)
  const isWrong = settings.some(({ code }) => code === 'setting_wrong')
  const standing = await findPspAccountStanding(deps.pool, account)
  const own = isWrong || standing === null ? [] : ownFindings(deps, psp, account, standing)
  // With a wrong setting there is no request to build.
  const asked = isWrong ? [] : await makeChecks(deps, psp, account, webhookUrl)
  const { id, merchantId, name } = account
  return {
    account: { id, merchantId, psp: account.psp, name },
    webhookUrl,
    findings: [...settings, ...asked, ...own].map(({ code, detail }) => ({
      code,
      ...checkCodes[code],
      detail: detail ?? null,
    })),
  }
}

/** Where an account's webhooks come in. */
export function webhookUrlOf({ publicUrl }: Pick<Deps['config'], 'publicUrl'>, accountId: string): string {
  return `${publicUrl}/v1/psp_webhooks/${accountId}`
}

function readSettings(psp: Psp, account: PspAccount): CheckFinding[] {
  const findings = psp.preflight(account).map(
    ({ severity, field, message }): CheckFinding => ({
      code: severity === 'error' ? 'setting_wrong' : 'setting_doubtful',
      detail: `${field}: ${message}`,
    }),
  )
  return findings.some(({ code }) => code === 'setting_wrong') ? findings : [{ code: 'settings_fit' }, ...findings]
}

async function makeChecks(
  { config, send }: CheckDeps,
  psp: Psp,
  account: PspAccount,
  webhookUrl: string,
): Promise<CheckFinding[]> {
  const checks = psp.checks?.list(account, { webhookUrl, environment: config.environment }) ?? []
  const ask = async (check: Check): Promise<CheckFinding[]> => {
    if (check.request === null) return check.findings
    const reply = await send(check.request, config.pspTimeoutMs)
    if ('failure' in reply) return [{ code: 'psp_not_reached', detail: `Asked for ${check.name}: ${reply.failure}.` }]
    if (reply.status >= 500)
      return [{ code: 'psp_not_reached', detail: `Asked for ${check.name}: the PSP answered ${reply.status}.` }]
    return check.read(reply)
  }
  return (await Promise.all(checks.map(ask))).flat()
}

/** What no PSP can tell: what is set in FinCore, and what has already come. */
function ownFindings(
  { config }: CheckDeps,
  psp: Psp,
  account: PspAccount,
  { status, hasHeard, takesRawCards }: PspAccountStanding,
): CheckFinding[] {
  // A stand-in of a PSP runs on this machine, and so reaches it.
  const isElsewhere = psp.isTest !== true && account.config.api_url === undefined
  return [
    ...(status === 'disabled' ? [{ code: 'account_disabled' } as const] : []),
    ...(isElsewhere && isLoopbackHost(new URL(config.publicUrl).hostname)
      ? [{ code: 'webhook_address_is_private' } as const]
      : []),
    { code: hasHeard ? 'webhook_secret_proven' : 'webhook_secret_unproven' },
    ...rawCardFindings(psp, takesRawCards),
  ]
}

function rawCardFindings({ rawCards }: Psp, isConfirmed: boolean): CheckFinding[] {
  if (rawCards === undefined) return [{ code: 'raw_cards_not_offered' }]
  if (!rawCards.needsConfirmation) return []
  return [{ code: isConfirmed ? 'raw_cards_confirmed' : 'raw_cards_unconfirmed' }]
}
