import { type Command, Option } from 'commander'
import { toJson } from '../../printable.ts'
import { action, collect, merchantOption, type Run, readId, withExamples } from '../action.ts'
import { openAdmin } from '../connection.ts'
import { digestOfFile, fingerprintOfFile } from '../evidence.ts'
import { CommandFailure } from '../failures.ts'
import { call, type Door } from '../http-client.ts'
import { type ListOptions, printList, readList, withListOptions } from '../lists.ts'
import { readDay } from '../read-time.ts'
import { say } from '../surroundings.ts'
import { type Column, printFields } from '../table.ts'

type Grant = {
  id: string
  status: string
  evidence_kind: string
  evidence_reference: string
  evidence_sha256: string
  valid_until: string
  address_ranges: string[]
  certificate_fingerprints: string[]
  requested_by: string
  approved_by: string | null
}
type OfMerchant = { merchant: string }
type RequestOptions = OfMerchant & {
  evidenceKind: string
  evidenceReference: string
  evidenceFile: string
  evidenceDate: string
  validUntil: string
  addressRange: string[]
  certificate: string[]
}

const columns: readonly Column<Grant>[] = [
  { name: 'id', show: ({ id }) => id },
  { name: 'status', show: ({ status }) => status },
  { name: 'valid until', show: ({ valid_until }) => valid_until },
  { name: 'from', show: ({ address_ranges }) => address_ranges.join(' '), mayShrink: true },
  { name: 'asked by', show: ({ requested_by }) => requested_by },
  { name: 'approved by', show: ({ approved_by }) => approved_by },
]
const merchantExample = '--merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f'
const grantExample = `grant_01kx7p2z3r8v9w0a1b2c3d4e5f ${merchantExample}`

/** What an operator does with a grant that there is, and what then holds. */
const steps = {
  suspend: { does: 'Closes the door for a while: within 5 seconds no card is taken.', after: 'No card is taken.' },
  resume: { does: 'Opens the door of a suspended grant again.', after: 'Cards are taken again.' },
  revoke: { does: 'Ends a grant for good. To send cards again, a new one must be asked for.', after: 'It has ended.' },
} as const

