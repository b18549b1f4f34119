import type { SendReport } from '@fincore/api-contract/card-door'
import type { Deps } from '@fincore/payment-service/deps'
import { cancelLink } from '@fincore/payment-service/flows/cancel-link'
import { beginCardCharge, type CardStep, continueCardCharge } from '@fincore/payment-service/flows/charge-card'
import { chargeToken } from '@fincore/payment-service/flows/charge-token'
import { createPaymentSession } from '@fincore/payment-service/flows/create-payment-session'
import { createRefund } from '@fincore/payment-service/flows/create-refund'
import { cancelCharge, captureCharge } from '@fincore/payment-service/flows/end-authorization'
import { expirePaymentSession } from '@fincore/payment-service/flows/expire-payment-session'
import { openLink } from '@fincore/payment-service/flows/open-link'
import { readLink } from '@fincore/payment-service/flows/read-link'
import type { Answer } from '@fincore/payment-service/flows/replay'
import { returnFromBank } from '@fincore/payment-service/flows/return-charge'
import { returnFromPsp } from '@fincore/payment-service/flows/return-link'
import { isRefusal, type Refusal } from '@fincore/payment-service/refusal'
import { findCharge } from '@fincore/payment-service/store/charges'
import type { Ground } from './ground.ts'
import type { Merchant } from './merchant.ts'
import { pickService } from './processes.ts'
import type { SimulatedPsp } from './psp.ts'
import type { CheckoutSession } from './psp-objects.ts'
import type { Service } from './service.ts'
import { merchantId } from './shop.ts'

/** One payment's life, as a merchant and a shopper bring it about. */
export type StoryWorld = Ground & {
  merchant: Merchant
  psp: SimulatedPsp
  services: readonly Service[]
  send: Deps['send']
  /** The charge of a story, when its merchant knows it by an answer or an event. */
  chargeOf(story: string): string | null
}

/** How long a merchant waits for a charge to leave `processing`, asking every so often. */
const patienceMs = [300, 1_000, 3_000, 10_000, 30_000, 60_000, 300_000]

export async function tellStory(world: StoryWorld, story: string): Promise<void> {
  const own = world.choices.within(story)
  const flow = own.pick('flow', { token: 40, 'raw card': 25, hosted: 35 })
  const amount = 100 + Math.floor(20_000 * own.spread('amount'))
  const capture = own.pick('capture', { automatic: 55, manual: 45 })
  if (flow === 'hosted') await payHosted(world, story, amount, capture)
  else await charge(world, story, flow, amount, capture)
  const chargeId = world.chargeOf(story)
  if (chargeId !== null) await followUp(world, story, chargeId, amount)
}

type Capture = 'automatic' | 'manual'

async function charge(world: StoryWorld, story: string, flow: 'token' | 'raw card', amount: number, capture: Capture) {
  const { merchant } = world
  const request = {
    amount,
    currency: 'EUR',
    capture_method: capture,
    description: story,
    return_url: 'https://shop.example/back',
  }
  const idempotencyKey = `${story} charge`
  await merchant.ask(story, 'charge', (deps, service) =>
    flow === 'token'
      ? chargeToken(deps, {
          merchantId,
          idempotencyKey,
          request: { ...request, payment_method: { type: 'token', token: 'tok_1' } },
        })
      : chargeByRelay(world, story, deps, service, { idempotencyKey, request }),
  )
}

/** The card relay between merchant, payment service and PSP: it holds the card, sends once, and reports. */
async function chargeByRelay(
  world: StoryWorld,
  story: string,
  deps: Deps,
  service: Service,
  input: { idempotencyKey: string; request: object },
): Promise<Answer | Refusal> {
  const card = { number: '****************', cvc: '***', exp_month: 12, exp_year: 2034, holder_name: story }
  const relay = world.choices
    .within(story)
    .pick('relay', { lives: 94, 'dies before it sends': 3, 'dies after it sent': 3 })
  let step: CardStep = await beginCardCharge(deps, {
    merchantId,
    idempotencyKey: input.idempotencyKey,
    blankedBody: JSON.stringify({ ...input.request, payment_method: { type: 'card', card } }),
    card: { brand: 'visa', first6: '424242', last4: '4242', length: 16, luhnOk: true, cvcLength: 3 },
    use: { keyId: 'key', grantId: 'grant', certificateFingerprint: null, sourceAddress: '192.0.2.1', requestId: 'req' },
  })
  while ('do' in step) {
    if (relay !== 'lives') world.fault(`relay ${relay}`)
    if (relay === 'dies before it sends') throw new Error('the relay died')
    const { attempt, to, headers, body, timeoutMs } = step
    const report: SendReport = await world.send({ method: 'POST', url: to, headers, body }, timeoutMs)
    if (relay === 'dies after it sent') throw new Error('the relay died')
    // The report goes to the same process, in a request of its own.
    step = await service.call((alive) => continueCardCharge(alive, attempt, report))
  }
  return step
}

