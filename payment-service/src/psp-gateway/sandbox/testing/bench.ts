import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { type MagicCardName, magicCardNumber, magicCards } from '@fincore/psp-sandbox/magic-cards'
import { startSandbox } from '@fincore/psp-sandbox/sandbox'
import { signWebhook } from '@fincore/psp-sandbox/webhooks/signature'
import type { Bench, Movement, TestCard } from '../../conformance/bench.ts'
import { startInbox } from '../../conformance/inbox.ts'
import { replaceTexts } from '../../conformance/rewriting.ts'
import type { PspAccount } from '../../port.ts'
import { makeTls } from '../../testing/tls-server.ts'

const adminToken = 'admin-token-of-the-tests'

/** FinCore's words for the sandbox's declines, where they differ. */
const ownWords: Partial<Record<MagicCardName, DeclineCode>> = { declined: 'card_declined' }

/** The sandbox's refusals of requests whose form is right. */
const nameFaults = new Set(['token_invalid', 'payment_not_found', 'checkout_session_not_found', 'cursor_invalid'])

/** The real psp-sandbox in this process, over TLS, with short waits, and a place where its webhooks arrive. */
export async function openSandboxBench(): Promise<Bench> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-psp-gateway-'))
  const { tls, sender } = await makeTls()
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    pagesPort: 0,
    apiPort: 0,
    tls,
    dataDir,
    adminToken,
    timings: { holdMs: 3_000, refundPendingMs: 100, webhookDelayMs: 5, slowReplyMs: 2_500 },
  })
  const inbox = await startInbox()

  const call = async <T>(method: 'GET' | 'POST', path: string, body: object | null): Promise<T> => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const request = { method, url: `${sandbox.apiUrl}${path}`, headers, body: body && JSON.stringify(body) }
    const reply = await sender.send(request, 5_000)
    if ('failure' in reply || reply.status >= 300) throw new Error(`the sandbox refused ${path}`)
    return JSON.parse(reply.body) as T
  }
  const openAccount = async (webhookUrl: string | null): Promise<PspAccount> => {
    const body = { name: 'Blue Bottle Books', ...(webhookUrl === null ? {} : { webhook_url: webhookUrl }) }
    const { secret_key, public_key, webhook_secret } = await call<Record<string, string>>('POST', '/v2/accounts', body)
    return {
      id: 'pspa_test',
      merchantId: 'mer_test',
      psp: 'sandbox',
      name: 'Sandbox',
      config: { api_url: sandbox.apiUrl, pages_url: sandbox.pagesUrl },
      credentials: { secret_key: secret_key ?? '', public_key: public_key ?? '', webhook_secret: webhook_secret ?? '' },
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
      credentials: { ...stranger.credentials, secret_key: `sk_sandbox_${'nobody'.repeat(6)}` },
    },
    // Shorter than the sandbox's slow and held replies, and long enough for a busy machine's honest ones.
    send: (request) => sender.send(request, 1_500),
    cards: {
      approves: cardNamed('visa'),
      'needs the shopper': cardNamed('challenge'),
      'has its capture fail': cardNamed('capture_fails'),
      'has its refund fail': cardNamed('refund_fails'),
      'has its refund pending': cardNamed('refund_pending'),
    },
    isMalformed: ({ status, body }) => status >= 400 && !nameFaults.has(JSON.parse(body).error?.code),
    withNewStatus: (body) => replaceTexts(body, ['status'], 'brewing'),
    withNewTypes: ({ body, headers }) =>
      ['payment.brewed', 'checkout_session.brewed', 'brewed'].map((type) => {
        const text = replaceTexts(body.toString(), ['type'], type)
        const signature = signWebhook(account.credentials.webhook_secret ?? '', Math.floor(Date.now() / 1_000), text)
        return { body: Buffer.from(text), headers: { ...headers, 'sandbox-signature': signature } }
      }),
    unknown: { token: 'tok_unknown', payment: 'pay_unknown', session: 'cs_unknown' },
    challengeAnswers: ['confirm', 'fail', 'leave'],
    tellsOfClosedSessions: true,
    tellsFirst6: true,
    saysWhyNotClosed: true,
    settings: { optional: [], ofAnyForm: [] },
    signatureCovers: { bytes: true, time: true },
    declines: magicCards.flatMap(({ name, outcome }) =>
      outcome.do === 'decline' ? [{ card: cardNamed(name), code: ownWords[name] ?? (name as DeclineCode) }] : [],
    ),
    faults: (
      ['timeout_before', 'timeout_after', 'reset_after', 'server_error_after', 'garbled_reply', 'slow_reply'] as const
    ).map((name) => ({ name, card: cardNamed(name) })),
    async makeToken(card) {
      const response = await fetch(`${sandbox.pagesUrl}/v2/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account.credentials.public_key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          number: card.number,
          cvc: card.cvc,
          expiry_month: card.expMonth,
          expiry_year: card.expYear,
        }),
      })
      const { id } = (await response.json()) as { id: string }
      return id
    },
    async answerChallenge(actionUrl, decision) {
      await post(actionUrl, { decision })
      return {}
    },
    async payHosted(url, card) {
      const expiry = `${card.expMonth}/${card.expYear % 100}`
      const response = await post(url, { number: card.number, cvc: card.cvc, expiry })
      if (response.status !== 303) throw new Error(`the hosted page answered ${response.status}`)
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
    async close() {
      await sandbox.close()
      await sender.close()
      inbox.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

function cardNamed(name: MagicCardName): TestCard {
  return { number: magicCardNumber(name), cvc: '123', expMonth: 12, expYear: 2034 }
}
