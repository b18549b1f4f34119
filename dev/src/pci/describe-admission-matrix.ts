import type { ErrorCode } from '@fincore/api-contract/errors'
import { type DocPage, table } from '../doc-page.ts'
import { addresses, certificates, expectedOf, grants, keys, listCells, namesOf } from './admission-matrix.ts'

/** `docs/pci/admission-matrix.md`: what admission must answer to every cell. */
export function describeAdmissionMatrix(): DocPage {
  return {
    path: 'docs/pci/admission-matrix.md',
    source: 'dev/src/pci/admission-matrix.ts',
    title: 'Who is admitted with a raw card',
    text: writeMatrix(),
  }
}

function writeMatrix(): string {
  const cells = listCells()
  const counts = Map.groupBy(cells, expectedOf)
  const codes = [...counts.entries()].sort(([a], [b]) => (a ?? '').localeCompare(b ?? ''))
  const admittedCells = cells.filter((cell) => expectedOf(cell) === null)
  return `${cells.length} cells: ${namesOf(keys).length} keys × ${namesOf(grants).length} grants × ${namesOf(certificates).length} certificates × ${namesOf(addresses).length} addresses. ${admittedCells.length} are admitted, the right one in both spellings of its address.
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
)}`
}

function show(code: ErrorCode | null): string {
  return code === null ? '**admitted**' : `\`${code}\``
}
