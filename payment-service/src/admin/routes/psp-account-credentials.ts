import { Type } from 'typebox'
import type { PspAccount } from '../../psp-gateway/port.ts'
import { pspNames } from '../../psp-gateway/registry.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { lockSealedPspAccount, updatePspAccountSettings } from '../../store/psp-accounts.ts'
import { act, auditedRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import {
  checkSettings,
  configValue,
  maxCredentialLength,
  mostSettings,
  refuseTestPsp,
  settingName,
} from '../psp-settings.ts'
import { refuseAnotherAccount, rollSettings } from '../roll-settings.ts'
import { showPspAccount } from '../show-psp-account.ts'

const strict = { additionalProperties: false }
const schema = {
  params: Type.Object({ merchant: Type.String(), account: Type.String() }),
  body: Type.Object(
    {
      credentials: Type.Optional(
        Type.Record(settingName, Type.Union([Type.String({ maxLength: maxCredentialLength }), Type.Null()]), {
          minProperties: 1,
          maxProperties: mostSettings.credentials,
          ...strict,
        }),
      ),
      config: Type.Optional(
        Type.Record(settingName, Type.Union([configValue, Type.Null()]), {
          minProperties: 1,
          maxProperties: mostSettings.config,
          ...strict,
        }),
      ),
    },
    { minProperties: 1, ...strict },
  ),
}

/**
 * Changes an account's credentials in place, as when a key is rolled: payments that were made with the old ones go on
 * with the new (docs/operating.md). Which account at the PSP it is stays, as far as its adapter can tell.
 */
export function addPspAccountCredentialsRoute(app: App, deps: AdminDeps): void {
  app.post(
    '/admin/v1/merchants/:merchant/psp_accounts/:account/credentials',
    { schema, config: auditedRoute('psp_account.set_credentials', ':account') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const row = await lockSealedPspAccount(tx, request.params.merchant, request.params.account)
        const name = pspNames.find((one) => one === row?.psp)
        if (row === null || name === undefined) return refuse('resource_not_found')
        // Before its credentials are opened: a copied database may hold them under another encryption key.
        const unfit = refuseTestPsp(deps, name)
        if (unfit !== null) return unfit
        const credentials: PspAccount['credentials'] = JSON.parse(deps.vault.open(row.sealedCredentials, row.id))
        const before: PspAccount = { ...row, psp: name, credentials }
        const rolled = rollSettings(before, request.body)
        if (isRefusal(rolled)) return rolled
        const { account, set, removed } = rolled
        const psp = deps.psps[name]
        const another = refuseAnotherAccount(psp.identify(before), psp.identify(account))
        if (another !== null) return another
        const warnings = checkSettings(deps, account)
        if (isRefusal(warnings)) return warnings
        const changed = { ...row, config: { ...account.config } }
        await updatePspAccountSettings(tx, changed, deps.vault.seal(JSON.stringify(account.credentials), row.id))
        const findings = [...warnings, ...rolled.findings]
        return {
          body: { ...showPspAccount(deps, changed), findings },
          details: { set: set.join(' '), removed: removed.join(' '), findings: findings.length },
        }
      }),
  )
}
