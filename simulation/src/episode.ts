import { createHmac } from 'node:crypto'
import type { Deps } from '@fincore/payment-service/deps'
import type { PspAccount } from '@fincore/payment-service/psp-gateway/port'
import { psps } from '@fincore/payment-service/psp-gateway/registry'
import type { SendResult } from '@fincore/payment-service/webhooks/outbox/send-webhook'
import { type Choices, makeChoices, numberOf, type Taken } from './choices.ts'
import { type Clock, makeClock, mostSteps, useClock } from './clock.ts'
import { makeDatabase } from './database/database.ts'
import { dueOf } from './due.ts'
import { findViolations, type Remains, type Violation } from './invariants.ts'
import { makeMerchant } from './merchant.ts'
import { makeSend, type Weather } from './network.ts'
import { makePsp, sign } from './psp.ts'
import { type Service, startService, vault } from './service.ts'
import { setStage } from './stage.ts'
import { tellStory } from './stories.ts'
import { measureTruth } from './time-to-truth.ts'

export type EpisodeOptions = {
  seed: number
  /** How many payments it has, which live at the same time. */
  payments: number
  /** When given, only these decisions are other than calm: see `Choices`. */
  kept?: ReadonlySet<string>
  /** When given, every step is told to it, with the time since the beginning. */
  trace?: (line: string) => void
}

export type EpisodeResult = {
  /** For the tests of the judge. */
  remains: Remains
  violations: Violation[]
  taken: Taken
  /** How often each fault was injected, by kind. */
  faults: Map<string, number>
  /** From the PSP's first possible answer to the settled record, in virtual milliseconds. */
  timesToTruth: number[]
  /** What happened, for the table: movements at the PSP, events told, errors logged. */
  counts: { movements: number; events: number; errors: number; steps: number }
}

/** 1 January 2026: any time will do, and the same one for every episode. */
const beginning = Date.UTC(2026, 0, 1)
/** Within this time everything must have come to rest; the last retry of a webhook is after 75 h 35 m. */
const longestMs = 6 * 24 * 3_600_000
/** Payments begin within this time of each other. */
const spanMs = 20_000

const merchantId = 'mer_00000000000000000000000000'
const endpointSecret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const endpointId = 'whe_00000000000000000000000000'
const sealedSecret = vault.seal(endpointSecret, endpointId)
/** Two accounts, so that a card can be tried at the second when the first certainly did nothing. */
const accounts = ['first', 'second'].map(
  (name, index): PspAccount => ({
    id: `pspa_${String(index).padStart(26, '0')}`,
    merchantId,
    psp: 'sandbox',
    name,
    config: { api_url: 'https://psp.example', pages_url: 'https://pay.psp.example' },
    credentials: {
      secret_key: `sk_sandbox_0123456789-${name}`,
      public_key: `pk_sandbox_0123456789-${name}`,
      webhook_secret: `webhooks-of-the-${name}-account`,
    },
  }),
)

