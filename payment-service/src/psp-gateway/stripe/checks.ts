import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'
import { parseJson } from '../parse-json.ts'
import type { CheckFinding, Checks, PspReply } from '../port.ts'
import { readAccount } from './account.ts'
import { neededEvents } from './events.ts'
import { get, stripeVersion } from './request.ts'
import { wire } from './wire.ts'

type Reply = Extract<PspReply, { status: number }>

const maybe = <T extends import('typebox').TSchema>(schema: T) => Type.Optional(Type.Union([Type.Null(), schema]))
const Account = Type.Object({
  object: Type.Literal('account'),
  charges_enabled: Type.Boolean(),
  payouts_enabled: Type.Boolean(),
  business_profile: maybe(Type.Object({ name: maybe(Type.String()) })),
  settings: maybe(Type.Object({ dashboard: maybe(Type.Object({ display_name: maybe(Type.String()) })) })),
})
const Endpoint = Type.Object({
  object: Type.Literal('webhook_endpoint'),
  url: Type.String(),
  status: Type.String(),
  api_version: Type.Union([Type.Null(), Type.String()]),
  enabled_events: Type.Array(Type.String()),
})
const Endpoints = Type.Object({ object: Type.Literal('list'), has_more: Type.Boolean(), data: Type.Array(Endpoint) })
const isAccount = Schema.Compile(Account)
const isEndpoints = Schema.Compile(Endpoints)

/** More endpoints than this no account may have ("Webhooks": 16 in each mode). */
const mostEndpoints = 100

/**
 * What Stripe tells of an account. Whether raw cards are enabled it does not tell; 3-D Secure is part of every account
 * that takes cards.
 */
export const checks: Checks = {
  list(account, { webhookUrl, environment }) {
    const fits = readAccount(account).isLive === (environment === 'production')
    return [
      { name: 'account', request: get(account, '/v1/account', {}), read: readOwnAccount },
      {
        name: 'webhook endpoint',
        request: get(account, '/v1/webhook_endpoints', { limit: mostEndpoints }),
        read: (reply) => readEndpoints(reply, webhookUrl),
      },
      { name: 'mode', request: null, findings: [{ code: fits ? 'mode_fits' : 'mode_differs' }] },
      { name: '3-D Secure', request: null, findings: [{ code: 'three_d_secure_ready' }] },
    ]
  },
  ownPayment: {
    request(account, payment) {
      const path = ownPaths.find(([prefix]) => payment.startsWith(prefix))?.[1]
      return path === undefined ? null : get(account, `${path}/${encodeURIComponent(payment)}`, {})
    },
    read(payment, reply) {
      if ('failure' in reply) return 'unknown'
      const body = parseJson(reply.body)
      if (reply.status === 200) return wire.named.Check(body) && body.id === payment ? 'seen' : 'unknown'
      if (!wire.error.Check(body)) return 'unknown'
      const isMissing = reply.status === 404 && body.error.code === 'resource_missing'
      return isMissing || reply.status === 401 ? 'not_seen' : 'unknown'
    },
  },
}

/** What FinCore calls a payment at Stripe: a PaymentIntent, or the charge of a try on Checkout. */
const ownPaths = [
  ['pi_', '/v1/payment_intents'],
  ['ch_', '/v1/charges'],
] as const

function readOwnAccount(reply: Reply): CheckFinding[] {
  const body = parseJson(reply.body)
  if (reply.status !== 200 || !isAccount.Check(body)) return [readRefusal(reply, body)]
  const name = body.business_profile?.name || body.settings?.dashboard?.display_name
  return [
    { code: 'credentials_accepted' },
    { code: body.charges_enabled ? 'account_takes_payments' : 'account_takes_no_payments' },
    ...(body.payouts_enabled ? [] : [{ code: 'account_pays_nothing_out' } as const]),
    name
      ? { code: 'hosted_page_ready' }
      : { code: 'hosted_page_incomplete', detail: 'The account has no business name, which Checkout shows.' },
  ]
}

function readEndpoints(reply: Reply, webhookUrl: string): CheckFinding[] {
  const body = parseJson(reply.body)
  if (reply.status !== 200 || !isEndpoints.Check(body)) return [readRefusal(reply, body)]
  const ours = body.data.filter(({ url }) => url === webhookUrl)
  const endpoint = ours.find(({ status }) => status === 'enabled') ?? ours[0]
  if (endpoint !== undefined) return readEndpoint(endpoint)
  return [{ code: body.has_more ? 'webhook_endpoint_not_askable' : 'webhook_endpoint_missing' }]
}

function readEndpoint({ api_version, enabled_events, status }: Static<typeof Endpoint>): CheckFinding[] {
  if (status !== 'enabled') return [{ code: 'webhook_endpoint_disabled' }]
  const missing = enabled_events.includes('*') ? [] : neededEvents.filter((type) => !enabled_events.includes(type))
  const faults: CheckFinding[] = [
    ...(missing.length === 0 ? [] : [{ code: 'webhook_events_missing', detail: `${missing.join(', ')}.` } as const]),
    // Without a version of its own an endpoint sends in the account's.
    ...(api_version === stripeVersion ? [] : [{ code: 'webhook_version_differs' } as const]),
  ]
  return faults.length === 0 ? [{ code: 'webhook_endpoint_found' }] : faults
}

/** A restricted key need not have the right to read the set-up. */
function readRefusal({ status }: Reply, body: unknown): CheckFinding {
  if (!wire.error.Check(body)) return { code: 'reply_not_understood' }
  if (status === 401) return { code: 'credentials_refused' }
  return { code: status === 403 ? 'permission_not_given' : 'reply_not_understood' }
}
