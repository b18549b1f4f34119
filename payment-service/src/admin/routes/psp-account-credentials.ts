import { isDeepStrictEqual } from 'node:util'
import { Type } from 'typebox'
import { askForOwnPayment } from '../../flows/ask-for-own-payment.ts'
import type { Finding, PspAccount } from '../../psp-gateway/port.ts'
import { pspNames } from '../../psp-gateway/registry.ts'
import { isRefusal, type Refusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import type { Transaction } from '../../store/pool.ts'
import { findSealedPspAccount, type PspAccountRow, replacePspAccountSettings } from '../../store/psp-accounts.ts'
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
import { type RolledSettings, refuseAnotherAccount, rollSettings, type SettingChanges } from '../roll-settings.ts'
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
 * with the new (docs/operating.md). Which account at the PSP it is stays: by its settings, and, where credentials alone
 * say it, by a payment that must be seen with the new ones.
 */
export function addPspAccountCredentialsRoute(app: App, deps: AdminDeps): void {
  app.post(
    '/admin/v1/merchants/:merchant/psp_accounts/:account/credentials',
    { schema, config: auditedRoute('psp_account.set_credentials', ':account') },
    async (request, reply) => {
      const { merchant, account } = request.params
      const row = await findSealedPspAccount(deps.pool, merchant, account)
      await deps.vault.learnKeysOf(row?.sealed ?? null)
      const rolled = rollAccount(deps, row, request.body)
      // Before the transaction: none is open while a PSP is called.
      const proof = isRefusal(rolled) ? null : await askForOwnPayment(deps, rolled.before, rolled.account)
      return act(deps, request, reply, async (tx) => {
        if (isRefusal(rolled)) return rolled
        if (proof === 'another') return refuse('parameter_invalid', { param: 'credentials', detail: notOurs })
        const { id, config, credentials } = rolled.account
        const sealed = deps.vault.seal(JSON.stringify(credentials), id)
        const was = await findUnchanged(deps, tx, rolled.row)
        const changed = was === null ? null : await replacePspAccountSettings(tx, was, { config, sealed })
        if (changed === null) return refuse('conflict', { detail: 'Somebody else has just changed it. Try again.' })
        const findings = proof === 'unknown' ? [...rolled.findings, notShown] : rolled.findings
        return {
          body: { ...showPspAccount(deps, changed), findings },
          details: { set: rolled.set.join(' '), removed: rolled.removed.join(' '), findings: findings.length },
        }
      })
    },
  )
}

/** The account as it is now; null when its settings are others. Sealed anew, as by a rotation of keys, they are the same. */
async function findUnchanged(deps: AdminDeps, tx: Transaction, before: Row): Promise<Row | null> {
  const now = await findSealedPspAccount(tx, before.merchantId, before.id)
  if (now === null || !isDeepStrictEqual(now.config, before.config)) return null
  await deps.vault.learnKeysOf(now.sealed)
  return deps.vault.open(now.sealed, now.id) === deps.vault.open(before.sealed, before.id) ? now : null
}

const notOurs =
  'With these the PSP does not show a payment that was made with this account: they are of another account there, or not valid.'
const notShown: Finding = {
  severity: 'warning',
  field: 'credentials',
  message: 'The PSP did not say whether they are of the same account there. Check the account.',
}

type Row = PspAccountRow & { sealed: Buffer }

/** What the account would be, if it may; with what it was. */
function rollAccount(
  deps: AdminDeps,
  row: Row | null,
  changes: SettingChanges,
): (RolledSettings & { row: Row; before: PspAccount }) | Refusal {
  const name = pspNames.find((one) => one === row?.psp)
  if (row === null || name === undefined) return refuse('resource_not_found')
  // Before its credentials are opened: a copied database may hold them under another encryption key.
  const unfit = refuseTestPsp(deps, name)
  if (unfit !== null) return unfit
  const { id, merchantId, config } = row
  const credentials: PspAccount['credentials'] = JSON.parse(deps.vault.open(row.sealed, id))
  const before: PspAccount = { id, merchantId, psp: name, name: row.name, config, credentials }
  const rolled = rollSettings(before, changes)
  if (isRefusal(rolled)) return rolled
  const psp = deps.psps[name]
  const another = refuseAnotherAccount(psp.identify(before), psp.identify(rolled.account))
  if (another !== null) return another
  const warnings = checkSettings(deps, rolled.account)
  return isRefusal(warnings) ? warnings : { ...rolled, row, before, findings: [...warnings, ...rolled.findings] }
}
