import { invalid } from '../errors.ts'
import { makeId, makeSecret } from '../ids.ts'
import { type Account, seconds, type World } from '../world.ts'

type AccountBody = {
  name?: string
  secret_key?: string
  publishable_key?: string
  webhook_secret?: string
  webhook_url?: string
  url?: string
  enabled_events?: string[]
  expires_in_s?: number
}

/** The forms of Stripe's keys in test mode; `rk_` is a restricted one. */
const forms: Partial<Record<keyof AccountBody, RegExp>> = {
  name: /^.{1,200}$/,
  secret_key: /^(?:sk|rk)_test_[A-Za-z0-9_]{8,200}$/,
  publishable_key: /^pk_test_[A-Za-z0-9_]{8,200}$/,
  webhook_secret: /^whsec_[A-Za-z0-9+/=_-]{8,200}$/,
  webhook_url: /^https?:\/\/[^\s]{1,2000}$/,
  url: /^https?:\/\/[^\s]{1,2000}$/,
}

/** Reads the body of an administrative call; throws the `Refusal` of a field that is malformed or unknown. */
export function readAccountBody(body: Record<string, unknown>): AccountBody {
  for (const [name, value] of Object.entries(body)) {
    const form = Object.hasOwn(forms, name) ? forms[name as keyof AccountBody] : undefined
    const fits =
      name === 'enabled_events'
        ? Array.isArray(value) && value.every((type) => typeof type === 'string')
        : name === 'expires_in_s'
          ? typeof value === 'number' && value >= 0
          : typeof value === 'string' && form?.test(value)
    if (!fits) throw invalid(`The field is unknown or malformed: ${name.slice(0, 40)}`, { param: name.slice(0, 40) })
  }
  return body as AccountBody
}

/** Makes an account with the keys that were given and new ones for the rest; the same secret key again is the same account. */
export function openAccount(world: World, body: AccountBody): Account {
  const secretKey = body.secret_key ?? `sk_test_${makeSecret(40)}`
  const known = world.accounts.get(secretKey)
  if (known) {
    if (body.webhook_url !== undefined) known.webhook.url = body.webhook_url
    return known
  }
  const publishableKey = body.publishable_key ?? `pk_test_${makeSecret(40)}`
  if ([...world.accounts.values()].some((account) => account.publishableKey === publishableKey))
    throw invalid('Another account has this publishable key.', { param: 'publishable_key' })
  const account: Account = {
    id: makeId('acct', 16),
    name: body.name ?? 'Stand-in merchant',
    created: seconds(world),
    secretKey,
    publishableKey,
    webhook: {
      id: makeId('we', 24),
      url: body.webhook_url ?? null,
      secrets: [{ secret: body.webhook_secret ?? `whsec_${makeSecret(32)}`, until: null }],
      enabledEvents: body.enabled_events ?? ['*'],
    },
    methods: new Map(),
    tokens: new Map(),
    intents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    sessions: new Map(),
    disputes: new Map(),
  }
  world.accounts.set(secretKey, account)
  return account
}

export function describeAccount({ id, name, secretKey, publishableKey, webhook }: Account) {
  return {
    id,
    name,
    secret_key: secretKey,
    publishable_key: publishableKey,
    webhook_secret: webhook.secrets[0]?.secret,
    webhook_url: webhook.url,
    enabled_events: webhook.enabledEvents,
  }
}
