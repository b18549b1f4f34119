import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../../deps.ts'
import { createHotPath } from '../../store/hot-path.ts'
import type { Pool, Transaction } from '../../store/pool.ts'
import { type Books, readBooks } from './books.ts'
import { findFaultsOfBooks } from './faults-of-books.ts'

/** Something that tells FinCore of a charge: a PSP's event, a reply, a look-up's answer. */
export type News = {
  name: string
  /** How often it comes; the PSP repeats what it is not sure to have told. */
  times: number
  apply: (deps: Deps) => Promise<unknown>
}
export type Orders = {
  /** How many orders were gone through, repeats counted apart. */
  orders: number
  /** How often the real flows were called. */
  applied: number
  /** How the books stand at the end, in all words that do not depend on chance (ids, times). One, when the order does not matter. */
  ends: Map<string, Books>
}
/** Looks at one step: the books before the news, and after it. Throws when something is wrong. */
export type Look = (step: { before: Books; after: Books; news: News; fate: unknown; path: string[] }) => void

/**
 * Applies the news in every order there is, by the real flows on the real database. Not each order from its start: the
 * orders are a tree. Where two beginnings have led to the same books, events and all, the same news do the same, and are
 * applied there once. Where two that are made of the same news have led to the same rows, what follows is gone through
 * once, because the flows know nothing but the rows. Everything is rolled back at the end.
 *
 * It says what an order leads to. It says nothing of news that come at the same moment.
 */
export async function goThroughEveryOrder(deps: Deps, merchantId: string, news: News[], look: Look): Promise<Orders> {
  const client = await deps.pool.connect()
  try {
    await client.query('begin')
    const pool = nestIn(client)
    const inside: Deps = { ...deps, pool, hotPath: createHotPath(pool) }
    return await explore(openBranches(inside, client, merchantId), await readBooks(client, merchantId), news, look)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

type Step = { after: Books; fate: unknown }
type Branches = { applied(): number; stepFrom(path: readonly News[], next: News): Promise<Step> }

/** The database at the end of any beginning, which is gone back to and applied again as far as it must be. */
function openBranches(deps: Deps, client: Transaction, merchantId: string): Branches {
  /** What is applied now, each behind a savepoint of its place. */
  const standing: News[] = []
  let applied = 0
  const apply = async (next: News): Promise<unknown> => {
    await client.query(`savepoint step_${standing.length}`)
    standing.push(next)
    applied++
    return next.apply(deps)
  }
  return {
    applied: () => applied,
    async stepFrom(path, next) {
      const differs = path.findIndex((one, index) => one !== standing[index])
      const shared = differs === -1 ? path.length : differs
      if (shared < standing.length) {
        await client.query(`rollback to savepoint step_${shared}; release savepoint step_${shared}`)
        standing.length = shared
      }
      for (const one of path.slice(shared)) await apply(one)
      const fate = await apply(next)
      return { after: await readBooks(client, merchantId), fate }
    },
  }
}

async function explore(branches: Branches, start: Books, news: News[], look: Look): Promise<Orders> {
  const ends = new Map<string, Books>()
  /** How many orders lead on from a state, by what is left and how the rows are. */
  const known = new Map<string, number>()
  /** What each piece of news does, by how the books were. */
  const steps = new Map<string, Step>()

  const step = async (before: Books, path: readonly News[], next: News): Promise<Step> => {
    const key = `${next.name} ${describeBooks(before)}`
    const found = steps.get(key)
    if (found !== undefined) return found
    const made = await branches.stepFrom(path, next)
    const faults = findFaultsOfBooks(made.after)
    if (faults.length > 0) throw new Error(`After ${namesOf([...path, next])}:\n${faults.join('\n')}`)
    steps.set(key, made)
    return made
  }
  const visit = async (left: number[], before: Books, path: readonly News[]): Promise<number> => {
    const key = `${left} ${describeRows(before)}`
    const found = known.get(key)
    if (found !== undefined) return found
    if (left.every((times) => times === 0)) {
      ends.set(describeEnd(before), before)
      known.set(key, 1)
      return 1
    }
    let orders = 0
    for (const [index, next] of news.entries()) {
      const times = left[index] ?? 0
      if (times === 0) continue
      const { after, fate } = await step(before, path, next)
      look({ before, after, news: next, fate, path: [...path, next].map(({ name }) => name) })
      // A repeat is another event with the same content: as many orders as there are repeats to come first.
      orders += times * (await visit(left.with(index, times - 1), after, [...path, next]))
    }
    known.set(key, orders)
    return orders
  }
  const left = news.map(({ times }) => times)
  const orders = await visit(left, start, [])
  return { orders, applied: branches.applied(), ends }
}

function namesOf(path: readonly News[]): string {
  return path.map(({ name }) => name).join(', ')
}

/**
 * Applies all the news at once, for good, each at one of the services, in an order and with pauses that the seed
 * decides: what the orders one by one cannot show.
 *
 * @returns how the books stand then, in the words of `Orders.ends`: one of them, when news at once are news in some order.
 */
export async function applyAtOnce(services: Deps[], merchantId: string, news: News[], seed: number): Promise<string> {
  const random = randomOf(seed)
  const all = news.flatMap((one) => Array.from({ length: one.times }, () => ({ one, at: random(), by: random() })))
  await Promise.all(
    all.map(async ({ one, at, by }) => {
      await sleep(at * maxPauseMs)
      const service = services[Math.floor(by * services.length)]
      if (service === undefined) throw new Error('There is no service')
      await one.apply(service)
    }),
  )
  const [first] = services
  if (first === undefined) throw new Error('There is no service')
  const books = await readBooks(first.pool, merchantId)
  const faults = findFaultsOfBooks(books)
  if (faults.length > 0) throw new Error(`With seed ${seed}:\n${faults.join('\n')}`)
  return describeEnd(books)
}
/** About as long as one of the flows takes, so that some meet and some do not. */
const maxPauseMs = 6

/** Numbers from 0 to 1 that only the seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What flows can see of the books: all but the events, which they only write, and of a sequence whether it has begun. */
function describeRows({ events: _events, ...rows }: Books): string {
  return withoutIds(JSON.stringify(rows, (name, value) => (name === 'sequence' ? value > 0 : value)))
}

/** All that the books hold but ids: the rows, and what was told on the way to them. */
function describeBooks(books: Books): string {
  return withoutIds(JSON.stringify(books))
}

/** What an operator and a merchant see in the end. How many steps it took is the order's own. */
function describeEnd({ events: _events, endpoints: _endpoints, ...rows }: Books): string {
  return withoutIds(JSON.stringify(rows, (name, value) => (name === 'sequence' ? undefined : value)))
}

/** Ids are new in every branch: each is named by where it first stands. */
function withoutIds(text: string): string {
  const names = new Map<string, string>()
  return text.replace(/\b(?:ch|re|att|ps|dp)_[0-9a-z]{26}\b/g, (id) => {
    const name = names.get(id) ?? `#${names.size}`
    names.set(id, name)
    return name
  })
}

/** A pool that is one transaction: what would be transactions of their own become savepoints of it. */
function nestIn(client: Transaction): Pool {
  const words: Record<string, string> = {
    begin: 'savepoint flow',
    commit: 'release savepoint flow',
    rollback: 'rollback to savepoint flow',
  }
  const query = (text: string | object, values?: unknown[]) =>
    typeof text === 'string' ? client.query(words[text] ?? text, values) : client.query(text as { text: string })
  const nothing = () => {}
  const nested = { query, on: nothing, off: nothing, release: nothing }
  return { ...nested, connect: async () => nested } as unknown as Pool
}