/** `fincore raw-card`: who may send card numbers. */
export function addRawCard(program: Command, run: Run): void {
  const { io } = run
  const rawCard = program
    .command('raw-card')
    .summary('who may send card numbers')
    .description('Who may send card numbers: nobody, until one operator has asked for a grant and another approved it.')

  withExamples(
    rawCard.command('request'),
    `fincore raw-card request ${merchantExample} --evidence-kind saq_d --evidence-file saq-d.pdf --evidence-reference "SAQ D of 2026, archive 17/4" --evidence-date 2026-01-15 --valid-until 2026-12-31 --address-range 203.0.113.0/28 --certificate client.pem`,
  )
    .description(
      'Asks that a merchant may send cards. FinCore keeps the digest of the evidence, not the document: file it.',
    )
    .addOption(merchantOption())
    .addOption(
      new Option('--evidence-kind <kind>', 'SAQ D, or a ROC with its AOC')
        .choices(['saq_d', 'roc_aoc'])
        .makeOptionMandatory(),
    )
    .requiredOption('--evidence-file <path>', 'the document; its SHA-256 is kept')
    .requiredOption('--evidence-reference <text>', 'what it is, and where it is filed')
    .requiredOption('--evidence-date <day>', 'the date of the attestation', readDay)
    .requiredOption('--valid-until <day>', 'the last day, at most 12 months after that', readDay)
    .requiredOption('--address-range <cidr>', 'where cards come from; may be given several times', collect)
    .requiredOption('--certificate <path>', 'a client certificate; may be given several times', collect)
    .action(
      action<RequestOptions>(run, async (options) => {
        const door = openAdmin(io, options)
        const body = {
          evidence_kind: options.evidenceKind,
          evidence_reference: options.evidenceReference,
          evidence_sha256: digestOfFile(options.evidenceFile),
          evidence_date: options.evidenceDate,
          valid_until: options.validUntil,
          address_ranges: options.addressRange,
          certificate_fingerprints: options.certificate.map(fingerprintOfFile),
        }
        const grant = await call<Grant>(door, 'POST', pathOf(options), { body })
        if (options.json) return say(io, toJson(grant))
        printGrant(grant)
        say(io, 'Another operator approves it, after reading the evidence:')
        say(io, `  fincore raw-card approve ${grant.id} --merchant ${options.merchant} --evidence-file …`)
      }),
    )

  withExamples(rawCard.command('approve'), `fincore raw-card approve ${grantExample} --evidence-file saq-d.pdf`)
    .description(
      'Lets a merchant send cards. Only another operator than the asker can. The document that you have read must be the one that was asked with; a grant in force is replaced without a gap.',
    )
    .argument('<grant>', 'grant_…', readId('grant'))
    .addOption(merchantOption())
    .requiredOption('--evidence-file <path>', 'the document that you have read')
    .option('--reason <text>', 'for the audit log')
    .action(
      action<OfMerchant & { evidenceFile: string; reason?: string }>(run, async (options, id = '') => {
        const door = openAdmin(io, options)
        await compareEvidence(door, options, id)
        const grant = await step(door, options, id, 'approve')
        if (options.json) return say(io, toJson(grant))
        printGrant(grant)
      }),
    )

  for (const [name, { does, after }] of Object.entries(steps)) {
    withExamples(rawCard.command(name), `fincore raw-card ${name} ${grantExample} --reason "Certificate may be stolen"`)
      .description(does)
      .argument('<grant>', 'grant_…', readId('grant'))
      .addOption(merchantOption())
      .option('--reason <text>', 'for the audit log')
      .action(
        action<OfMerchant & { reason?: string }>(run, async (options, id = '') => {
          const grant = await step(openAdmin(io, options), options, id, name)
          say(io, options.json ? toJson(grant) : `The grant ${grant.id} is ${grant.status}. ${after}`)
        }),
      )
  }

  withExamples(withListOptions(rawCard.command('list')), `fincore raw-card list ${merchantExample}`)
    .description('Lists a merchant’s grants, the newest first.')
    .addOption(merchantOption())
    .action(
      action<OfMerchant & ListOptions>(run, async (options) => {
        const door = openAdmin(io, options)
        const none = 'The merchant has no grant, and may send no cards.'
        await printList(io, columns, options, { door, path: pathOf(options), none })
      }),
    )

  function printGrant(grant: Grant): void {
    printFields(io, [
      ['Grant', grant.id],
      ['Status', grant.status],
      ['Evidence', `${grant.evidence_kind}, ${grant.evidence_reference}`],
      ['SHA-256', grant.evidence_sha256],
      ['Valid until', grant.valid_until],
      ['From', grant.address_ranges.join(' ')],
      ['Certificates', grant.certificate_fingerprints.join(' ')],
      ['Asked by', grant.requested_by],
      ['Approved by', grant.approved_by],
    ])
  }
}

function pathOf({ merchant }: OfMerchant): string {
  return `/admin/v1/merchants/${merchant}/raw_card_grants`
}

function step(door: Door, options: OfMerchant & { reason?: string }, id: string, name: string): Promise<Grant> {
  const body = options.reason === undefined ? {} : { reason: options.reason }
  return call<Grant>(door, 'POST', `${pathOf(options)}/${id}/${name}`, { body })
}

/** Who approves must have the document before them that was asked with. */
async function compareEvidence(door: Door, options: OfMerchant & { evidenceFile: string }, id: string): Promise<void> {
  const digest = digestOfFile(options.evidenceFile)
  const { rows } = await readList<Grant>(door, pathOf(options))
  const grant = rows.find((one) => one.id === id)
  if (grant === undefined)
    throw new CommandFailure(`The merchant has no grant ${id}.`, '`fincore raw-card list` shows those that there are.')
  if (grant.evidence_sha256 !== digest)
    throw new CommandFailure(
      `${options.evidenceFile} is not the document that ${grant.requested_by} asked with: its SHA-256 is ${digest}, and the grant’s is ${grant.evidence_sha256}.`,
      'Get the document from where it is filed, or have the grant revoked and asked for anew.',
    )
}
