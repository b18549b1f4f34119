import { createHmac, timingSafeEqual } from 'node:crypto'
import { maxTextLength, parseJson } from '../parse-json.ts'
import type { PspEvent, WebhookIntake } from '../port.ts'
import { isLive, readWebhookSecrets } from './account.ts'
import { readAbout } from './events.ts'
import { wire } from './wire.ts'

/** A signature is good for five minutes, either way, as in Stripe's own libraries: no recorded webhook is played back. */
const toleranceMs = 5 * 60_000

/** While a secret is being rolled, Stripe signs with the old and the new one. More than this is not from Stripe. */
const mostSignatures = 8

/** Webhooks as “Verify webhook signatures manually” describes them. */
export const webhooks: WebhookIntake = {
  verify(account, { body, headers, now }) {
    const refuse = (why: string) => ({ ok: false as const, why })
    const secrets = readWebhookSecrets(account)
    if (secrets.length === 0) return refuse('the account has no webhook secret')
    if (body.length > maxTextLength) return refuse('the body is too large')
    const signature = readSignature(headers['stripe-signature'])
    if (signature === null) return refuse('the signature is missing or malformed')
    const { seconds, candidates } = signature
    // Every candidate is compared with every secret, and each in constant time.
    const isSigned = secrets
      .map((secret) => createHmac('sha256', secret).update(`${seconds}.`).update(body).digest())
      .flatMap((expected) => candidates.map((candidate) => timingSafeEqual(candidate, expected)))
      .includes(true)
    if (!isSigned) return refuse('the signature is not right')
    if (Math.abs(now.getTime() - Number(seconds) * 1_000) > toleranceMs)
      return refuse('the signature is too old or too new')
    const event = parseJson(body.toString('utf8'))
    if (!wire.event.Check(event)) return refuse('the body is no event')
    // An endpoint for connected accounts is sent their events, and those of test mode too (“Connect webhooks”). They are
    // not about this account, and who owns a connected account writes into its metadata whatever they like.
    const isOwn = event.livemode === isLive(account) && !event.account
    const about: PspEvent['about'] | null = isOwn ? readAbout(event) : { kind: 'nothing' }
    return about === null
      ? refuse('the event lacks what its name promises')
      : { ok: true, events: [{ id: event.id, type: event.type, about }] }
  },
}

/** The header's form is `t=<Unix seconds>,v1=<hex>,v1=<hex>,v0=<hex>`: only `v1` is a signature to rely on. */
function readSignature(header: string | string[] | undefined): { seconds: string; candidates: Buffer[] } | null {
  if (typeof header !== 'string' || header.length > 2_000) return null
  const elements = header.split(',').map((element) => element.trim().split('='))
  const valuesOf = (scheme: string) => elements.filter(([name]) => name === scheme).map(([, value = '']) => value)
  const [seconds, ...others] = valuesOf('t')
  const listed = valuesOf('v1').filter((hex) => /^[0-9a-f]{64}$/.test(hex))
  if (seconds === undefined || others.length > 0 || !/^\d{1,12}$/.test(seconds)) return null
  if (listed.length === 0 || listed.length > mostSignatures) return null
  return { seconds, candidates: listed.map((hex) => Buffer.from(hex, 'hex')) }
}
