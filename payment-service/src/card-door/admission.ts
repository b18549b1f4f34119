import { normalizeIP } from '@fastify/rate-limit'
import type { Caller } from '@fincore/api-contract/card-door'
import type { ErrorCode } from '@fincore/api-contract/errors'
import ipaddr from 'ipaddr.js'
import { createThrottledAudit } from '../audit/throttled-audit.ts'
import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { createCached } from '../store/cached.ts'
import type { ApiKey } from '../store/directory.ts'
import { findDecidingGrant, type Grant } from '../store/grants.ts'
import { mostExemptions } from '../store/tripwire-exemptions.ts'
import { isSecretName } from './tripwire.ts'

type AdmissionDeps = Pick<Deps, 'pool' | 'directory' | 'now' | 'log' | 'metrics'>
/** `exemptKeys`: the keys of the merchant's metadata that the card relay leaves alone, as the tripwire does. */
export type Admitted = { merchantId: string; keyId: string; grantId: string; exemptKeys: string[] }
export type Admission = {
  /**
   * Whether this caller may send a card: all of key, scope, grant, certificate and address must hold. The first
   * condition that does not hold, in the order of the checks below, is the refusal's code. Refusals are audited.
   */
  admit(caller: Caller): Promise<{ admitted: Admitted } | Refusal>
  /** Writes what is still counted of the refusals. */
  close(): Promise<void>
}

/**
 * How long a key or a grant is believed without a look at the database, when the announcement of its change is lost. The
 * relay remembers an admit for 4 s more, and both together stay below the 5 s within which a revocation must close the
 * route. So these caches are the admission's own: the directory's entries live longer.
 */
const lifetimeMs = 500

export function createAdmission(deps: AdmissionDeps): Admission {
  const audit = createThrottledAudit(deps)
  const readKey = rememberBriefly(deps, (digest) => deps.directory.readApiKey(Buffer.from(digest, 'hex')))
  const readGrant = rememberBriefly(deps, (merchantId) => findDecidingGrant(deps.pool, merchantId))

  return {
    async admit(caller) {
      const found = caller.keyDigest === null ? null : await readKey(caller.keyDigest)
      // A publishable key stands in web pages, and is nobody's word.
      const key = found?.kind === 'secret' ? found : null
      const grant = key?.scopes.has('charges:raw_card') ? await readGrant(key.merchantId) : null
      const code = findObstacle(caller, key, grant, deps.now())
      if (code === null && key !== null && grant !== null) {
        const exemptKeys = [...key.tripwireExemptions].filter((name) => !isSecretName(name)).slice(0, mostExemptions)
        return { admitted: { merchantId: key.merchantId, keyId: key.id, grantId: grant.id, exemptKeys } }
      }
      const refusal = refuse(code ?? 'raw_card_grant_missing')
      // An unknown key is the caller's invention, and who invents many of them is still one address.
      audit.record(`${key?.id ?? normalizeIP(caller.sourceAddress)} ${refusal.refused}`, {
        actorType: key === null ? 'anonymous' : 'merchant',
        actor: key?.id ?? 'unknown',
        type: 'raw_card.admission',
        outcome: 'refused',
        origin: caller.sourceAddress,
        merchantId: key?.merchantId ?? null,
        resource: grant?.id ?? 'POST /v1/charges',
        details: { code: refusal.refused, certificate: caller.certificateFingerprint },
      })
      return refusal
    },
    close: () => audit.flush(),
  }
}

/** The same reading, asked at most once per `lifetimeMs` and key, and anew after an announced change. */
function rememberBriefly<Value>(
  deps: AdmissionDeps,
  read: (key: string) => Promise<Value | null>,
): (key: string) => Promise<Value | null> {
  const cache = createCached(async (key) => ({ value: await read(key) }), { ttl: lifetimeMs })
  deps.directory.onChange(cache.dropAll)
  return async (key) => (await cache.read(key)).value
}

const codeByEndedStatus = {
  requested: 'raw_card_grant_not_approved',
  suspended: 'raw_card_grant_suspended',
  expired: 'raw_card_grant_expired',
  revoked: 'raw_card_grant_revoked',
} as const satisfies Partial<Record<Grant['status'], ErrorCode>>

/** The first condition of admission that does not hold; null when all hold. */
function findObstacle(caller: Caller, key: ApiKey | null, grant: Grant | null, now: Date): ErrorCode | null {
  if (key === null) return 'raw_card_key_invalid'
  if (!key.scopes.has('charges:raw_card')) return 'raw_card_scope_missing'
  if (grant === null) return 'raw_card_grant_missing'
  if (grant.status !== 'active') return codeByEndedStatus[grant.status]
  // The job that ends grants may not have run yet. Days compare as text in this form.
  if (now.toISOString().slice(0, 10) > grant.validUntil) return 'raw_card_grant_expired'
  if (caller.certificateFingerprint === null) return 'client_certificate_required'
  if (!grant.certificateFingerprints.includes(caller.certificateFingerprint)) return 'client_certificate_not_registered'
  if (!isInRanges(caller.sourceAddress, grant.addressRanges)) return 'source_address_not_allowed'
  return null
}

/** Whether an address is inside one of the ranges. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is IPv4. */
function isInRanges(address: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range)
    return network.kind() === parsed.kind() && parsed.match(network, bits)
  })
}
