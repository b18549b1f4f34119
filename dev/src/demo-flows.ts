import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChargeSeen, PaymentRecord } from './demo-comparison.ts'
import { createShopper } from './demo-shopper.ts'
import type { DevFile } from './dev-file.ts'
import type { HttpClient } from './http-client.ts'
import type { DevPsp, ShownFields } from './psps/dev-psp.ts'
import type { WebhookReceiver } from './webhook-receiver.ts'

export type Step = { what: string; ms: number }
export type FlowResult = { name: string; steps: Step[]; record: PaymentRecord }

export type DemoSetup = {
  dev: DevFile
  psp: DevPsp
  /** Trusts the development authority. */
  client: HttpClient
  /** The same, with the merchant's client certificate. */
  relayClient: HttpClient
  receiver: WebhookReceiver
}

type Flow = PaymentRecord['expected']['flow']
type TakeStep = <T>(what: string, work: () => Promise<T>) => Promise<T>

// An event is delivered within a second; a machine that is busy with everything at once may need longer.
const webhookTimeoutMs = 20_000
// The charge is settled before the shopper is sent back; this bounds the rare case that the PSP is asked later.
const settleTimeoutMs = 20_000
/** Approves at every PSP that runs here. */
const card = { number: '4242424242424242', cvc: '123', expMonth: 12, expYear: new Date().getFullYear() + 4 }
const currency = 'EUR'

/** A shopper pays on the PSP's page, which the one-time link leads to. */
export function runHostedFlow(setup: DemoSetup): Promise<FlowResult> {
  const { dev, psp, client } = setup
  const amount = 4990
  return runFlow(setup, 'Hosted page', { flow: 'hosted', amount, currency }, async (step) => {
    const session = await step('POST /v1/payment_sessions', () =>
      postJson<{ id: string; url: string }>(client, dev, `${dev.api}/v1/payment_sessions`, {
        amount,
        currency,
        success_url: `${dev.shop}/?demo=paid`,
        cancel_url: `${dev.shop}/?demo=canceled`,
        merchant_reference: 'demo-hosted',
      }),
    )
    const shopper = createShopper(client, dev.shop)
    await step('The shopper opens the link', () => shopper.open(session.url))
    await step('The link leads to the PSP’s page', () => shopper.submit({}))
    if (!shopper.page.url.startsWith(dev.psp))
      throw new Error(`The link led to ${shopper.page.url} (${shopper.page.status})`)
    await step('The shopper pays there and comes back', () => psp.payHosted(shopper, card))
    if (!shopper.page.url.startsWith(`${dev.shop}/?demo=paid`)) {
      throw new Error(
        `After paying, the shopper is at ${shopper.page.url} (${shopper.page.status}) and not at the success_url`,
      )
    }
    const charge = await step('GET /v1/payment_sessions/{id}', () => readChargeOfSession(client, dev, session.id))
    if (charge === null) throw new Error('The shopper is at the success_url, but the session has no charge')
    return charge
  })
}

/** A token, made as the PSP's card fields make it in the browser, is charged. */
export function runTokenFlow(setup: DemoSetup): Promise<FlowResult> {
  const { dev, psp, client } = setup
  const amount = 1990
  return runFlow(setup, 'Browser SDK', { flow: 'token', amount, currency }, async (step) => {
    const config = await step('GET /v1/client_config', () =>
      client.json<{ psp_accounts: { fields: ShownFields | null }[] }>('GET', `${dev.api}/v1/client_config`, {
        bearer: dev.publishable_key,
      }),
    )
    const fields = config.psp_accounts[0]?.fields
    if (!fields) throw new Error('GET /v1/client_config names no card fields')
    const token = await step('The card fields make a token', () => psp.makeToken(dev, client, fields, card))
    const charge = await step('POST /v1/charges with the token', () =>
      postJson<ChargeSeen>(client, dev, `${dev.api}/v1/charges`, {
        amount,
        currency,
        payment_method: { type: 'token', token },
        merchant_reference: 'demo-token',
      }),
    )
    return charge.id
  })
}

/** The merchant's server sends a card to the card relay, with its client certificate. */
export function runRawCardFlow(setup: DemoSetup): Promise<FlowResult> {
  const { dev, relayClient } = setup
  const { number, cvc, expMonth, expYear } = card
  const amount = 2990
  return runFlow(setup, 'Server to server', { flow: 'raw_card', amount, currency }, async (step) => {
    const charge = await step('POST /v1/charges at the card relay', () =>
      postJson<ChargeSeen>(relayClient, dev, `${dev.relay}/v1/charges`, {
        amount,
        currency,
        payment_method: { type: 'card', card: { number, cvc, exp_month: expMonth, exp_year: expYear } },
        merchant_reference: 'demo-raw-card',
      }),
    )
    return charge.id
  })
}

async function runFlow(
  setup: DemoSetup,
  name: string,
  expected: { flow: Flow; amount: number; currency: string },
  pay: (step: TakeStep) => Promise<string>,
): Promise<FlowResult> {
  const { dev, client, receiver } = setup
  const steps: Step[] = []
  const step: TakeStep = async (what, work) => {
    const startedAt = performance.now()
    const result = await work()
    steps.push({ what, ms: performance.now() - startedAt })
    return result
  }
  const id = await pay(step)
  const charge = await step('GET /v1/charges/{id}', () => readSettledCharge(client, dev, id))
  const webhook = await step('The signed webhook arrives', () =>
    receiver.waitFor((event) => event.type === 'charge.captured' && event.data.object.id === id, webhookTimeoutMs),
  )
  const truth = await step('The truth ledger of the PSP', () => readTruth(setup, charge))
  return {
    name,
    steps,
    record: {
      expected,
      charge,
      webhook: webhook as PaymentRecord['webhook'],
      wrongSignatures: receiver.wrongSignatures(),
      truth,
    },
  }
}

function postJson<T>(client: HttpClient, dev: DevFile, url: string, json: unknown): Promise<T> {
  return client.json<T>('POST', url, { bearer: dev.secret_key, headers: { 'idempotency-key': randomUUID() }, json })
}

async function readSettledCharge(client: HttpClient, dev: DevFile, id: string): Promise<ChargeSeen> {
  for (const deadline = Date.now() + settleTimeoutMs; ; await sleep(100)) {
    const charge = await client.json<ChargeSeen>('GET', `${dev.api}/v1/charges/${id}`, { bearer: dev.secret_key })
    if (charge.status !== 'processing' || Date.now() > deadline) return charge
  }
}

/** Of the session's payment; null when none came in time. A PSP may tell of it a moment after the shopper is back. */
async function readChargeOfSession(client: HttpClient, dev: DevFile, session: string): Promise<string | null> {
  for (const deadline = Date.now() + settleTimeoutMs; ; await sleep(100)) {
    const url = `${dev.api}/v1/payment_sessions/${session}`
    const { charge } = await client.json<{ charge: string | null }>('GET', url, { bearer: dev.secret_key })
    if (charge !== null || Date.now() > deadline) return charge
  }
}

/** All that the bank did for our reference, found by the PSP's id of the payment; nothing when it knows no such payment. */
async function readTruth({ dev, psp, client }: DemoSetup, charge: ChargeSeen): Promise<PaymentRecord['truth']> {
  const { movements } = await psp.readTruth(dev, client, null)
  const reference = movements.find(({ payment }) => payment === charge.psp.reference)?.reference
  return reference === undefined ? { movements: [], calls: 0 } : psp.readTruth(dev, client, reference)
}
