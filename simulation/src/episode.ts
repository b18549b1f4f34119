import { psps } from '@fincore/payment-service/psp-gateway/registry'
import { mayForge } from './attacker.ts'
import { makeChoices, numberOf, type Taken } from './choices.ts'
import { type Clock, makeClock, mostSteps, useClock } from './clock.ts'
import { makeDatabase } from './database/database.ts'
import { dueOf } from './due.ts'
import type { Ground } from './ground.ts'
import { findViolations, type Remains, type Violation } from './invariants.ts'
import { makeMerchant } from './merchant.ts'
import { makeSend } from './network.ts'
import { pickService, startProcesses } from './processes.ts'
import { makePsp } from './psp.ts'
import type { Service } from './service.ts'
import { accounts, addShop, makeEndpoint } from './shop.ts'
import { setStage } from './stage.ts'
import { type StoryWorld, tellStory } from './stories.ts'
import { measureTruth } from './time-to-truth.ts'
import { makeWeather } from './weather.ts'

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
/** After this long nothing more becomes known of what cannot be asked about. */
const mostAskedMs = 6 * 3_600_000
/** Payments begin within this time of each other. */
const spanMs = 20_000

/** Some payments in one small world, from their beginning until nothing is left to happen, and what is wrong then. */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const taken: Taken = new Map()
  const clock = makeClock(beginning)
  const faults = new Map<string, number>()
  const ground: Ground = {
    clock,
    choices: makeChoices(options.seed, taken, options.kept),
    trace: (line) => options.trace?.(`${((clock.now() - beginning) / 1000).toFixed(3).padStart(10)} s  ${line}`),
    fault: (kind) => void faults.set(kind, (faults.get(kind) ?? 0) + 1),
  }
  const database = makeDatabase({ now: () => new Date(clock.now()), setTimer: makeTimer(clock) })
  addShop(database)
  const endpoint = makeEndpoint(ground)
  let services: readonly Service[] = []
  let numbers = 0
  let errors = 0
  useClock(clock)
  setStage({
    clock,
    nextNumber: () => ++numbers,
    dueOf: (job) => (job === 'resolver' && isAskedInVain() ? Number.POSITIVE_INFINITY : dueOf(database, job)),
    isAlive: (log) => services.some((service) => service.log === log && service.isAlive()),
    deliver: (_url, headers, body) => endpoint.receive(headers, body),
  })

  const weather = makeWeather(ground)
  /** Then only that is in doubt which such a PSP never heard of, and an operator's turn has come. */
  const isAskedInVain = () => !weather.hasLookUps && clock.now() > beginning + mostAskedMs
  const psp = makePsp(ground, {
    accounts: accounts.map(({ id, credentials: { secret_key = '', webhook_secret = '' } }) => ({
      id,
      secretKey: secret_key,
      webhookSecret: webhook_secret,
    })),
    consistencyWindowMs: psps.sandbox.consistencyWindowMs,
    tellsAll: !weather.hasLookUps,
    deliver: async (account, body, signature) => {
      const service = pickService(services, ground.choices.spread('process for a webhook'))
      return (await service?.takeWebhook(account, body, signature)) ?? false
    },
  })
  const send = makeSend(ground, { psp, weather })
  services = startProcesses(ground, { database, weather, send, complain: () => errors++ })
  const merchant = makeMerchant(ground, services)
  const world: StoryWorld = {
    ...ground,
    merchant,
    psp,
    services,
    send,
    chargeOf: (story) => endpoint.charges.get(story) ?? merchant.chargeOf(story),
  }
  let untold = 0
  for (let number = 1; number <= options.payments; number++) {
    const story = `payment ${number}`
    const own = ground.choices.within(story)
    if (own.pick('happens', { no: 0, yes: 1 }) === 'no') continue
    untold++
    clock.at(beginning + spanMs * own.spread('begins after'), () => {
      tellStory(world, story).then(
        () => untold--,
        (error) => ground.trace(`the story of ${story} broke off: ${error}`),
      )
    })
    mayForge(ground, { database, services }, story)
  }
  const steps = await clock.run(beginning + longestMs)
  setStage(null)
  useClock(null)

  const { hasLookUps } = weather
  const remains = { tables: database.tables, psp, heard: merchant.heard, received: endpoint.received, hasLookUps }
  const violations = findViolations(remains)
  const unrest = steps === mostSteps ? 'the run does not come to rest' : untold > 0 ? 'a story did not end' : null
  if (unrest !== null) violations.push({ invariant: 'I7', harm: 'unresolved', story: 'nobody', what: unrest })
  return {
    remains,
    violations,
    taken,
    faults,
    timesToTruth: measureTruth(database.tables, psp, weather.outage?.until ?? 0),
    counts: { movements: psp.ledger.movements.length, events: endpoint.received.size, errors, steps },
  }
}

/** How the database's limits of waiting run out. */
function makeTimer(clock: Clock) {
  return (delayMs: number, run: () => void) => {
    const appointment = clock.at(clock.now() + delayMs, run)
    return () => {
      appointment.happen = null
    }
  }
}

/** The seed of an episode of a run. */
export function seedOf(seed: number, episode: number): number {
  return Math.floor(numberOf(seed, `episode ${episode}`) * 2 ** 31)
}
