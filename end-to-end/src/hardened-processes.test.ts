import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { limits } from '@fincore/card-relay/limits'
import { createHttpClient } from '@fincore/dev/http-client'
import { pathInRepository } from '@fincore/dev/managed-process'
import { requestsEndWithinMs } from '@fincore/payment-service/stop-sequence'
import { startCardDoorPair } from './card-door-pair.ts'
import { type ProcessFacts, readProcess } from './linux-process.ts'
import { type RelayProcess, startRelayProcess } from './relay-process.ts'

const { SIGUSR1 } = constants.signals
const run = promisify(execFile)

describe('the card relay’s process', () => {
  let relay: RelayProcess
  let facts: ProcessFacts
  before(async () => {
    relay = await startRelayProcess()
    facts = readProcess(relay.pid)
  })
  after(() => relay.stop())

  it('leaves no core file', () => {
    assert.deepEqual(facts.coreLimit, ['0', '0'])
  })

  it('has nothing in its environment but its settings, and what glibc is told', () => {
    // glibc ends each of its own settings where it has read it.
    const told = 'glibc.malloc.tcache_count'
    assert.deepEqual([facts.environment.GLIBC_TUNABLES, facts.environment[told]], ['glibc.malloc.perturb=165', '0'])
    const settings = Object.keys(facts.environment).filter((name) => name !== told)
    assert.deepEqual(settings.sort(), [
      'GLIBC_TUNABLES',
      'RELAY_CLIENT_CA_FILE',
      'RELAY_DOCS_URL',
      'RELAY_INTERNAL_TOKEN',
      'RELAY_PAYMENT_SERVICE_URL',
      'RELAY_PORT',
      'RELAY_PSP_CA_FILE',
      'RELAY_PSP_ORIGINS',
      'RELAY_TLS_CERT_FILE',
      'RELAY_TLS_KEY_FILE',
    ])
  })

  it('runs with every flag of `node-flags`, and may read its source and its certificates alone', () => {
    const listed = readFileSync(pathInRepository('card-relay/node-flags'), 'utf8').matchAll(/^--\S+/gm)
    const flags = facts.commandLine.filter((part) => part.startsWith('--'))
    for (const [flag] of listed) assert.ok(flags.includes(flag), flag)
    const { ca, serverCert, serverKey } = relay.certificates
    const mayRead = flags.filter((flag) => flag.startsWith('--allow-'))
    assert.deepEqual(
      [...new Set(mayRead)].sort(),
      // The last one ends it with the development launcher.
      [pathInRepository('card-relay/src'), ca, serverCert, serverKey, pathInRepository('dev/src/exit-with-parent.ts')]
        .map((path) => `--allow-fs-read=${path}`)
        .sort(),
    )
  })

  it('has the time to send a card, hear of the PSP and report it before it ends, and ends before an engine kills it', () => {
    const chargeMs = requestsEndWithinMs({ pspTimeoutMs: 10_000 })
    assert.ok(limits.shutdownMs >= chargeMs + 2 * limits.reportTimeoutMs)
    const compose = readFileSync(pathInRepository('compose.yaml'), 'utf8')
    const [, seconds] = /stop_grace_period: (\d+)s/.exec(compose) ?? []
    assert.ok(limits.shutdownMs + 2_000 < Number(seconds) * 1000)
  })

  it('opens no port on SIGUSR1, and goes on', async () => {
    await assertNoDebugger(relay.pid)
    const client = createHttpClient({ ca: relay.certificates.ca })
    assert.equal((await client.send('GET', `${relay.url}/health/ready`)).status, 200)
    await client.close()
  })

  it('is refused whatever it does not need: its own flags, with a probe in its place', async () => {
    const probe = join(relay.dataDir, 'probe.mjs')
    const written = join(relay.dataDir, 'written')
    writeFileSync(probe, probeSource)
    const [program = '', ...rest] = facts.commandLine
    const flags = rest.filter((part) => part.startsWith('--') && !part.startsWith('--import='))
    const { stdout } = await run(program, [...flags, `--allow-fs-read=${probe}`, probe, written], { env: {} })
    assert.deepEqual(JSON.parse(stdout), {
      eval: 'EvalError',
      'new Function': 'EvalError',
      'a child process': 'ERR_ACCESS_DENIED',
      'a worker': 'ERR_ACCESS_DENIED',
      'an addon': 'ERR_DLOPEN_DISABLED',
      WASI: 'ERR_ACCESS_DENIED',
      'an inspector': 'ERR_ACCESS_DENIED',
      'reading a foreign file': 'ERR_ACCESS_DENIED',
      'listing a folder': 'ERR_ACCESS_DENIED',
      'writing a file': 'ERR_ACCESS_DENIED',
      'a heap snapshot': 'ERR_ACCESS_DENIED',
      'exchanging a prototype': 'ERR_PROTO_ACCESS',
      'changing what every array does': 'TypeError',
      'reading its own source': 'done',
    })
  })
})

describe('the payment service’s process', () => {
  it('leaves no core file, opens no debugger, and has no more in its environment than it is given', async (t) => {
    const pair = await startCardDoorPair()
    t.after(() => pair.stop())
    const facts = readProcess(pair.paymentServicePid)
    assert.deepEqual(facts.coreLimit, ['0', '0'])
    for (const name of ['NODE', 'TEST_POSTGRES_URL', 'npm_lifecycle_event', 'SHELL', 'USER'])
      assert.equal(facts.environment[name], undefined, name)
    await assertNoDebugger(pair.paymentServicePid)
  })
})

/** Node opens a debugger's port within milliseconds of the signal, where it has a handler for it. */
async function assertNoDebugger(pid: number): Promise<void> {
  const before = readProcess(pid)
  assert.ok(!before.caughtSignals.includes(SIGUSR1), 'it has a handler for SIGUSR1')
  process.kill(pid, 'SIGUSR1')
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.deepEqual(readProcess(pid).listeningPorts, before.listeningPorts)
  assert.notDeepEqual(before.listeningPorts, [])
}

/** Tries everything once and says what it came to: the error's code, or its name, or `done`. */
const probeSource = `
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import inspector from 'node:inspector'
import v8 from 'node:v8'
import { WASI } from 'node:wasi'
import { Worker } from 'node:worker_threads'
const attempts = {
  eval: () => (0, eval)('1'),
  'new Function': () => new Function('return 1')(),
  'a child process': () => { const { error } = spawnSync('/bin/true'); if (error) throw error },
  'a worker': () => new Worker('1', { eval: true }),
  'an addon': () => process.dlopen({ exports: {} }, '/nowhere.node'),
  WASI: () => new WASI({ version: 'preview1' }),
  'an inspector': () => inspector.open(0),
  'reading a foreign file': () => fs.readFileSync('/etc/passwd'),
  'listing a folder': () => fs.readdirSync('/'),
  'writing a file': () => fs.writeFileSync(process.argv[2], ''),
  'a heap snapshot': () => v8.writeHeapSnapshot(process.argv[2]),
  'exchanging a prototype': () => { ({}).__proto__ = {} },
  'changing what every array does': () => { Array.prototype.map = () => [] },
  'reading its own source': () => fs.readFileSync(process.argv[1]),
}
const came = {}
for (const [what, attempt] of Object.entries(attempts)) {
  try { attempt(); came[what] = 'done' } catch (error) { came[what] = error.code ?? error.name }
}
console.log(JSON.stringify(came))
process.exit(0)
`