async function payHosted(world: StoryWorld, story: string, amount: number, capture: Capture): Promise<void> {
  const { merchant, clock } = world
  const own = world.choices.within(story)
  const late_payments = own.pick('late payments', { refund: 2, keep: 1 })
  const expires_in = 600
  const answer = await merchant.ask(story, 'session', (deps) =>
    createPaymentSession(deps, {
      merchantId,
      idempotencyKey: `${story} session`,
      request: {
        amount,
        currency: 'EUR',
        capture_method: capture,
        description: story,
        late_payments,
        expires_in,
        success_url: 'https://shop.example/ok',
        cancel_url: 'https://shop.example/no',
      },
    }),
  )
  if (answer === null || isRefusal(answer)) return
  const { id, url } = answer.body as { id: string; url: string | null }
  const endsAt = clock.now() + expires_in * 1_000
  const merchantEnds = own.pick('merchant', { 'lets it run': 88, 'ends it': 12 })
  const ending = merchantEnds === 'ends it' ? endSession(world, story, id) : null
  if (url !== null) await visit(world, story, url.split('/').at(-1) ?? '', endsAt)
  await ending
}

async function endSession(world: StoryWorld, story: string, sessionId: string): Promise<void> {
  await world.clock.wait(60_000 * world.choices.within(story).spread('ends after'))
  await world.merchant.ask(story, 'expire', (deps) =>
    expirePaymentSession(deps, { merchantId, sessionId, idempotencyKey: `${story} expire` }),
  )
}

/** A shopper with a link. */
async function visit(world: StoryWorld, story: string, token: string, endsAt: number): Promise<void> {
  const { clock, psp } = world
  const own = world.choices.within(story)
  const mood = own.pick('shopper', {
    pays: 66,
    'pays when the time is over': 10,
    'tries again after a decline': 8,
    cancels: 8,
    leaves: 8,
  })
  await clock.wait(20_000 * own.spread('shopper comes after'))
  const browser = () => 'browser'
  const opened = await onSomeService(world, story, 'opens the link', (deps) =>
    openLink(deps, token, browser, '192.0.2.1'),
  )
  if (opened === null || opened.to !== 'psp') return
  const session = psp.ledger.sessions.get(opened.url.split('/').at(-1) ?? '')
  if (session === undefined) throw new Error(`${story}: the link leads to no page of the PSP`)
  if (mood === 'leaves') return
  if (mood === 'cancels') {
    await onSomeService(world, story, 'cancels', async (deps) => {
      const link = await readLink(deps, token, browser)
      return link.state === 'unknown' ? null : cancelLink(deps, link)
    })
    return
  }
  const tooLate = mood === 'pays when the time is over'
  await clock.wait(
    tooLate ? endsAt - clock.now() - 1_500 + 3_000 * own.spread('too late') : 30_000 * own.spread('types'),
  )
  const paid = await payOnPage(world, story, session)
  if (!paid && mood === 'tries again after a decline') await payOnPage(world, story, session)
  if (own.pick('shopper afterwards', { 'comes back': 3, 'closes the browser': 1 }) === 'closes the browser') return
  await onSomeService(world, story, 'comes back', async (deps) => {
    const link = await readLink(deps, token, browser)
    return link.state === 'unknown' ? null : returnFromPsp(deps, link)
  })
}

/** True unless it was declined. */
async function payOnPage(world: StoryWorld, story: string, session: CheckoutSession): Promise<boolean> {
  const payment = world.psp.payOnPage(session)
  world.trace(`shopper              ${story}: pays on the page: ${payment?.status ?? 'it is closed'}`)
  if (payment?.status === 'action_required') await beAtBank(world, story, payment.id)
  return payment?.status !== 'declined'
}

/** The shopper in front of the bank's page. */
async function beAtBank(world: StoryWorld, story: string, paymentId: string): Promise<void> {
  const own = world.choices.within(story)
  const does = own.pick('shopper at the bank', { confirms: 72, fails: 14, leaves: 14 })
  await world.clock.wait(1_000 + 60_000 * own.spread('at the bank'))
  world.trace(`shopper              ${story}: ${does} at the bank`)
  const payment = world.psp.ledger.payments.get(paymentId)
  if (payment !== undefined && does !== 'leaves') world.psp.confirm(payment, does === 'confirms')
}

