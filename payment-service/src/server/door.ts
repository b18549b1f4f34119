import { AsyncLocalStorage } from 'node:async_hooks'
import { hash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { makeProblem } from '@fincore/api-contract/errors'
import { LRUCache } from 'lru-cache'
import { createAdaptiveLimit, type LimitBounds } from '../adaptive-limit.ts'
import { createFairPlaces, type FairPlaces, type Place } from '../fair-places.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { type Metrics, recordsNothing } from '../observability/metrics.ts'
import { refuse } from '../refusal.ts'
import { RefusalError } from './problems.ts'
import { overwriteRest } from './read-body.ts'
import { rinseSoon } from './rinse.ts'

/**
 * Decides before anything else whether a request is taken. Under more load than the process can carry, the surplus is
 * answered at once with 503 `overloaded` and `Retry-After`, before its body is read, its key looked up or anything
 * written, so that what is taken is finished. docs/decisions/0010 has the reasons.
 */
export type Door = {
  /** Stands before a server's own handling of requests. */
  guard(handle: RequestListener): RequestListener
  /** True for a shopper's request that was not taken: it is answered with a page, and Retry-After is this. */
  findShed(request: IncomingMessage): { retryAfterSeconds: number } | null
  /**
   * Runs a route's handler: from here on the time that the request takes is time that it takes here, and its place is kept
   * until the handler is done, also when the client has gone. Throws a RefusalError when it had gone before.
   */
  work<Result>(request: IncomingMessage, handle: () => Result): Promise<Result>
  /** The handler is done when its answer is there; an answer whose turn on its connection never comes would keep it. */
  answered(request: IncomingMessage): void
  /** Remembers whose key this is, for sharing alone: nobody is let in by it. */
  learnOwner(keyDigest: string, merchantId: string): void
  /** Remembers that there is this PSP account, so that its webhooks have a part of their own. */
  learnPspAccount(id: string): void
  /** For what does not come through `guard`, the relay's questions: the place, or null when the merchant has its share. */
  enter(merchantId: string): { end(): void } | null
  hasRoomFor(merchantId: string): boolean
  /** How long a request has waited for PSPs so far, in ms; null when it has called none. */
  awayMs(request: IncomingMessage): number | null
  /** Does what is not this process's own work, a call to a PSP: meanwhile the request's place is others'. */
  away<Result>(work: () => Promise<Result>): Promise<Result>
}

type Limited = 'psp_webhook' | 'shopper' | 'merchant'
type Kind = 'always' | Limited

const pspWebhookPath = '/v1/psp_webhooks/'
/**
 * Who is shed first. `/health/…` never: whoever watches the process would end it, and with it what was begun. A PSP's
 * webhooks and shoppers' pages have places of their own, so many that merchants' load never sheds them; a PSP sends again,
 * a shopper does not. Everything else is merchants', shared by the owners of the keys.
 */
const kindByBeginning: readonly (readonly [beginning: string, kind: Kind])[] = [
  [pspWebhookPath, 'psp_webhook'],
  ['/s/', 'shopper'],
  ['/c/', 'shopper'],
  ['/link-assets/', 'shopper'],
  ['/v1/client_config', 'shopper'],
  ['/health/', 'always'],
]

/**
 * The longest that a merchant's request may take here on average, what it waits for PSPs not counted, in ms. Nobody who
 * waits for a PSP notices it, and a queue that is worked off in this time is none. A slow database counts: that is waiting.
 */
const targetMs = 100
const ofMerchants = {
  /**
   * Enough to keep process and database busy, when it is not their number that makes requests late: nine refused ones for
   * each lengthen every turn of the event loop, and fewer at once would then only mean fewer done.
   */
  least: 192,
  /** A burst is worked off; only when more follows is it too much. */
  first: 256,
  /** Bounds the memory: so many bodies of 64 KiB may be held. */
  most: 1_024,
}
/** Each may hold a body of 256 KiB; shared by accounts, so that a flood for one leaves room for the others. */
const mostPspWebhooks = 256
/** Shoppers have no body to speak of. They are not told apart here: behind a load balancer all have one address. */
const mostShoppers = 512
/** Reads get half of what their merchant could have, so that the first to be shed is what changes nothing. */
const portionOfReads = 0.5
/** Spread, so that those who were sent away together do not come back together. */
const retryAfterSeconds = () => 1 + Math.floor(Math.random() * 3)
/** Owners by the digests of their keys; PSP accounts. */
const maxKnownOwners = 10_000
/** All whose key or account is not known here share as one owner: whoever invents them competes with those who do so. */
const unknownOwner = ''
/** Shed requests are counted into one line of the log, because a line for each would cost more than shedding it. */
const tellEveryMs = 1_000

type Work = {
  place: Place
  /** Whether its time tells how many requests at once are too many. */
  isMeasured: boolean
  /** When its handler began, by the process's own clock, in ms; 0 before. */
  begunAt: number
  isHandled: boolean
  isClosed: boolean
  /** How many PSPs it waits for now, since when, and how long it did before. */
  absences: number
  leftAt: number
  awayMs: number
}
const makeWork = (place: Place, isMeasured: boolean, begunAt = 0): Work => ({
  place,
  isMeasured,
  begunAt,
  isHandled: false,
  isClosed: false,
  absences: 0,
  leftAt: 0,
  awayMs: 0,
})

/**
 * @param docsUrl the address of the docs, for the `type` of a problem.
 * @param bounds of merchants' requests at once; a test sets lower ones.
 */
export function createDoor(
  docsUrl: string,
  log: Log,
  bounds: LimitBounds = ofMerchants,
  metrics: Metrics = recordsNothing,
): Door {
  const limit = createAdaptiveLimit({ bounds, target: () => targetMs })
  const merchants = createFairPlaces(limit.current)
  const pspWebhooks = createFairPlaces(() => mostPspWebhooks)
  const shoppers = createFairPlaces(() => mostShoppers, Number.POSITIVE_INFINITY)
  const owners = new LRUCache<string, string>({ max: maxKnownOwners })
  const pspAccounts = new LRUCache<string, true>({ max: maxKnownOwners })
  const works = new WeakMap<IncomingMessage, Work>()
  const shedShoppers = new WeakMap<IncomingMessage, { retryAfterSeconds: number }>()
  const current = new AsyncLocalStorage<Work>()
  const whenClosed = createClosings()
  const countShed = createShedCounter(log, metrics)
  tellPlaces(metrics, {
    merchant: { places: merchants, most: limit.current },
    psp_webhook: { places: pspWebhooks, most: () => mostPspWebhooks },
    shopper: { places: shoppers, most: () => mostShoppers },
  })
  const answerShed = makeShedAnswer(docsUrl)

  const ownerOf = (request: IncomingMessage): string => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    return owners.get(hash('sha256', token)) ?? unknownOwner
  }
  /** The account as the path names it, query left out; in any other spelling it is none that is known. */
  const pspAccountOf = (request: IncomingMessage): string => {
    const id = request.url?.slice(pspWebhookPath.length).split('?', 1)[0] ?? ''
    return pspAccounts.get(id) === undefined ? unknownOwner : id
  }
  const take = (place: Place, owner: string, portion: number): boolean => {
    limit.wanted(merchants.taken())
    return place.take(owner, portion)
  }
  const enterAs = (kind: Limited, request: IncomingMessage): Place | null => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const place = { merchant: merchants, psp_webhook: pspWebhooks, shopper: shoppers }[kind].open()
    const isTaken =
      kind === 'merchant'
        ? take(place, ownerOf(request), isRead ? portionOfReads : 1)
        : place.take(kind === 'shopper' ? '' : pspAccountOf(request))
    return isTaken ? place : null
  }
  const finish = (work: Work): void => {
    work.place.end()
    if (!work.isMeasured || work.begunAt === 0) return
    const now = performance.now()
    const awayMs = work.awayMs + (work.absences > 0 ? now - work.leftAt : 0)
    limit.took(work.begunAt, now - work.begunAt - awayMs)
  }
  const close = (work: Work): void => {
    work.isClosed = true
    if (work.isHandled || work.begunAt === 0) finish(work)
  }
  const handled = (work: Work): void => {
    if (work.isHandled) return
    work.isHandled = true
    if (work.isClosed) finish(work)
  }

  return {
    guard: (handle) => (request, response) => {
      const kind = kindOf(request.url ?? '')
      if (kind === 'always') return handle(request, response)
      const place = enterAs(kind, request)
      if (place === null) {
        countShed(kind)
        if (kind !== 'shopper') return answerShed(request, response)
        shedShoppers.set(request, { retryAfterSeconds: retryAfterSeconds() })
        return handle(request, response)
      }
      const work = makeWork(place, kind === 'merchant')
      whenClosed(request.socket, response, () => close(work))
      works.set(request, work)
      current.run(work, () => handle(request, response))
    },
    findShed: (request) => shedShoppers.get(request) ?? null,
    async work(request, handle) {
      const work = works.get(request)
      if (work === undefined) return await handle()
      // Nobody is there to hear what would be done, and its place is others' already.
      if (work.isClosed) throw new RefusalError(refuse('malformed_http'))
      work.begunAt = performance.now()
      try {
        return await handle()
      } finally {
        handled(work)
      }
    },
    answered(request) {
      const work = works.get(request)
      if (work !== undefined) handled(work)
    },
    learnOwner(keyDigest, merchantId) {
      if (owners.get(keyDigest) !== merchantId) owners.set(keyDigest, merchantId)
    },
    learnPspAccount(id) {
      pspAccounts.set(id, true)
    },
    enter(merchantId) {
      const place = merchants.open()
      if (!take(place, merchantId, 1)) {
        countShed('merchant')
        return null
      }
      const work = makeWork(place, true, performance.now())
      return { end: () => finish(work) }
    },
    awayMs(request) {
      const work = works.get(request)
      return work === undefined || work.awayMs === 0 ? null : work.awayMs
    },
    hasRoomFor: (merchantId) => merchants.hasRoomFor(merchantId),
    async away(call) {
      const work = current.getStore()
      if (work === undefined) return call()
      if (work.absences++ === 0) {
        work.leftAt = performance.now()
        work.place.pause()
      }
      try {
        return await call()
      } finally {
        if (--work.absences === 0) {
          work.awayMs += performance.now() - work.leftAt
          work.place.resume()
        }
      }
    },
  }
}

