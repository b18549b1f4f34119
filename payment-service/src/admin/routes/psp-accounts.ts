import { type Static, Type } from 'typebox'
import { newId } from '../../ids.ts'
import type { PspAccount } from '../../psp-gateway/port.ts'
import { pspNames, testPsps } from '../../psp-gateway/registry.ts'
import { isRefusal, type Refusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { belongsToEnvironment, isUsableAccount } from '../../store/environment.ts'
import { insertPspAccount, listPspAccounts, setPspAccountStatus } from '../../store/psp-accounts.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, listSchema } from '../lists.ts'
import { describeRouting, readRoutingSettings, routingFields } from '../routing-settings.ts'
import { showPspAccount } from '../show-psp-account.ts'

const strict = { additionalProperties: false }
const settingName = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' })
const settingValue = Type.Union([Type.String({ maxLength: 2_048 }), Type.Number(), Type.Boolean()])
const bodySchema = Type.Object(
  {
    psp: Type.Enum([...pspNames]),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    config: Type.Record(settingName, settingValue, { maxProperties: 32, ...strict }),
    credentials: Type.Record(settingName, Type.String({ minLength: 1, maxLength: 8_192 }), {
      minProperties: 1,
      maxProperties: 16,
      ...strict,
    }),
    ...routingFields,
  },
  strict,
)
const createSchema = { params: Type.Object({ merchant: Type.String() }), body: bodySchema }
const changeSchema = {
  params: Type.Object({ merchant: Type.String(), account: Type.String() }),
  body: Type.Object({}, strict),
}
const otherEnvironment = {
  production:
    'This account moves no money: it has test keys, or is of a test environment. Production takes live ones only.',
  sandbox: 'This account moves money. The sandbox takes accounts of test mode only.',
} as const
const changes = { disable: 'disabled', enable: 'active' } as const

export function addPspAccountRoutes(app: App, deps: AdminDeps): void {
  app.post(
    '/admin/v1/merchants/:merchant/psp_accounts',
    { schema: createSchema, config: auditedRoute('psp_account.create') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const unfit = refuseTestAccount(deps, request.body)
        if (unfit !== null) return unfit
        const { psp, config, credentials } = request.body
        const account: PspAccount = {
          id: newId('pspAccount'),
          merchantId: request.params.merchant,
          psp,
          name: request.body.name ?? psp,
          config,
          credentials,
        }
        const findings = deps.psps[psp].preflight(account)
        const error = findings.find((finding) => finding.severity === 'error')
        if (error !== undefined) return refuse('parameter_invalid', { param: error.field, detail: error.message })
        if (!belongsToEnvironment(deps.config.environment, account))
          return refuse('parameter_invalid', { param: 'psp', detail: otherEnvironment[deps.config.environment] })
        const settings = readRoutingSettings(request.body)
        if (isRefusal(settings)) return settings
        const sealed = deps.vault.seal(JSON.stringify(credentials), account.id)
        const row = await insertPspAccount(tx, { ...account, config, ...settings }, sealed)
        return {
          status: 201,
          body: { ...showPspAccount(deps, row), findings },
          resource: row.id,
          details: { psp, findings: findings.length, ...describeRouting(row) },
        }
      }),
  )

  for (const action of Object.keys(changes) as (keyof typeof changes)[]) {
    const url = `/admin/v1/merchants/:merchant/psp_accounts/:account/${action}`
    app.post(
      url,
      { schema: changeSchema, config: auditedRoute(`psp_account.${action}`, ':account') },
      (request, reply) =>
        act(deps, request, reply, async (tx) => {
          const row = await setPspAccountStatus(tx, request.params.merchant, request.params.account, changes[action])
          if (row === null) return refuse('resource_not_found')
          const isTest = testPsps.some((psp) => psp === row.psp)
          if (action === 'enable' && isTest && deps.config.environment === 'production')
            return refuse('parameter_invalid', {
              param: 'account',
              detail:
                'This account is at a test PSP, which moves no money. Production does not use it; make another account.',
            })
          if (action === 'enable' && (await deps.directory.findPspAccount(row.id)) === null)
            return refuse('parameter_invalid', { param: 'account', detail: otherEnvironment[deps.config.environment] })
          return { body: showPspAccount(deps, row) }
        }),
    )
  }

  const listAccountsSchema = { ...listSchema, params: createSchema.params }
  app.get(
    '/admin/v1/merchants/:merchant/psp_accounts',
    { schema: listAccountsSchema, config: readingRoute },
    (request) =>
      listPage(
        request.query,
        (page) => listPspAccounts(deps.pool, request.params.merchant, page),
        (row) => showPspAccount(deps, row),
      ),
  )
}

/** Production takes no test money (PCI DSS 6.5.5, 6.5.6): neither the sandbox PSP nor another PSP's test keys. */
function refuseTestAccount(deps: AdminDeps, body: Static<typeof bodySchema>): Refusal | null {
  if (deps.config.environment !== 'production') return null
  if (!isUsableAccount(deps.config.environment, body.psp))
    return refuse('parameter_invalid', {
      param: 'psp',
      detail: 'The sandbox PSP moves no money. Production does not take it.',
    })
  const ownAddress = ['api_url', 'pages_url'].find((name) => Object.hasOwn(body.config, name))
  if (ownAddress !== undefined)
    return refuse('parameter_invalid', {
      param: `config.${ownAddress}`,
      detail: 'Only a stand-in of a PSP has an address of its own. Production calls the PSP itself.',
    })
  const testKey = Object.entries(body.credentials).find(([, value]) => /^[a-z]{2,4}_(test|sandbox)_/.test(value))
  if (testKey === undefined) return null
  return refuse('parameter_invalid', {
    param: `credentials.${testKey[0]}`,
    detail: 'This is a test key. Production takes live keys only.',
  })
}
