import { fileURLToPath } from 'node:url'
import type { ErrorCode } from '@fincore/api-contract/errors'

export const matrixPagePath = fileURLToPath(new URL('../../docs/pci/admission-matrix.md', import.meta.url))

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

/** The page of the documents: `docs/pci/admission-matrix.md`. */
export function renderMatrixPage(): string {
  const cells = listCells()
  const counts = Map.groupBy(cells, expectedOf)
  const codes = [...counts.entries()].sort(([a], [b]) => (a ?? '').localeCompare(b ?? ''))
  const admittedCells = cells.filter((cell) => expectedOf(cell) === null)
  return `<!-- Made from end-to-end/src/admission-matrix.ts by \`npm run docs\`. Change the tables there. -->
# Who is admitted with a raw card

${cells.length} cells: ${namesOf(keys).length} keys × ${namesOf(grants).length} grants × ${namesOf(certificates).length} certificates × ${namesOf(addresses).length} addresses. ${admittedCells.length} are admitted, the right one in both spellings of its address.
\`admission-matrix.test.ts\` tries every cell over TLS on a real relay and payment service, half of them with a client that
waits for \`100 Continue\`, half with one that sends its body at once. For every cell that is refused the relay's counter
says that no byte of a body was read. The conditions are judged from left to right (key, grant, certificate, address), and
the first that does not hold is the code of the answer, always with status 403.

${table(
  ['answer', 'cells'],
  codes.map(([code, group]) => [show(code), String(group.length)]),
)}

## Key and grant

The code where key or grant decide, whatever certificate and address are; “→” goes on below.

${table(
  ['key ↓ · grant →', ...namesOf(grants)],
  namesOf(keys).map((key) => [
    key,
    ...namesOf(grants).map((grant) => {
      const isDecided = key !== 'of another merchant' && (keys[key] ?? grants[grant]) !== null
      return isDecided ? show(expectedOf({ key, grant, certificate: 'right', address: 'inside' })) : '→'
    }),
  ]),
)}

## Certificate and address, with a valid key and an active grant

${table(
  ['certificate ↓ · address →', ...namesOf(addresses)],
  namesOf(certificates).map((certificate) => [
    certificate,
    ...namesOf(addresses).map((address) => show(expectedOf({ key: 'valid', grant: 'active', certificate, address }))),
  ]),
)}

## Certificate, with the key of another merchant

Whatever the grant and the address are: that merchant's own grant is active, and none of these certificates belongs to it.

${table(
  ['certificate', 'answer'],
  namesOf(certificates).map((certificate) => [
    certificate,
    show(expectedOf({ key: 'of another merchant', grant: 'active', certificate, address: 'inside' })),
  ]),
)}
`
}

function show(code: ErrorCode | null): string {
  return code === null ? '**admitted**' : `\`${code}\``
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function namesOf<Name extends string>(values: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(values) as Name[]
}
