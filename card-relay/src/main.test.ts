import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

function start(env: Record<string, string>) {
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

describe('the relay’s process', () => {
  it('says where it listens in one line, and ends cleanly on SIGTERM', async () => {
    const authority = await makeAuthority('Process authority')
    const own = await authority.issue({ name: 'relay', use: 'server' })
    const child = start({
      RELAY_PORT: '0',
      RELAY_TLS_CERT_FILE: write('cert.pem', own.cert),
      RELAY_TLS_KEY_FILE: write('key.pem', own.key),
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

  it('names every missing setting and does not start', async () => {
    const child = start({})
    let errors = ''
    child.stderr.on('data', (data) => {
      errors += data
    })
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 1)
    assert.equal(errors.trim().split('\n').length, 7)
  })
})
