/**
 * `npm run drill:tls`: testssl.sh (Debian: `apt-get install testssl.sh`) against a running card relay. Takes about two
 * minutes. Ends with 1 when something above "low" was found that is not known and explained, or nothing could be shown.
 */
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type CertificateAuthority, createRevocationList, issueCertificate } from '@fincore/dev/certificates'
import { type RelayProcess, startRelayProcess } from './relay-process.ts'
import { type Finding, judgeFindings, knownFindings } from './tls-findings.ts'

/** Debian's name, and that of its own repository. */
const programNames = ['testssl', 'testssl.sh']
const timeoutMs = 15 * 60_000

async function drill(): Promise<number> {
  const program = programNames.find(isInstalled)
  if (program === undefined) {
    console.error('testssl.sh is not installed, so nothing was shown. On Debian: apt-get install testssl.sh')
    return 1
  }
  const lists = await serveRevocationList()
  const relay = await startRelayProcess({ issueServer: lists.issueServer })
  try {
    console.log(`${program} looks at the card relay at ${relay.url}. This takes some minutes.`)
    const findings = await runTestssl(program, relay)
    const against = judgeFindings(findings)
    console.log(`\n${describeFindings(findings)}\n`)
    for (const line of against) console.error(`Against the relay: ${line}`)
    console.log(against.length === 0 ? 'Nothing above "low" that is not known.' : `${against.length} faults.`)
    return against.length === 0 ? 0 : 1
  } finally {
    await relay.stop()
    lists.close()
  }
}

/** As an operator's authority has it: the certificate names a list of revoked ones, which is there to be read. */
async function serveRevocationList() {
  let list: Buffer = Buffer.alloc(0)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/pkix-crl' }).end(list)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const crlUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/revoked.crl`
  return {
    async issueServer(authority: CertificateAuthority) {
      list = await createRevocationList(authority)
      return issueCertificate(authority, { kind: 'server', commonName: 'localhost', crlUrl })
    },
    close: () => server.close(),
  }
}

function isInstalled(name: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What it says goes to a file beside its JSON; its exit code counts findings, and says nothing that those do not. */
async function runTestssl(program: string, relay: RelayProcess): Promise<Finding[]> {
  const json = join(relay.dataDir, 'findings.json')
  const flags = [
    '--quiet',
    '--color',
    '0',
    '--warnings',
    'batch',
    '--nodns',
    'none',
    '--phone-out',
    '--add-ca',
    relay.certificates.ca,
  ]
  const child = spawn(program, [...flags, '--jsonfile', json, new URL(relay.url).host], { stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGTERM'), timeoutMs)
  await new Promise((done, fail) => child.once('exit', done).once('error', fail))
  clearTimeout(timer)
  return JSON.parse(readFileSync(json, 'utf8'))
}

/** How many checks came to what, and what is not in order. */
function describeFindings(findings: Finding[]): string {
  const counts = [...Map.groupBy(findings, ({ severity }) => severity)].map(
    ([name, group]) => `${group.length} ${name}`,
  )
  const rows = findings
    .filter(({ severity }) => severity !== 'OK' && severity !== 'INFO')
    .map(({ id, severity, finding }) => [severity, id, knownFindings[`${severity} ${id}`] ?? finding])
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0))
  return [
    `${findings.length} checks: ${counts.join(', ')}`,
    ...rows.map(([severity = '', id = '', text]) => `${severity.padEnd(width(0))}  ${id.padEnd(width(1))}  ${text}`),
  ].join('\n')
}

process.exitCode = await drill()
