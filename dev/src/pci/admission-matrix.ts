import type { ErrorCode } from '@fincore/api-contract/errors'

/**
 * What admission must answer, written down apart from the code that answers it: every value of the four conditions, with
 * the refusal that it alone brings; null where the condition holds. The conditions are judged in this order, key first,
 * and the first that does not hold is what the caller is told.
 */
type Values = Readonly<Record<string, ErrorCode | null>>

export const keys = {
  valid: null,
  missing: 'raw_card_key_invalid',
  revoked: 'raw_card_key_invalid',
  'without the scope': 'raw_card_scope_missing',
  'of another merchant': null,
} as const satisfies Values

export const grants = {
  none: 'raw_card_grant_missing',
  requested: 'raw_card_grant_not_approved',
  active: null,
  suspended: 'raw_card_grant_suspended',
  lapsed: 'raw_card_grant_expired',
  revoked: 'raw_card_grant_revoked',
} as const satisfies Values

export const certificates = {
  right: null,
  none: 'client_certificate_required',
  'of an unknown authority': 'client_certificate_required',
  expired: 'client_certificate_required',
  'not registered': 'client_certificate_not_registered',
  'of another merchant': 'client_certificate_not_registered',
} as const satisfies Values

export const addresses = {
  inside: null,
  'inside, IPv4 as IPv6': null,
  outside: 'source_address_not_allowed',
  'outside, IPv4 as IPv6': 'source_address_not_allowed',
  'outside, `X-Forwarded-For` inside': 'source_address_not_allowed',
} as const satisfies Values

export type Cell = {
  key: keyof typeof keys
  grant: keyof typeof grants
  certificate: keyof typeof certificates
  address: keyof typeof addresses
}

/** Null for admitted. */
export function expectedOf({ key, grant, certificate, address }: Cell): ErrorCode | null {
  // Another merchant's key brings that merchant's own grant, which is active and lists a certificate that is none of these.
  const isOther = key === 'of another merchant'
  const stranger = isOther && certificate === 'right' ? 'client_certificate_not_registered' : null
  return keys[key] ?? (isOther ? null : grants[grant]) ?? certificates[certificate] ?? stranger ?? addresses[address]
}

export function listCells(): Cell[] {
  return namesOf(keys).flatMap((key) =>
    namesOf(grants).flatMap((grant) =>
      namesOf(certificates).flatMap((certificate) =>
        namesOf(addresses).map((address) => ({ key, grant, certificate, address })),
      ),
    ),
  )
}

export function namesOf<Name extends string>(values: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(values) as Name[]
}
