import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { refuse } from '../refusal.ts'
import { RefusalError } from './problems.ts'
import type { App } from './server.ts'

/** Counts a request, and throws a RefusalError (`rate_limited`) when its bucket is full. */
export type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

const windowMs = 60_000

/**
 * A limit with buckets of its own, in this process's memory. Without `keyOf` there is one bucket per address.
 *
 * @param options `isTold`: every answer says how its caller stands with this limit, and not only one that exceeds it.
 */
export function createLimit(
  app: App,
  options: { perMinute: number; keyOf?: (request: FastifyRequest) => string; isTold?: true },
): Limit {
  const keyGenerator = options.keyOf ?? addressOf
  const policy = `${options.perMinute};w=${windowMs / 1_000}`
  // Made at the first request, because the plugin that makes it is loaded by then.
  let count: ReturnType<App['createRateLimit']> | undefined
  return async (request, reply) => {
    count ??= app.createRateLimit({ max: options.perMinute, timeWindow: windowMs, keyGenerator })
    const bucket = await count(request)
    if (bucket.isAllowed) return
    if (options.isTold === true || bucket.isExceeded) {
      // The fields of draft-ietf-httpapi-ratelimit-headers-06, the last with a field for each figure: what gateways and
      // clients read. Drafts since 07 put all into one structured field, which changed with each of them.
      reply.headers({
        'ratelimit-policy': policy,
        'ratelimit-limit': bucket.max,
        'ratelimit-remaining': bucket.remaining,
        'ratelimit-reset': bucket.ttlInSeconds,
      })
    }
    if (bucket.isExceeded)
      throw new RefusalError(refuse('rate_limited', { retryAfterSeconds: Math.max(1, bucket.ttlInSeconds) }))
  }
}

/** The caller's address; of IPv6 the /64, because one caller has all of it. */
export function addressOf(request: FastifyRequest): string {
  return normalizeIP(request.ip)
}

/** How many names that were found stay known, and for how long. */
const known = { max: 10_000, ttl: 600_000 }

/**
 * Looks up what a caller names. A name that was found lately is looked up at once; any other counts against `limit`
 * first, so that whoever invents names soon asks the database for nothing, and those with good ones do not feel it.
 */
export function createGuardedLookUp<Found extends object>(
  limit: Limit,
  find: (name: string) => Promise<Found | null>,
): (request: FastifyRequest, reply: FastifyReply, name: string) => Promise<Found | null> {
  const knownNames = new LRUCache<string, true>(known)
  return async (request, reply, name) => {
    if (!knownNames.has(name)) await limit(request, reply)
    const found = await find(name)
    if (found !== null) knownNames.set(name, true)
    return found
  }
}
