import type { Statement, StatementFault, StatementMoment } from './database-link.ts'
import { drawFault, type FaultWeights, type HttpFault } from './http-faults.ts'
import type { Exchange, HttpMoment } from './http-link.ts'
import type { Journal } from './journal.ts'
import type { Random } from './random.ts'

/** One place in the life of a payment, as the proxies can see it. */
export type Place =
  | { at: HttpMoment; exchange(exchange: Exchange): boolean }
  | { at: StatementMoment; statement(statement: Statement): boolean }

/** Which faults strike, how often, where. A chance of 0 is a calm link. */
export type Weather = {
  /** By link; `webhooks` are the PSP's, which share the front with the merchants. */
  http: Partial<Record<string, { chance: number; faults: FaultWeights }>>
  database: { chance: number }
  /** Beyond the caller's patience, and within it. */
  longestMs: number
}

export const calm: Weather = { http: {}, database: { chance: 0 }, longestMs: 500 }

/** What the links ask: which fault strikes this message, and whether somebody waits for this moment. */
export type Meddling = {
  setWeather(weather: Weather): void
  /**
   * Waits until something reaches the place, holds it there, does the work, and lets it go on.
   * @returns whether it was reached in time.
   */
  catchAt(place: Place, work: () => Promise<void>, withinMs: number): Promise<boolean>
  chooseFault(link: string, exchange: Exchange): HttpFault | null
  chooseStatementFault(statement: Statement): StatementFault | null
  reached(moment: HttpMoment, exchange: Exchange): Promise<void>
  reachedStatement(moment: StatementMoment, statement: Statement): Promise<void>
  /** How many faults of each kind struck, by link and kind. */
  counts: ReadonlyMap<string, number>
}

type Trap = { place: Place; work: () => Promise<void>; done: (reached: boolean) => void }

export function createMeddling(random: Random, journal: Journal): Meddling {
  let weather = calm
  const traps = new Set<Trap>()
  const counts = new Map<string, number>()
  /** Deliveries to the merchant that met a fault already: the schedule's third try comes after the drill's end. */
  const struckEvents = new Set<string>()
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)

  const spring = async (fits: (trap: Trap) => boolean): Promise<void> => {
    for (const trap of traps) {
      if (!fits(trap)) continue
      traps.delete(trap)
      try {
        await trap.work()
      } finally {
        trap.done(true)
      }
      return
    }
  }
  return {
    counts,
    setWeather: (next) => {
      weather = next
    },
    catchAt: (place, work, withinMs) =>
      new Promise((resolve) => {
        const trap: Trap = {
          place,
          work,
          done: (reached) => {
            clearTimeout(timer)
            resolve(reached)
          },
        }
        const timer = setTimeout(() => {
          if (traps.delete(trap)) resolve(false)
        }, withinMs)
        traps.add(trap)
      }),
    chooseFault(link, exchange) {
      const place = exchange.path.startsWith('/v1/psp_webhooks/') ? 'webhooks' : link
      const here = weather.http[place]
      if (here === undefined || !random.chance(here.chance)) return null
      if (place === 'events') {
        const id = /"id":"(evt_[0-9a-z]+)"/.exec(exchange.body)?.[1] ?? ''
        if (struckEvents.has(id)) return null
        struckEvents.add(id)
      }
      const fault = drawFault(random, here.faults, weather.longestMs)
      count(`${place}: ${fault.kind}`)
      note(journal, exchange, `the link “${place}”: ${fault.kind}, ${exchange.method} ${exchange.path}`)
      return fault
    },
    chooseStatementFault(statement) {
      if (weather.database.chance === 0 || !random.chance(weather.database.chance)) return null
      // Logging in, and what asks nothing of a table, is not worth a fault.
      if (statement.text.length < 20) return null
      const fault = random.pick(['reset before sent', 'reset after sent', 'delay'] as const)
      count(`database: ${fault}`)
      return fault
    },
    reached: (moment, exchange) => {
      if (moment === 'reply seen') note(journal, exchange, `${exchange.method} ${exchange.path} → ${exchange.status}`)
      return spring(({ place }) => place.at === moment && 'exchange' in place && place.exchange(exchange))
    },
    reachedStatement: (moment, statement) =>
      spring(({ place }) => place.at === moment && 'statement' in place && place.statement(statement)),
  }
}

/** What the PSP is asked names our reference; a look-up has it in its address. */
function note(journal: Journal, exchange: Exchange, text: string): void {
  const reference =
    /"reference":"(att_[0-9a-z]+)"/.exec(exchange.body)?.[1] ?? /reference=(att_[0-9a-z]+)/.exec(exchange.path)?.[1]
  if (reference !== undefined) journal.note(reference, text)
}
