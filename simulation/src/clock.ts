import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'

/**
 * Virtual time. Nothing waits for real: the run goes from one event to the next, and between two of them everything that
 * can go on without time passing does. Timers of the code under test go by it too, because they are replaced before
 * that code is loaded (`installClock`).
 */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `happen` at a time, after whatever was to happen before; never sooner than now. */
  at(time: number, happen: () => void): Appointment
  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void>
  /** Adds a round that is made when its time has come: see `Round`. Gives back how to take it away again. */
  addRound(round: Round): () => void
  /** Goes on until nothing is left to happen before `end`; gives the number of steps, at most `mostSteps`. */
  run(end: number): Promise<number>
}

/** A job that looks for work every so often. Rounds that would find nothing are skipped, and cost nothing. */
export type Round = {
  /** Not before this time; `Infinity` while one runs. */
  earliest: number
  /** When there is something for it to find, or `Infinity`. */
  due(): number
  start(): void
}

export type Appointment = { time: number; order: number; happen: (() => void) | null }

/** More steps than any run of a few payments takes: it goes round in a circle. */
export const mostSteps = 50_000

export function makeClock(start: number): Clock {
  let time = start
  let order = 0
  const heap: Appointment[] = []
  const rounds = new Set<Round>()

  const at = (when: number, happen: () => void): Appointment => {
    const appointment = { time: Math.max(when, time), order: order++, happen }
    push(heap, appointment)
    return appointment
  }
  /** The round whose turn comes first, and when. */
  function firstRound(): { round: Round; when: number } | null {
    let first: { round: Round; when: number } | null = null
    for (const round of rounds) {
      if (round.earliest === Number.POSITIVE_INFINITY) continue
      const when = Math.max(round.earliest, round.due(), time)
      if (when < (first?.when ?? Number.POSITIVE_INFINITY)) first = { round, when }
    }
    return first
  }
  return {
    now: () => time,
    at,
    wait: (ms) => new Promise((resolve) => at(time + ms, resolve)),
    addRound(round) {
      rounds.add(round)
      return () => void rounds.delete(round)
    },
    async run(end) {
      for (let steps = 0; ; steps++) {
        if (steps === mostSteps) return steps
        const next = heap[0]
        const nextAt = next?.time ?? Number.POSITIVE_INFINITY
        const turn = firstRound()
        if (turn !== null && turn.when < nextAt && turn.when <= end) {
          time = turn.when
          turn.round.start()
        } else if (next !== undefined && nextAt <= end) {
          pop(heap)
          if (next.happen === null) continue
          time = next.time
          next.happen()
        } else return steps
        // Everything that follows from it without time passing: a tick comes when no promise has anything left to do.
        await new Promise<void>((resolve) => process.nextTick(resolve))
      }
    },
  }
}

let current: Clock | null = null

/** Says whose time the timers go by from now on; null: the real one. */
export function useClock(clock: Clock | null): void {
  current = clock
}

/**
 * Replaces the timers, `performance.now` and `Math.random` of this process; to be called before anything that may keep
 * the real ones is loaded. Outside of a run they are the real ones still.
 */
export function installClock(random: () => number): void {
  const real = { setTimeout, setImmediate, clearTimeout }
  const own = new WeakSet<object>()
  const set = (happen: () => void, ms = 0) => {
    if (current === null) return real.setTimeout(happen, ms)
    const appointment = current.at(current.now() + ms, happen)
    own.add(appointment)
    return Object.assign(appointment, { ref: () => appointment, unref: () => appointment })
  }
  const clear = (timer?: Appointment | NodeJS.Timeout) => {
    if (timer === undefined) return
    if (own.has(timer)) Object.assign(timer, { happen: null })
    else real.clearTimeout(timer as NodeJS.Timeout)
  }
  Object.assign(globalThis, {
    setTimeout: set,
    clearTimeout: clear,
    setImmediate: (happen: () => void) => (current === null ? real.setImmediate(happen) : set(happen)),
    clearImmediate: clear,
  })
  performance.now = () => current?.now() ?? Date.now()
  Math.random = random
  const wait = (ms: number, value: unknown, options: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const timer = set(() => resolve(value), ms)
      options.signal?.addEventListener('abort', () => {
        clear(timer)
        reject(options.signal?.reason)
      })
    })
  timersPromises.setTimeout = wait as typeof timersPromises.setTimeout
  syncBuiltinESMExports()
}

function isBefore(one: Appointment, other: Appointment): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order)
}

/** A binary heap, the next appointment first. */
function push(heap: Appointment[], appointment: Appointment): void {
  let at = heap.length
  heap.push(appointment)
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent] as Appointment
    if (!isBefore(appointment, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = appointment
}

function pop(heap: Appointment[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    const right = heap[child + 1]
    if (right !== undefined && isBefore(right, heap[child] as Appointment)) child++
    const below = heap[child] as Appointment
    if (!isBefore(below, last)) break
    heap[at] = below
    at = child
  }
  heap[at] = last
}
