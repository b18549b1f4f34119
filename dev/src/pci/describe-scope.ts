import { table } from '../doc-page.ts'
import type { MerchantScope } from './read-scope.ts'

const evidenceWords: Readonly<Record<string, string>> = {
  saq_d: 'SAQ D',
  roc_aoc: 'Report on Compliance with its attestation',
}

/** The merchants' scope in words: which questionnaire each flow leads to, and what stands behind raw cards. */
export function describeScope(merchants: readonly MerchantScope[]): string {
  const isActive = ({ grants }: MerchantScope) => grants.some(({ status }) => status === 'active')
  return [
    '# The merchants’ scope',
    '',
    `${merchants.length} merchants, ${merchants.filter(isActive).length} of which may send raw cards now. A merchant without an active grant can send none.`,
    '',
    table(
      [
        'Merchant',
        'Hosted (SAQ A)',
        'Fields (SAQ A, with the confirmation)',
        'Server to server (SAQ D or ROC)',
        'Keys for raw cards',
        'May send raw cards',
      ],
      merchants.map((merchant) => [
        `${oneLine(merchant.name)} \`${merchant.merchant}\``,
        String(merchant.charges.hosted),
        String(merchant.charges.token),
        String(merchant.charges.raw_card),
        String(merchant.rawCardKeys),
        isActive(merchant) ? 'yes' : 'no',
      ]),
    ),
    '',
    'Charges are those of the last 90 days.',
    '',
    '## Grants in force, suspended, or asked for',
    '',
    table(
      ['Merchant', 'Grant', 'State', 'Until', 'Evidence', 'Asked and approved by', 'From', 'Certificates'],
      merchants.flatMap(({ merchant, grants }) =>
        grants.map((grant) => [
          `\`${merchant}\``,
          `\`${grant.id}\``,
          grant.status,
          grant.validUntil,
          `${evidenceWords[grant.evidence] ?? grant.evidence} of ${grant.evidenceDate}: ${oneLine(grant.reference)}, SHA-256 \`${grant.sha256}\``,
          `${oneLine(grant.askedBy)}, ${oneLine(grant.approvedBy ?? 'nobody yet')}`,
          grant.addressRanges.join(' '),
          grant.certificates.map((fingerprint) => `\`${fingerprint}\``).join(' '),
        ]),
      ),
    ),
    '',
  ].join('\n')
}

/** Names and references are free text: nothing of them may look like Markdown of ours. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[\\`*_[\]<>]/g, '\\$&')
}
