import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { makeAuthority } from './testing/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'card-relay-'))
after(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const main = join(import.meta.dirname, 'main.ts')
const startScript = join(import.meta.dirname, '../start.sh')

/** As an operator starts it, whatever else stands in the environment. */
function start(env: Record<string, string>, flags: string[] = []) {
  const foreign = { NODE: process.execPath, SECRET_OF_ANOTHER: 'a b', NODE_OPTIONS: '--no-deprecation' }
  return spawn(startScript, flags, { env: { ...foreign, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Its exit code and what it said on stderr, without Node's own warnings. */
async function waitForRefusal(child: ReturnType<typeof start>): Promise<{ code: unknown; lines: string[] }> {
  let errors = ''
  child.stderr.on('data', (data) => {
    errors += data
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, lines: errors.split('\n').filter((line) => line.startsWith('card-relay: ')) }
}

describe('the relay’s process', () => {
  it('says where it listens in one line, and ends cleanly on SIGTERM', async () => {
    const authority = await makeAuthority('Process authority')
    const own = await authority.issue({ name: 'relay', use: 'server' })
    const child = start({
      RELAY_PORT: '0',
      RELAY_TLS_CERT_FILE: write('cert.pem', own.cert),
      // Of many lines, as it comes from a secrets manager.
      RELAY_TLS_KEY: own.key,
      RELAY_CLIENT_CA_FILE: write('ca.pem', authority.cert),
      RELAY_PAYMENT_SERVICE_URL: 'http://127.0.0.1:9',
      RELAY_INTERNAL_TOKEN: 'i'.repeat(32),
      RELAY_PSP_ORIGINS: 'https://api.psp.example',
      RELAY_DOCS_URL: 'http://127.0.0.1:4000/docs',
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      if (line.includes('"started"')) child.kill('SIGTERM')
    }
    assert.equal(await ended, 0)
    assert.match(lines[0] ?? '', /^listening \{"relay":"https:\/\/127\.0\.0\.1:\d+"\}$/)
    const events = lines.slice(1).map((line) => JSON.parse(line).event)
    assert.deepEqual(events, ['started', 'stopping', 'stopped'])
  })

  it('says which setting to change when its port is taken', async () => {
    const authority = await makeAuthority('Port authority')
    const own = await authority.issue({ name: 'relay', use: 'server' })
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { code, lines } = await waitForRefusal(
      start({
        RELAY_PORT: String((holder.address() as AddressInfo).port),
        RELAY_TLS_CERT_FILE: write('cert.pem', own.cert),
        RELAY_TLS_KEY_FILE: write('key.pem', own.key),
        RELAY_CLIENT_CA_FILE: write('ca.pem', authority.cert),
        RELAY_PAYMENT_SERVICE_URL: 'http://127.0.0.1:9',
        RELAY_INTERNAL_TOKEN: 'i'.repeat(32),
        RELAY_PSP_ORIGINS: 'https://api.psp.example',
        RELAY_DOCS_URL: 'http://127.0.0.1:4000/docs',
      }),
    )
    holder.close()
    assert.deepEqual([code, lines], [1, ['card-relay: RELAY_PORT cannot be used (EADDRINUSE); choose another.']])
  })

  it('names every missing setting and does not start', async () => {
    const { code, lines } = await waitForRefusal(start({}))
    assert.equal(code, 1)
    assert.equal(lines.length, 7, lines.join('\n'))
  })

  it('does not start without what `start.sh` sees to, and names each thing that is missing', async () => {
    const bare = spawn(process.execPath, [main], { env: { PATH: '/bin' }, stdio: ['ignore', 'pipe', 'pipe'] })
    const { code, lines } = await waitForRefusal(bare)
    assert.equal(code, 1)
    // Whoever runs the tests may have forbidden core files to all that they start.
    const mayDump = !/^Max core file size +\d+ +0 /m.test(readFileSync('/proc/self/limits', 'utf8'))
    assert.deepEqual(
      lines.map((line) => line.replace('card-relay: not started as by start.sh: ', '')),
      [
        'it may read files that are not its own',
        'it may write files',
        'it may start child processes',
        'it may start workers',
        'it may load addons',
        'it may use WASI',
        'it may be inspected',
        'SIGUSR1 opens a debugger',
        'strings may become code',
        '__proto__ exchanges prototypes',
        'the language’s own objects may be changed',
        ...(mayDump ? ['a core file may be written'] : []),
        'memory that is freed is not overwritten',
        'its environment holds more than RELAY_…',
      ],
    )
  })

  const openings: [flags: string[], lines: string[]][] = [
    [['--allow-fs-write=/tmp'], ['Node has other flags than it needs']],
    [['--allow-fs-read=/var/lib'], ['Node has other flags than it needs']],
    [[`--allow-fs-read=${join(import.meta.dirname, '..')}`], ['Node has other flags than it needs']],
    [['--import=data:text/javascript,0'], ['Node has other flags than it needs']],
    [
      ['--allow-fs-read=/etc', '--allow-worker', '--allow-inspector'],
      [
        'it may read files that are not its own',
        'it may start workers',
        'it may be inspected',
        'Node has other flags than it needs',
      ],
    ],
  ]
  for (const [flags, expected] of openings) {
    it(`does not start with ${flags.join(' ')} beside the flags that it needs`, async () => {
      const { code, lines } = await waitForRefusal(start({}, flags))
      assert.equal(code, 1)
      assert.deepEqual(
        lines,
        expected.map((line) => `card-relay: not started as by start.sh: ${line}`),
      )
    })
  }

  it('has each of its flags explained in the README', () => {
    const folder = join(import.meta.dirname, '..')
    const flags = readFileSync(join(folder, 'node-flags'), 'utf8').matchAll(/^(--\S+) +(.+)$/gm)
    const rows = Array.from(flags, ([, flag, closes]) => `| \`${flag}\` | ${closes} |`)
    assert.ok(rows.length >= 6)
    assert.ok(readFileSync(join(folder, 'README.md'), 'utf8').includes(rows.join('\n')), rows.join('\n'))
  })
})