/** Some payments in one small world, from their beginning until nothing is left to happen, and what is wrong then. */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { seed } = options
  const taken: Taken = new Map()
  const choices = makeChoices(seed, taken, options.kept)
  const clock = makeClock(beginning)
  const faults = new Map<string, number>()
  const counts = { errors: 0, numbers: 0 }
  const trace = (line: string) =>
    options.trace?.(`${((clock.now() - beginning) / 1000).toFixed(3).padStart(10)} s  ${line}`)
  const fault = (kind: string) => void faults.set(kind, (faults.get(kind) ?? 0) + 1)
  useClock(clock)

  const database = makeDatabase({
    now: () => new Date(clock.now()),
    setTimer(delayMs, run) {
      const appointment = clock.at(clock.now() + delayMs, run)
      return () => {
        appointment.happen = null
      }
    },
  })
  database.addMerchant({ merchant_id: merchantId, name: 'shop' })
  for (const { id, psp, name, config } of accounts)
    database.addPspAccount({ merchant_id: merchantId, id, psp, name, config, credentials: Buffer.alloc(0) })
  database.addWebhookEndpoint({
    merchant_id: merchantId,
    id: endpointId,
    url: 'https://shop.example/hooks',
    events: ['*'],
    secret: sealedSecret,
  })

  const received = new Set<string>()
  const storyCharges = new Map<string, string>()
  const services: Service[] = []
  setStage({
    clock,
    nextNumber: () => ++counts.numbers,
    dueOf: (job) => dueOf(database, job),
    isAlive: (log) => services.some((service) => service.log === log && service.isAlive()),
    deliver: (_url, headers, body) => receive(headers, body),
  })

  const weather = makeWeather(choices, clock)
  const psp = makePsp({
    clock,
    choices,
    trace,
    accounts: accounts.map(({ id, credentials: { secret_key = '', webhook_secret = '' } }) => ({
      id,
      secretKey: secret_key,
      webhookSecret: webhook_secret,
    })),
    consistencyWindowMs: psps.sandbox.consistencyWindowMs,
    deliver: async (account, body, signature) => (await pickService()?.takeWebhook(account, body, signature)) ?? false,
  })
  const send = makeSend({ clock, choices, psp, weather, trace, fault })
  startServices()
  const merchant = makeMerchant({ clock, choices, services, trace, fault })
  const stories = Array.from({ length: options.payments }, (_, index) => `payment ${index + 1}`)
  const world = {
    clock,
    choices,
    merchant,
    merchantId,
    psp,
    services,
    send,
    trace,
    fault,
    chargeOf: (story: string) => storyCharges.get(story) ?? heardOf(story),
  }
  let ended = 0
  for (const story of stories) {
    if (choices.within(story).pick('happens', { no: 0, yes: 1 }) === 'no') {
      ended++
      continue
    }
    clock.at(beginning + spanMs * choices.within(story).spread('begins after'), () => {
      tellStory(world, story).then(
        () => ended++,
        (error) => trace(`the story of ${story} broke off: ${error}`),
      )
    })
    attack(story)
  }
  troubleServices()
  const steps = await clock.run(beginning + longestMs)

  const remains = { tables: database.tables, psp, heard: merchant.heard, received }
  const violations = findViolations(remains)
  if (steps === mostSteps)
    violations.push({ invariant: 'I7', harm: 'unresolved', story: 'nobody', what: 'the run does not come to rest' })
  if (ended < stories.length)
    violations.push({ invariant: 'I7', harm: 'unresolved', story: 'nobody', what: 'a story did not end' })
  setStage(null)
  useClock(null)
  return {
    remains,
    violations,
    taken,
    faults,
    timesToTruth: measureTruth(database.tables, psp, weather.outage?.until ?? 0),
    counts: {
      movements: psp.ledger.movements.length,
      events: received.size,
      errors: counts.errors,
      steps,
    },
  }

  function heardOf(story: string): string | null {
    const answer = merchant.heard.findLast((one) => one.story === story && one.operation === 'charge')?.answer
    return answer !== undefined && 'body' in answer && 'id' in answer.body ? String(answer.body.id) : null
  }

  function pickService(): Service | undefined {
    const alive = services.filter((service) => service.isAlive())
    return alive[Math.floor(alive.length * choices.spread('process for a webhook'))]
  }

  /** A webhook at the merchant's server, which checks it as Standard Webhooks says and may fail in the usual ways. */
  async function receive(headers: Readonly<Record<string, string>>, body: string): Promise<SendResult> {
    const id = headers['webhook-id'] ?? ''
    const event = JSON.parse(body) as {
      id: string
      data: { object: { object: string; id: string; description?: string } }
    }
    const signed = `${id}.${headers['webhook-timestamp']}.${body}`
    const right = createHmac('sha256', Buffer.alloc(32, 9)).update(signed).digest('base64')
    if (headers['webhook-signature'] !== `v1,${right}` || event.id !== id)
      throw new Error('A webhook is not signed right')
    const { object } = event.data
    const way = choices.within(object.description ?? object.id).pick('merchant’s endpoint', {
      takes: 88,
      'answers 500': 6,
      'takes it, and the answer is lost': 4,
      'is away': 2,
    })
    if (way !== 'takes') fault(`endpoint ${way}`)
    trace(`FinCore → merchant   ${object.description ?? object.id}: webhook ${id}, endpoint ${way}`)
    await clock.wait(20 + 200 * choices.spread('endpoint takes'))
    if (way === 'is away') return { error: 'refused' }
    if (way === 'answers 500') return { status: 500, retryAfter: null }
    received.add(id)
    if (object.object === 'charge' && object.description) storyCharges.set(object.description, object.id)
    return way === 'takes' ? { status: 200, retryAfter: null } : { error: 'timeout' }
  }

  function startServices(): void {
    for (const name of ['process 1', 'process 2']) startOne(name, services.length)
  }

  function startOne(name: string, place: number): void {
    const own = choices.within(name)
    const pool = database.open({
      pause: ({ phase, what }) => {
        const way = weather.isQuiet ? 'goes on' : own.pick(`${what} ${phase}`, weather.pauses)
        if (way === 'goes on') {
          // One in three takes some time, so that others come in between.
          const part = phase === 'before' ? own.spread('statement') : 1
          return part < 1 / 3 ? clock.wait(6 * part) : undefined
        }
        fault(`database: ${way}, ${phase} ${what === 'commit' ? 'a commit' : 'a statement'}`)
        trace(`${name.padEnd(20)} ${phase} ${what}: ${way}`)
        if (way === 'takes long') return clock.wait(5 + 3_000 * own.spread('takes'))
        if (way === 'the connection breaks') throw Object.assign(new Error('Connection terminated'), { code: '08006' })
        services[place]?.kill()
        return new Promise(() => {})
      },
    })
    const service = startService({
      name,
      clock,
      pool,
      accounts,
      send: sendOf(name, place),
      trace,
      complain: () => counts.errors++,
    })
    services[place] = service
    restartWhenDead(service, place)
  }

  /** A dead process waits for nobody: what it had sent may arrive all the same. */
  function sendOf(name: string, place: number): Deps['send'] {
    const own = choices.within(name)
    return async (request, timeoutMs) => {
      const reply = send(request, timeoutMs)
      const dies = own.pick('PSP call', { 'is waited for': 1 - weather.deaths, 'outlives its process': weather.deaths })
      if (dies === 'outlives its process') {
        fault('process killed while a PSP was called')
        clock.at(clock.now() + 400 * own.spread('dies after'), () => services[place]?.kill())
      }
      return reply
    }
  }

  function restartWhenDead(service: Service, place: number): void {
    const own = choices.within(service.name)
    service.whenKilled(() => {
      fault('process killed')
      clock.at(clock.now() + 100 + 15_000 * own.spread('starts again after'), () => startOne(service.name, place))
    })
  }

  function troubleServices(): void {
    if (choices.pick('database server', { 'stays up': 85, crashes: 15 }) === 'crashes') {
      clock.at(beginning + 40_000 * choices.spread('database crashes after'), () => {
        fault('database server crashed')
        trace('database             crashes')
        database.crash()
      })
    }
  }

  /** Somebody who knows a reference, and not the secret. */
  function attack(story: string): void {
    if (choices.within(story).pick('attacker', { 'stays away': 94, 'forges a webhook': 6 }) === 'stays away') return
    clock.at(beginning + 30_000 * choices.within(story).spread('attacks after'), async () => {
      const charge = [...database.tables.charges].find((one) => one.description === story)
      const attempt = [...database.tables.attempts].find((one) => one.charge_id === charge?.id)
      const service = pickService()
      if (attempt === undefined || service === undefined) return
      fault('forged webhook')
      trace(`attacker → FinCore   ${story}: forged payment.captured`)
      const amount = { value: Number(attempt.amount), currency: 'EUR' }
      const payment = { object: 'payment', id: 'pay_0', reference: attempt.id, status: 'captured', amount }
      const rest = { captured: amount.value, checkout_session: null, decline: null, action: null }
      const body = JSON.stringify({ id: 'wev_0', type: 'payment.captured', data: { payment: { ...payment, ...rest } } })
      await service.takeWebhook(attempt.psp_account_id, body, sign('guessed', Math.floor(clock.now() / 1000), body))
    })
  }
}

