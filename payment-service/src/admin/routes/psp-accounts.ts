import { Type } from 'typebox'
import { newId } from '../../ids.ts'
import type { PspAccount } from '../../psp-gateway/port.ts'
import { pspNames } from '../../psp-gateway/registry.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { isUsableAccount } from '../../store/environment.ts'
import { insertPspAccount, listPspAccounts, setPspAccountStatus } from '../../store/psp-accounts.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, listSchema } from '../lists.ts'
import {
  checkSettings,
  configValue,
  maxCredentialLength,
  mostSettings,
  otherEnvironment,
  refuseTestPsp,
  settingName,
} from '../psp-settings.ts'
import { describeRouting, readRoutingSettings, routingFields } from '../routing-settings.ts'
import { showPspAccount } from '../show-psp-account.ts'

const strict = { additionalProperties: false }
const bodySchema = Type.Object(
  {
    psp: Type.Enum([...pspNames]),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    config: Type.Record(settingName, configValue, { maxProperties: mostSettings.config, ...strict }),
    credentials: Type.Record(settingName, Type.String({ minLength: 1, maxLength: maxCredentialLength }), {
      minProperties: 1,
      maxProperties: mostSettings.credentials,
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
const changes = { disable: 'disabled', enable: 'active' } as const

export function addPspAccountRoutes(app: App, deps: AdminDeps): void {
  app.post(
    '/admin/v1/merchants/:merchant/psp_accounts',
    { schema: createSchema, config: auditedRoute('psp_account.create') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const { psp, config, credentials } = request.body
        if (!isUsableAccount(deps.config.environment, psp))
          return refuse('parameter_invalid', {
            param: 'psp',
            detail: 'The sandbox PSP moves no money. Production does not take it.',
          })
        const account: PspAccount = {
          id: newId('pspAccount'),
          merchantId: request.params.merchant,
          psp,
          name: request.body.name ?? psp,
          config,
          credentials,
        }
        const findings = checkSettings(deps, account)
        if (isRefusal(findings)) return findings
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
          const psp = pspNames.find((name) => name === row.psp)
          if (action === 'enable' && psp !== undefined) {
            const unfit = refuseTestPsp(deps, psp)
            if (unfit !== null) return unfit
            // An account of the other environment is not found.
            if ((await deps.directory.findPspAccount(row.id)) === null)
              return refuse('parameter_invalid', {
                param: 'account',
                detail: otherEnvironment[deps.config.environment],
              })
          }
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
