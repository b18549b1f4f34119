import HmacValidator from '@adyen/api-library/lib/src/utils/hmacValidator.js'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { startAdyenStandIn } from '@fincore/psp-stand-ins/adyen/stand-in'
import { testCards } from '@fincore/psp-stand-ins/adyen/test-cards'
import type { Bench, Movement, TestCard } from '../../conformance/bench.ts'
import { startInbox } from '../../conformance/inbox.ts'
import { replaceTexts } from '../../conformance/rewriting.ts'
import type { PspAccount } from '../../port.ts'
import { makeTls } from '../../testing/tls-server.ts'
import { writeReference } from '../references.ts'
import { webhooks } from '../webhooks.ts'

const validator = new HmacValidator.default()
const adminToken = 'admin-token-of-the-tests'

/** The stand-in's cards that are refused, each with an issuer's own code beside Adyen's reason, in FinCore's words. */
const declines: Record<string, DeclineCode> = {
  refused: 'do_not_honor',
  not_enough_balance: 'insufficient_funds',
  declined_non_generic: 'card_declined',
  expired_card: 'expired_card',
  cvc_declined: 'incorrect_cvc',
  blocked_card: 'stolen_card',
  fraud: 'suspected_fraud',
  issuer_suspected_fraud: 'suspected_fraud',
  not_permitted: 'card_not_supported',
  not_supported: 'card_not_supported',
  amount_exceeded: 'limit_exceeded',
  issuer_unavailable: 'issuer_unavailable',
  acquirer_error: 'processing_error',
}

/** The stand-in's refusals of requests whose form is right: no such payment or redirect, a token that it cannot open. */
const nameFaults = new Set(['167', '172', '174', '14_018'])

