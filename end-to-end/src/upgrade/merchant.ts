import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Asked, Journal } from '../faults/journal.ts'
import { type FlowName, payOnPage } from '../faults/payments.ts'
import type { UpgradeWorld } from './upgrade-world.ts'

/**
 * A merchant that pays by all three ways, one payment after the other at a steady pace, and sends nothing twice: a
 * request that does not get its answer has failed.
 */
export type SteadyLoad = { begun(): number; stop(): Promise<void> }

const shopOrigin = 'https://shop.example'
const pollMs = 250
const mostPolls = 60

type Call = { method: 'GET' | 'POST'; path: string; request?: object; isCard?: boolean }

export function startSteadyLoad(
  world: UpgradeWorld,
  journal: Journal,
  { perSecond, flows }: { perSecond: number; flows: readonly FlowName[] },
): SteadyLoad {
  const underWay = new Set<Promise<void>>()
  let begun = 0
  let isStopped = false
  const running = (async () => {
    while (!isStopped) {
      const number = begun++
      const paying = pay(world, journal, number, flows[number % flows.length] ?? 'token')
        .catch(() => journal.note('failed', `payment ${number} was not carried through`))
        .finally(() => underWay.delete(paying))
      underWay.add(paying)
      await sleep(1_000 / perSecond)
    }
  })()
  return {
    begun: () => begun,
    async stop() {
      isStopped = true
      await running
      await Promise.all(underWay)
    },
  }
}

/** Requests that got no answer, or one that says that FinCore could not. A declined card is an answer. */
export function listFailed(asked: readonly Asked[]): Asked[] {
  return asked.filter(({ status }) => status === null || status >= 500 || status === 429 || status === 409)
}

async function pay(world: UpgradeWorld, journal: Journal, number: number, flow: FlowName): Promise<void> {
  const ask = (call: Call) => askOnce(world, journal, number, call)
  const card: MagicCardName = number % 10 === 9 ? 'declined' : 'visa'
  const isManual = number % 3 === 0
  const amount = 1_000 + number
  const common = { amount, currency: 'EUR', capture_method: isManual ? 'manual' : 'automatic' }
  const charge =
    flow === 'hosted'
      ? await payHosted(world, ask, { ...common, success_url: shopOrigin, cancel_url: shopOrigin })
      : await ask({
          method: 'POST',
          path: '/v1/charges',
          request: { ...common, payment_method: await methodOf(world, flow, card) },
          isCard: flow === 'raw card',
        })
  const { id, status } = charge?.body ?? {}
  if (status === 'authorized') await ask({ method: 'POST', path: `/v1/charges/${id}/capture`, request: {} })
  if (status !== 'failed' && number % 4 === 0)
    await ask({ method: 'POST', path: '/v1/refunds', request: { charge: id, amount: 100 } })
}

async function methodOf({ http, addresses, merchant }: UpgradeWorld, flow: FlowName, card: MagicCardName) {
  const number = magicCardNumber(card)
  if (flow === 'raw card') return { type: 'card', card: { number, cvc: '123', exp_month: 12, exp_year: 2034 } }
  const json = { number, cvc: '123', expiry_month: 12, expiry_year: 2034 }
  const bearer = merchant.psp_public_key
  const { id } = await http.json<{ id: string }>('POST', `${addresses.pspPages}/v2/tokens`, { bearer, json })
  return { type: 'token', token: id, psp_account: merchant.psp_account }
}

async function payHosted(
  world: UpgradeWorld,
  ask: (call: Call) => Promise<Asked>,
  request: object,
): Promise<Asked | null> {
  const session = await ask({ method: 'POST', path: '/v1/payment_sessions', request })
  if (typeof session.body?.url !== 'string') return null
  await payOnPage(world, session.body.url, 'visa')
  for (let polls = 0; polls < mostPolls; polls++) {
    const { body } = await ask({ method: 'GET', path: `/v1/payment_sessions/${session.body.id}` })
    if (typeof body?.charge === 'string') return ask({ method: 'GET', path: `/v1/charges/${body.charge}` })
    await sleep(pollMs)
  }
  throw new Error('A paid session got no charge')
}

async function askOnce(world: UpgradeWorld, journal: Journal, payment: number, call: Call): Promise<Asked> {
  const { method, path, request = null, isCard = false } = call
  const startedAt = journal.now()
  const key = method === 'POST' ? randomUUID() : null
  const [client, at] = isCard ? [world.cardHttp, world.addresses.relay] : [world.http, world.addresses.front]
  const answer = await client
    .send(method, `${at}${path}`, {
      bearer: world.merchant.secret_key,
      headers: {
        ...(key === null ? {} : { 'idempotency-key': key }),
        // The relay’s balancer passes TLS on, so that it can move connections alone, and not requests.
        ...(isCard ? { connection: 'close' } : {}),
      },
      ...(request === null ? {} : { json: request }),
    })
    .catch(() => null)
  const asked: Asked = {
    payment,
    method,
    path,
    key,
    request,
    startedAt,
    endedAt: journal.now(),
    status: answer?.status ?? null,
    body: answer?.text.startsWith('{') ? JSON.parse(answer.text) : null,
  }
  journal.record(asked)
  return asked
}
