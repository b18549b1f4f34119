import { Type } from 'typebox'
import type { Finding, PspAccount, PspName } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { belongsToEnvironment, isUsableAccount } from '../store/environment.ts'
import type { AdminDeps } from './deps.ts'

/** How many settings an account has at most. */
export const mostSettings = { config: 32, credentials: 16 } as const

export const settingName = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' })
export const configValue = Type.Union([Type.String({ maxLength: 2_048 }), Type.Number(), Type.Boolean()])
export const maxCredentialLength = 8_192

/** Why an account does not belong to this environment. */
export const otherEnvironment = {
  production: 'This is a test account, which moves no money. Production takes live accounts only.',
  sandbox: 'This account moves money. The sandbox takes accounts of test mode only.',
} as const

/**
 * Whether an account may have these settings, when it is made and whenever they are changed.
 *
 * @returns what the adapter warns of; or the refusal that names the first field which cannot be right. Production takes
 * no test money (PCI DSS 6.5.5, 6.5.6): neither the sandbox PSP, nor another PSP's stand-in or test account.
 */
export function checkSettings(deps: Pick<AdminDeps, 'config' | 'psps'>, account: PspAccount): Finding[] | Refusal {
  const isProduction = deps.config.environment === 'production'
  const ownAddress = ['api_url', 'pages_url'].find((name) => Object.hasOwn(account.config, name))
  if (isProduction && ownAddress !== undefined)
    return refuse('parameter_invalid', {
      param: `config.${ownAddress}`,
      detail: 'Only a stand-in of a PSP has an address of its own. Production calls the PSP itself.',
    })
  const psp = deps.psps[account.psp]
  const findings = psp.preflight(account)
  const error = findings.find(({ severity }) => severity === 'error')
  if (error !== undefined) return refuse('parameter_invalid', { param: error.field, detail: error.message })
  if (belongsToEnvironment(deps.config.environment, account)) return findings
  return refuse('parameter_invalid', {
    param: psp.identify(account).mode.field,
    detail: otherEnvironment[deps.config.environment],
  })
}

/** Refuses to take an account at a test PSP into use in production; null where it may be used. */
export function refuseTestPsp({ config }: Pick<AdminDeps, 'config'>, psp: PspName): Refusal | null {
  if (isUsableAccount(config.environment, psp)) return null
  return refuse('parameter_invalid', {
    param: 'account',
    detail: 'This account is at a test PSP, which moves no money. Production does not use it; make another account.',
  })
}
