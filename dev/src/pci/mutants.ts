/**
 * Ten ways to weaken the card firewall, each a small edit of the source, and the test file that must notice. `npm run
 * drill:mutants` tries them on a copy; docs/pci/mutants.md lists them.
 */
export type Mutant = {
  name: string
  /** What would be lost. */
  weakens: string
  edits: readonly { file: string; find: string; replacement: string }[]
  /** Parts of the paths of the test files that must fail, as run-tests takes them. */
  caughtBy: readonly string[]
}

const relay = 'card-relay/src'
const service = 'payment-service/src'

export const mutants: readonly Mutant[] = [
  {
    name: 'admission skipped',
    weakens: 'Everybody’s body is read.',
    edits: [
      {
        file: `${relay}/routes.ts`,
        find: 'const admission = await desk.admit(exchange.requestId, caller)',
        replacement:
          "const admission = (await Promise.resolve({ decision: 'admit', exemptKeys: [] })) as Awaited<ReturnType<typeof desk.admit>>",
      },
    ],
    caughtBy: ['card-relay/src/server.test.ts'],
  },
  {
    name: 'one condition of admission dropped',
    weakens: 'A stolen key and certificate work from any address.',
    edits: [
      {
        file: `${service}/card-door/admission.ts`,
        find: "if (!isInRanges(caller.sourceAddress, grant.addressRanges)) return 'source_address_not_allowed'",
        replacement: '',
      },
    ],
    caughtBy: ['payment-service/src/card-door/admission.test.ts'],
  },
  {
    name: 'no zeroing',
    weakens: 'Cards stay in the relay’s memory after their request.',
    edits: [
      {
        file: `${relay}/card-memory.ts`,
        find: '        bytes.fill(0)\n',
        replacement: '',
      },
    ],
    caughtBy: ['card-relay/src/wiping.test.ts'],
  },
  {
    name: 'echo kept',
    weakens: 'A PSP that repeats the card in its reply tells it to the payment service.',
    edits: [
      {
        file: `${relay}/psp-client.ts`,
        find: '!search.holdsNumber(value) && ',
        replacement: '',
      },
    ],
    caughtBy: ['card-relay/src/echo.test.ts'],
  },
  {
    name: 'allow-list off',
    weakens: 'A compromised payment service sends cards wherever it likes.',
    edits: [
      {
        file: `${relay}/psp-client.ts`,
        find: '!origins.includes(url.origin) || ',
        replacement: '',
      },
    ],
    caughtBy: ['card-relay/src/templates.test.ts'],
  },
  {
    name: 'tripwire off',
    weakens: 'Cards at the wrong door are parsed and stored.',
    edits: [
      {
        file: `${service}/card-door/refuse-card-data.ts`,
        find: 'refuseHit(watchForCardData(body, exemptKeys === undefined ? {} : { exemptKeys }), request)',
        replacement: 'refuseHit(exemptKeys === undefined ? null : null, request)',
      },
    ],
    caughtBy: ['payment-service/src/card-door/refuse-card-data.test.ts'],
  },
  {
    name: 'security code in the fingerprint',
    weakens: 'Something made from the code is kept for 90 days, and can be tried out.',
    edits: [
      {
        file: `${service}/flows/begin-charge.ts`,
        find: "{ type: 'card', card: input.card }",
        replacement: "{ type: 'card', card: input.card, cvc: (request as CreateCardCharge).payment_method.card.cvc }",
      },
    ],
    caughtBy: ['payment-service/src/flows/card-fingerprint.test.ts'],
  },
  {
    name: 'log of a body',
    weakens: 'What a caller of the log hands over is printed as it is.',
    edits: [
      {
        file: `${relay}/log.ts`,
        find: '.filter(([name, value]) => forms[name as keyof typeof forms].test(String(value)))',
        replacement: '',
      },
    ],
    caughtBy: ['card-relay/src/log.test.ts'],
  },
  {
    name: 'admit remembered past 5 s',
    weakens: 'A revocation closes the route too late.',
    edits: [
      {
        file: `${relay}/limits.ts`,
        find: 'admitRememberedMs: 4_000',
        replacement: 'admitRememberedMs: 6_000',
      },
    ],
    caughtBy: ['card-relay/src/admission.test.ts'],
  },
  {
    name: 'chain unsealed',
    weakens: 'Audit records can be changed without a trace.',
    edits: [
      {
        file: `${service}/audit/canonical.ts`,
        find: '  for (const r of records) {',
        replacement: '  for (const r of records.slice(records.length)) {',
      },
    ],
    caughtBy: ['payment-service/src/audit/audit.test.ts'],
  },
]