type EpisodeWeather = Weather & {
  /** Nothing happens to statements. */
  isQuiet: boolean
  /** What happens around each statement. */
  pauses: Readonly<Record<'goes on' | 'takes long' | 'the connection breaks' | 'the process dies', number>>
  /** The part of PSP calls during which the process dies. */
  deaths: number
}

/** Most episodes have some trouble, few have all of it at once, and some have none. */
function makeWeather(choices: Choices, clock: Clock): EpisodeWeather {
  const psp = { good: 0, unsteady: 0.12, bad: 0.45 }[choices.pick('PSP', { good: 25, unsteady: 50, bad: 25 })]
  const trouble = choices.pick('database', { quiet: 40, slow: 20, unsteady: 20, deadly: 20 })
  const outage = choices.pick('PSP outage', { none: 80, 'for a while': 20 })
  const from = clock.now() + 20_000 * choices.spread('outage begins')
  return {
    psp,
    outage: outage === 'none' ? null : { from, until: from + 1_200_000 * choices.spread('outage lasts') },
    isQuiet: trouble === 'quiet',
    pauses: {
      'goes on': 1,
      'takes long': trouble === 'slow' ? 0.05 : 0,
      'the connection breaks': trouble === 'unsteady' ? 0.01 : 0,
      'the process dies': trouble === 'deadly' ? 0.006 : 0,
    },
    deaths: trouble === 'deadly' ? 0.05 : 0,
  }
}

/** The seed of an episode of a run. */
export function seedOf(seed: number, episode: number): number {
  return Math.floor(numberOf(seed, `episode ${episode}`) * 2 ** 31)
}