/** The strict stand-in of Adyen in this process, over TLS, with short waits, and a place where its webhooks arrive. */
export async function openAdyenBench(): Promise<Bench> {
  const { tls, sender } = await makeTls()
  const standIn = await startAdyenStandIn({
    tls,
    adminToken,
    timings: { holdMs: 3_000, slowReplyMs: 2_500, modificationMs: 20, slowRefundMs: 100, webhookDelayMs: 5 },
  })
  const inbox = await startInbox(webhooks.accepted)

  const call = async <T>(method: 'GET' | 'POST', path: string, body: object | null): Promise<T> => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const url = `${standIn.apiUrl}/_stand_in${path}`
    const reply = await sender.send({ method, url, headers, body: body && JSON.stringify(body) }, 5_000)
    if ('failure' in reply || reply.status >= 300) throw new Error(`the stand-in refused ${path}`)
    return JSON.parse(reply.body) as T
  }
  const openAccount = async (webhookUrl: string | null): Promise<PspAccount> => {
    const body = { name: 'Acme Books', ...(webhookUrl === null ? {} : { webhook_url: webhookUrl }) }
    const made = await call<Record<string, string>>('POST', '/accounts', body)
    const text = (name: string) => made[name] ?? ''
    return {
      id: 'pspa_test',
      merchantId: 'mer_test',
      psp: 'adyen',
      name: 'Adyen',
      config: {
        merchant_account: text('merchant_account'),
        environment: 'test',
        client_key: text('client_key'),
        api_url: standIn.apiUrl,
        pages_url: standIn.pagesUrl,
      },
      credentials: {
        api_key: text('api_key'),
        hmac_key: text('hmac_key'),
        webhook_user: text('webhook_user'),
        webhook_password: text('webhook_password'),
      },
    }
  }
  const account = await openAccount(inbox.url)
  const stranger = await openAccount(null)
  const post = (url: string, fields: Record<string, string>) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })

  return {
    account,
    strangersAccount: {
      ...account,
      credentials: { ...stranger.credentials, api_key: `AQE${'nobody'.repeat(6)}` },
    },
    // Shorter than the stand-in's slow and held replies, and long enough for a busy machine's honest ones.
    send: (request) => sender.send(request, 1_500),
    cards: {
      approves: cardNamed('visa'),
      'needs the shopper': cardNamed('challenge'),
      'has its capture fail': cardNamed('capture_refused'),
      'has its refund fail': cardNamed('refund_refused'),
      'has its refund pending': cardNamed('refund_slow'),
    },
    isMalformed({ status, body }) {
      if (status < 400) return false
      const { errorCode, message } = JSON.parse(body)
      return !nameFaults.has(errorCode) && message !== 'there is no such payment link'
    },
    withNewStatus: (body) => replaceTexts(body, ['resultCode', 'status'], 'Brewing'),
    withNewTypes: ({ body, headers }) =>
      ['BREWED', 'AUTHORISATION_BREWED'].map((eventCode) => {
        const notification = JSON.parse(replaceTexts(body.toString(), ['eventCode'], eventCode))
        for (const { NotificationRequestItem: item } of notification.notificationItems)
          item.additionalData.hmacSignature = validator.calculateHmac(item, account.credentials.hmac_key ?? '')
        return { body: Buffer.from(JSON.stringify(notification)), headers }
      }),
    unknown: {
      token: makeToken({ type: 'scheme', ...unknownFields }),
      payment: 'AAAABBBBCCCCDDDD',
      session: 'PLUNKNOWN',
    },
    // Adyen tells nothing of a shopper who stays away from the bank's page.
    challengeAnswers: ['confirm', 'fail'],
    tellsOfClosedSessions: false,
    tellsFirst6: true,
    saysWhyNotClosed: false,
    settings: {
      optional: ['config.api_url', 'config.pages_url'],
      ofAnyForm: ['config.merchant_account', 'credentials.webhook_user'],
    },
    signatureCovers: { bytes: false, time: false },
    declines: Object.entries(declines).map(([name, code]) => ({ card: cardNamed(name), code })),
    faults: (
      [
        'timeout_before',
        'timeout_after',
        'reset_before',
        'reset_after',
        'server_error_after',
        'garbled_reply',
        'slow_reply',
      ] as const
    ).map((name) => ({ name, card: cardNamed(name) })),
    async makeToken({ number, cvc, expMonth, expYear }) {
      const card = { number, cvc, expiry_month: expMonth, expiry_year: expYear }
      return makeToken(await call<object>('POST', '/encrypt', card))
    },
    async answerChallenge(actionUrl, decision) {
      const response = await post(actionUrl, { decision })
      const back = new URL(response.headers.get('location') ?? '')
      return Object.fromEntries(back.searchParams)
    },
    async payHosted(url, card) {
      const expiry = `${String(card.expMonth).padStart(2, '0')}/${card.expYear % 100}`
      const response = await post(url, { number: card.number, cvc: card.cvc, expiry })
      if (response.status !== 303) throw new Error(`the link's page answered ${response.status}`)
    },
    async truth(reference) {
      const marks = [reference, writeReference(reference, 'manual')]
      const answers = await Promise.all(
        marks.map((mark) =>
          call<{ movements: { kind: Movement['kind']; amount: number; currency: string }[] }>(
            'GET',
            `/truth?reference=${mark}`,
            null,
          ),
        ),
      )
      return answers.flatMap(({ movements }) =>
        movements.map(({ kind, amount, currency }) => ({ kind, amount: BigInt(amount), currency })),
      )
    },
    deliveries: () => inbox.deliveries,
    async close() {
      await standIn.close()
      await sender.close()
      inbox.close()
    },
  }
}

const unknownFields = {
  encryptedCardNumber: 'adyenjs_0_1_25$unknown',
  encryptedExpiryMonth: 'adyenjs_0_1_25$unknown',
  encryptedExpiryYear: 'adyenjs_0_1_25$unknown',
  encryptedSecurityCode: 'adyenjs_0_1_25$unknown',
}

/** As `@fincore/browser` makes it of what Adyen Web's fields hand out. */
function makeToken(paymentMethod: object): string {
  return `adyen_${Buffer.from(JSON.stringify({ paymentMethod })).toString('base64url')}`
}

function cardNamed(name: string): TestCard {
  const card = testCards.find((one) => one.name === name)
  if (card === undefined) throw new Error(`the stand-in has no card ${name}`)
  return { number: card.number, cvc: '737', expMonth: 3, expYear: 2030 }
}