export function kindOf(url: string): Kind {
  return kindByBeginning.find(([beginning]) => url.startsWith(beginning))?.[1] ?? 'merchant'
}

/**
 * Tells once of every response that it is closed, also when the client goes away; and of those whose connection is. Older
 * Nodes (before nodejs/node#62534) do not close a response that stands in line behind others when its connection breaks.
 */
function createClosings(): (socket: Socket, response: ServerResponse, tell: () => void) => void {
  const open = new WeakMap<Socket, Set<() => void>>()
  const openOf = (socket: Socket): Set<() => void> => {
    const known = open.get(socket)
    if (known !== undefined) return known
    const closings = new Set<() => void>()
    open.set(socket, closings)
    socket.once('close', () => {
      for (const close of closings) close()
    })
    return closings
  }
  return (socket, response, tell) => {
    const closings = openOf(socket)
    const close = () => {
      if (closings.delete(close)) tell()
    }
    closings.add(close)
    response.once('close', close)
  }
}

/** The whole answer costs a few microseconds: at ten times the load nine of ten requests end here. */
function makeShedAnswer(docsUrl: string): (request: IncomingMessage, response: ServerResponse) => void {
  const mark = '\0'
  const [before = '', after = ''] = JSON.stringify(makeProblem('overloaded', { docsUrl, requestId: mark })).split(
    JSON.stringify(mark).slice(1, -1),
  )
  return (request, response) => {
    // It may be a card at the wrong door.
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      overwriteRest(request)
      rinseSoon()
    }
    const requestId = newId('request')
    const body = `${before}${requestId}${after}`
    response.writeHead(503, {
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'retry-after': String(retryAfterSeconds()),
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
    })
    // Plain ASCII, which is quicker to write when Node is told so.
    response.end(body, 'latin1')
  }
}

function createShedCounter(log: Log, metrics: Metrics): (kind: Limited) => void {
  let count = 0
  const tell = () => {
    log.warn('more requests than can be done were answered with 503', { code: 'overloaded', count })
    count = 0
  }
  return (kind) => {
    metrics.count('fincore_http_requests_shed_total', { kind })
    if (count === 0) setTimeout(tell, tellEveryMs).unref()
    count++
  }
}

function tellPlaces(metrics: Metrics, kinds: Record<Limited, { places: FairPlaces; most(): number }>): void {
  const list = Object.entries(kinds) as [Limited, { places: FairPlaces; most(): number }][]
  metrics.read('fincore_door_places_in_use', () =>
    list.map(([kind, { places }]) => ({ labels: { kind }, value: places.taken() })),
  )
  metrics.read('fincore_door_places', () => list.map(([kind, { most }]) => ({ labels: { kind }, value: most() })))
}
