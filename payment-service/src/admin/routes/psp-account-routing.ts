import { Type } from 'typebox'
import { isRefusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { confirmRawCards, lockPspAccount, updatePspAccount } from '../../store/psp-accounts.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, listSchema } from '../lists.ts'
import { describeRouting, readRoutingSettings, routingFields } from '../routing-settings.ts'
import { listHealth, showPspAccount } from '../show-psp-account.ts'

const strict = { additionalProperties: false }
const params = Type.Object({ merchant: Type.String(), account: Type.String() })
const accountPath = '/admin/v1/merchants/:merchant/psp_accounts/:account'
const changeSchema = {
  params,
  body: Type.Object(
    { name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })), ...routingFields },
    { ...strict, minProperties: 1 },
  ),
}
const confirmSchema = {
  params,
  body: Type.Object({ reference: Type.String({ minLength: 1, maxLength: 500 }) }, strict),
}
const withdrawSchema = { params, body: Type.Object({}, strict) }

/** Which payments an account takes (docs/routing.md), and how it does. */
export function addPspAccountRoutingRoutes(app: App, deps: AdminDeps): void {
  app.post(
    accountPath,
    { schema: changeSchema, config: auditedRoute('psp_account.change', ':account') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const settings = readRoutingSettings(request.body)
        if (isRefusal(settings)) return settings
        const account = await lockPspAccount(tx, request.params.merchant, request.params.account)
        if (account === null) return refuse('resource_not_found')
        const changed = { ...account, ...settings, name: request.body.name ?? account.name }
        await updatePspAccount(tx, changed)
        return { body: showPspAccount(deps, changed), details: describeRouting(changed) }
      }),
  )

  app.post(
    `${accountPath}/confirm_raw_cards`,
    { schema: confirmSchema, config: auditedRoute('psp_account.confirm_raw_cards', ':account') },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const { merchant, account } = request.params
        const { reference } = request.body
        const row = await confirmRawCards(tx, merchant, account, { at: deps.now(), by: operator, reference })
        if (row === null) return refuse('resource_not_found')
        const body = showPspAccount(deps, row)
        return body.raw_cards === null ? refuse('capability_not_supported') : { body, details: { reference } }
      }),
  )

  app.post(
    `${accountPath}/withdraw_raw_cards`,
    { schema: withdrawSchema, config: auditedRoute('psp_account.withdraw_raw_cards', ':account') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const row = await confirmRawCards(tx, request.params.merchant, request.params.account, null)
        return row === null ? refuse('resource_not_found') : { body: showPspAccount(deps, row) }
      }),
  )

  app.get('/admin/v1/psp_accounts/health', { schema: listSchema, config: readingRoute }, (request) =>
    listPage(
      request.query,
      async ({ before, limit }) => {
        const called = new Set([...deps.pspHealth.ours.list(), ...deps.pspHealth.relayed.list()])
        const newestFirst = [...called].sort().reverse()
        return newestFirst.filter((id) => before === null || id < before).slice(0, limit)
      },
      (id) => ({ object: 'psp_account_health', id, calls: listHealth(deps, id) }),
    ),
  )
}
