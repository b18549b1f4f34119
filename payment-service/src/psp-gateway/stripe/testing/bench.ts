import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { startStripeStandIn } from '@fincore/psp-stand-ins/stripe/stand-in'
import { testCardNumber } from '@fincore/psp-stand-ins/stripe/test-cards'
import { signWebhook } from '@fincore/psp-stand-ins/stripe/webhooks/signature'
import type { Bench, Movement, TestCard } from '../../conformance/bench.ts'
import { startInbox } from '../../conformance/inbox.ts'
import { replaceTexts } from '../../conformance/rewriting.ts'
import type { PspAccount } from '../../port.ts'
import { makeTls } from '../../testing/tls-server.ts'
import { encodeForm } from '../form.ts'
import { stripeVersion } from '../request.ts'

const adminToken = 'admin-token-of-the-tests'

/** Stripe's test cards that are declined, with FinCore's word for each. */
const declines: [card: string, code: DeclineCode][] = [
  ['generic_decline', 'card_declined'],
  ['insufficient_funds', 'insufficient_funds'],
  ['lost_card', 'lost_card'],
  ['stolen_card', 'stolen_card'],
  ['expired_card', 'expired_card'],
  ['incorrect_cvc', 'incorrect_cvc'],
  ['processing_error', 'processing_error'],
  ['card_velocity_exceeded', 'limit_exceeded'],
  ['always_blocked', 'suspected_fraud'],
]
const faults = ['timeout_before', 'timeout_after', 'reset_after', 'server_error_after', 'garbled_reply', 'slow_reply']

/** What Stripe says of a request whose form is right. For a PaymentMethod that was used before it has no code. */
function refusedForItsState({ code, param }: { code?: string; param?: string }): boolean {
  return code === undefined
    ? param === 'payment_method'
    : /^(resource_missing|payment_intent_unexpected_state)$/.test(code)
}

type Account = { secret_key: string; publishable_key: string; webhook_secret: string }

/** The strict stand-in for Stripe in this process, over TLS, with short waits, and a place where its webhooks arrive. */
export async function openStripeBench(): Promise<Bench & { rollWebhookSecret(): Promise<string> }> {
  const { tls, sender } = await makeTls()
  const standIn = await startStripeStandIn({
    tls,
    adminToken,
    timings: { holdMs: 3_000, slowReplyMs: 2_500, webhookDelayMs: 5, refundChangeMs: 100, searchLagMs: 400 },
  })
  const inbox = await startInbox()

  const call = async <T>(method: 'GET' | 'POST', path: string, body: object | null): Promise<T> => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const request = { method, url: `${standIn.apiUrl}/_stand_in${path}`, headers, body: body && JSON.stringify(body) }
    const reply = await sender.send(request, 5_000)
    if ('failure' in reply || reply.status >= 300) throw new Error(`the stand-in refused ${path}`)
    return JSON.parse(reply.body) as T
  }
  const keys = await call<Account>('POST', '/accounts', { name: 'Blue Bottle Books', webhook_url: inbox.url })
  const strangersKeys = await call<Account>('POST', '/accounts', { name: 'A stranger' })
  const credentialsOf = ({ secret_key, publishable_key, webhook_secret }: Account) => ({
    secret_key,
    publishable_key,
    webhook_secret,
  })
  const account: PspAccount = {
    id: 'pspa_test',
    merchantId: 'mer_test',
    psp: 'stripe',
    name: 'Stripe',
    config: { api_url: standIn.apiUrl, pages_url: standIn.pagesUrl },
    credentials: credentialsOf(keys),
  }
  const post = (url: string, fields: Record<string, string>) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })

  return {
    account,
    strangersAccount: {
      ...account,
      credentials: { ...credentialsOf(strangersKeys), secret_key: `sk_test_${'nobody'.repeat(6)}` },
    },
    // Shorter than the stand-in's slow and held replies, and long enough for a busy machine's honest ones.
    send: (request) => sender.send(request, 1_500),
    cards: {
      approves: cardNamed('visa'),
      'needs the shopper': cardNamed('three_d_secure_required'),
      'has its refund pending': cardNamed('refund_pending'),
    },
    unknown: { token: 'pm_unknown', payment: 'pi_unknown', session: 'cs_test_unknown' },
    // A shopper who leaves is not told of: the payment stays open, until a look-up closes it.
    challengeAnswers: ['confirm', 'fail'],
    tellsOfClosedSessions: true,
    tellsFirst6: false,
    saysWhyNotClosed: true,
    settings: {
      optional: ['config.api_url', 'config.pages_url', 'credentials.previous_webhook_secret'],
      ofAnyForm: [],
    },
    isMalformed: ({ body, status }) => status === 400 && !refusedForItsState(JSON.parse(body).error),
    withNewStatus: (body) => replaceTexts(body, ['status'], 'brewing'),
    withNewTypes: ({ body, headers }) =>
      ['payment_intent.brewed', 'charge.brewed', 'checkout.session.brewed', 'brewed'].map((type) => {
        const event = JSON.stringify({ ...JSON.parse(body.toString()), type })
        const signature = signWebhook([keys.webhook_secret], Math.floor(Date.now() / 1_000), event)
        return { body: Buffer.from(event), headers: { ...headers, 'stripe-signature': signature } }
      }),
    signatureCovers: { bytes: true, time: true },
    declines: declines.map(([name, code]) => ({ card: cardNamed(name), code })),
    faults: faults.map((name) => ({ name, card: cardNamed(name) })),
    async makeToken(card) {
      const response = await fetch(`${standIn.pagesUrl}/v1/payment_methods`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${keys.publishable_key}`,
          'content-type': 'application/x-www-form-urlencoded',
          'stripe-version': stripeVersion,
        },
        body: encodeForm({
          type: 'card',
          card: { number: card.number, cvc: card.cvc, exp_month: card.expMonth, exp_year: card.expYear },
        }),
      })
      const { id } = (await response.json()) as { id: string }
      return id
    },
    async answerChallenge(actionUrl, decision) {
      const response = await post(actionUrl, { decision: decision === 'confirm' ? 'complete' : 'fail' })
      return Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams)
    },
    async payHosted(url, card) {
      const expiry = `${card.expMonth}/${card.expYear % 100}`
      const response = await post(url, { cardNumber: card.number, cardCvc: card.cvc, cardExpiry: expiry })
      if (response.status >= 400) throw new Error(`the hosted page answered ${response.status}`)
    },
    async truth(reference) {
      const { movements } = await call<{ movements: { kind: Movement['kind']; amount: number; currency: string }[] }>(
        'GET',
        `/truth?reference=${reference}`,
        null,
      )
      return movements.map(({ kind, amount, currency }) => ({ kind, amount: BigInt(amount), currency }))
    },
    deliveries: () => inbox.deliveries,
    /** Gives the account a new signing secret beside the old one. */
    async rollWebhookSecret() {
      const { webhook_secret } = await call<Account>('POST', `/accounts/${keys.secret_key}/webhook/roll`, {})
      return webhook_secret
    },
    async close() {
      await standIn.close()
      await sender.close()
      inbox.close()
    },
  }
}

/** A test card of the stand-in, by the name that it has there. */
export function cardNamed(name: string): TestCard {
  return { number: testCardNumber(name), cvc: '123', expMonth: 12, expYear: 2034 }
}
