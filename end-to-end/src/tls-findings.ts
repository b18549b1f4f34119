/** What testssl.sh writes of one check with `--jsonfile`. */
export type Finding = { id: string; severity: string; finding: string }

/** Above "low". `WARN` is a check that could not be made, which shows nothing. */
const faultSeverities = ['WARN', 'MEDIUM', 'HIGH', 'CRITICAL', 'FATAL']

/** What must be found word for word, whatever severity testssl.sh gives it: TLS 1.1 is only "low" to it. */
const expected: Readonly<Record<string, RegExp>> = {
  SSLv2: /^not offered/,
  SSLv3: /^not offered/,
  TLS1: /^not offered/,
  TLS1_1: /^not offered/,
  TLS1_2: /^offered/,
  TLS1_3: /^offered/,
}

/** Further checks that a whole run has made: one that broke off shows nothing. */
const needed = [
  'cipherlist_STRONG',
  'PFS',
  'cipher_order',
  'cert_chain_of_trust',
  'cert_crlRevoked',
  'secure_renego',
  'LUCKY13',
  'RC4',
]

/** Faults that are known, by severity and check, each with the reason why it is none of the relay's. */
export const knownFindings: Readonly<Record<string, string>> = {
  'WARN sessionresumption_ticket':
    'testssl.sh cannot try a ticket where none is given; `tls-profile.test.ts` shows that no session is resumed',
}

/** What speaks against the relay, one line each. Empty: the run has shown what it should. */
export function judgeFindings(findings: readonly Finding[]): string[] {
  const byId = new Map(findings.map((finding) => [finding.id, finding]))
  return [
    ...findings
      .filter(({ id, severity }) => faultSeverities.includes(severity) && !isKnown(id, severity))
      .map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`),
    ...Object.entries(expected)
      .filter(([id, words]) => !words.test(byId.get(id)?.finding ?? ''))
      .map(([id]) => `${id}: ${byId.get(id)?.finding ?? 'not looked at'}`),
    ...needed.filter((id) => !byId.has(id)).map((id) => `${id}: not looked at`),
  ]
}

function isKnown(id: string, severity: string): boolean {
  return Object.hasOwn(knownFindings, `${severity} ${id}`)
}