async function onSomeService<Result>(
  world: StoryWorld,
  story: string,
  what: string,
  handle: (deps: Deps) => Promise<Result>,
): Promise<Result | null> {
  for (let tries = 0; tries < 4; tries++) {
    const service = pickService(world.services, world.choices.within(story).spread(`${what} at`))
    world.trace(`shopper → FinCore    ${story}: ${what}, at ${service?.name ?? 'nobody'}`)
    try {
      if (service !== undefined) return await service.call(handle)
    } catch {
      // The page says “try again in a moment”, and shoppers do.
    }
    await world.clock.wait(3_000)
  }
  return null
}

/** What merchant and shopper do with a charge that was made. */
async function followUp(world: StoryWorld, story: string, chargeId: string, amount: number): Promise<void> {
  const own = world.choices.within(story)
  let charge = await waitWhile(world, story, chargeId, 'processing')
  if (charge?.status === 'requires_action' && charge.psp_reference !== null) {
    await beAtBank(world, story, charge.psp_reference)
    if (own.pick('shopper afterwards', { 'comes back': 3, 'closes the browser': 1 }) === 'comes back') {
      await onSomeService(world, story, 'comes back from the bank', (deps) =>
        returnFromBank(deps, deps.vault.linkToken('return', chargeId), {}),
      )
    }
    charge = await waitWhile(world, story, chargeId, 'requires_action')
  }
  if (charge?.status === 'authorized' && !charge.flags.includes('paid_after_session_end')) {
    await endAuthorization(world, story, chargeId, amount)
    charge = await waitWhile(world, story, chargeId, 'authorized')
  }
  if (charge?.status === 'captured') await refund(world, story, chargeId, Number(charge.captured))
}

async function waitWhile(world: StoryWorld, story: string, chargeId: string, status: string) {
  for (const pause of patienceMs) {
    const charge = await onSomeService(world, story, 'reads the charge', (deps) =>
      findCharge(deps.pool, merchantId, chargeId),
    )
    if (charge !== null && charge.status !== status) return charge
    await world.clock.wait(pause)
  }
  return null
}

async function endAuthorization(world: StoryWorld, story: string, chargeId: string, amount: number): Promise<void> {
  const { merchant, psp } = world
  const own = world.choices.within(story)
  const does = own.pick('merchant with the hold', {
    'captures all': 45,
    'captures a part': 20,
    cancels: 15,
    nothing: 5,
    'captures and cancels at once': 10,
    'captures twice': 5,
  })
  if (own.pick('the hold', { stays: 9, 'is let go': 1 }) === 'is let go') {
    world.fault('hold let go at the PSP')
    const held = [...psp.ledger.payments.values()].find((one) => one.story === story && one.status === 'authorized')
    if (held !== undefined)
      world.clock.at(world.clock.now() + 400 * own.spread('let go after'), () => psp.release(held))
  }
  const capture = (name: string, part: number | undefined) =>
    merchant.ask(story, name, (deps) =>
      captureCharge(deps, { merchantId, chargeId, idempotencyKey: `${story} ${name}`, amount: part }),
    )
  const cancel = () =>
    merchant.ask(story, 'cancel', (deps) =>
      cancelCharge(deps, { merchantId, chargeId, idempotencyKey: `${story} cancel` }),
    )
  const part = 1 + Math.floor((amount - 1) * own.spread('part'))
  if (does === 'captures all') await capture('capture', undefined)
  if (does === 'captures a part') await capture('capture', part)
  if (does === 'cancels') await cancel()
  if (does === 'captures and cancels at once') await Promise.all([capture('capture', undefined), cancel()])
  if (does === 'captures twice') await Promise.all([capture('capture', part), capture('capture again', undefined)])
}

async function refund(world: StoryWorld, story: string, chargeId: string, captured: number): Promise<void> {
  const own = world.choices.within(story)
  const does = own.pick('merchant with the money', {
    'keeps it': 45,
    'gives all back': 20,
    'gives parts back': 20,
    'gives more back than there is': 15,
  })
  const give = (name: string, amount: number | undefined) =>
    world.merchant.ask(story, name, (deps) =>
      createRefund(deps, {
        merchantId,
        idempotencyKey: `${story} ${name}`,
        request: { charge: chargeId, ...(amount === undefined ? {} : { amount }) },
      }),
    )
  const half = Math.max(1, Math.floor(captured * 0.6))
  if (does === 'gives all back') await give('refund', undefined)
  if (does === 'gives parts back') {
    await give('refund', half)
    await give('refund again', Math.max(1, captured - half))
  }
  if (does === 'gives more back than there is')
    await Promise.all([give('refund', half), give('refund again', half), give('refund thrice', half)])
}
