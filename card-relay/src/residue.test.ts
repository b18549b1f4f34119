import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { isLuhnOk } from './card-facts.ts'
import { startWorld } from './testing/relay-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'card-relay-'))
after(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Visa numbers, each another one, with right check digits. */
function makeNumbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const start = `40${String(7_919 * (index + 1)).padStart(7, '3')}${String(index).padStart(6, '58')}`
    const digit = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((last) => isLuhnOk(Buffer.from(start + last)))
    return `${start}${digit}`
  })
}

/** Which of the numbers stand in the writable memory of the process. Linux only, as the relay's containers are. */
function findInMemory(pid: number, numbers: readonly string[]): Set<string> {
  const wanted = new Set(numbers)
  const found = new Set<string>()
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
    const start = Number.parseInt(from, 16)
    const region = Buffer.alloc(from === '' ? 0 : Math.min(Number.parseInt(to, 16) - start, 512 * 1_048_576))
    try {
      readSync(memory, region, 0, region.length, start)
    } catch {
      // A region that was just given back; nothing stands in it any more.
    }
    for (let at = region.indexOf('40'); at >= 0; at = region.indexOf('40', at + 1)) {
      const text = region.toString('latin1', at, at + 16)
      if (wanted.has(text)) found.add(text)
    }
  }
  closeSync(memory)
  return found
}

describe('the memory of the relay’s process', () => {
  it('holds next to none of the cards that it has sent', async () => {
    const world = await startWorld()
    const child = spawn(join(import.meta.dirname, '../start.sh'), {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        NODE: process.execPath,
        RELAY_PORT: '0',
        RELAY_TLS_CERT_FILE: write('cert.pem', world.config.tlsCert),
        RELAY_TLS_KEY_FILE: write('key.pem', world.config.tlsKey),
        RELAY_CLIENT_CA_FILE: write('ca.pem', world.config.clientCa ?? ''),
        RELAY_PSP_CA_FILE: write('ca.pem', world.config.clientCa ?? ''),
        RELAY_PAYMENT_SERVICE_URL: world.config.paymentServiceUrl,
        RELAY_INTERNAL_TOKEN: world.config.internalToken,
        RELAY_PSP_ORIGINS: world.psp.url,
        RELAY_DOCS_URL: world.config.docsUrl,
      },
    })
    const lines = createInterface({ input: child.stdout })
    const url = await new Promise<string>((resolve) => {
      lines.on('line', (line) => line.startsWith('listening ') && resolve(JSON.parse(line.slice(10)).relay))
    })
    world.on.charge = () => ({
      do: 'send',
      attempt: 'att_1',
      to: world.psp.url,
      method: 'POST',
      headers: {},
      body: '{"number":"{{card.number}}","cvc":"{{card.cvc}}"}',
      timeoutMs: 5_000,
      replyFields: [],
    })
    const numbers = makeNumbers(400)
    const agent = new https.Agent({
      keepAlive: true,
      maxSockets: 4,
      ca: world.config.clientCa,
      ...world.certificates.good,
    })
    try {
      for (let at = 0; at < numbers.length; at += 4) {
        const statuses = await Promise.all(numbers.slice(at, at + 4).map((number) => postCard(url, agent, number)))
        assert.deepEqual(statuses, [201, 201, 201, 201])
      }
      assert.equal(world.psp.calls.length, numbers.length)
      // The last requests may still stand in freed memory of Node's own sockets; usually one does. The control: with
      // `Buffer.allocUnsafeSlow` in `card-memory.ts` this finds 54.
      const { size } = findInMemory(child.pid ?? 0, numbers)
      assert.ok(size <= 8, `${size} of ${numbers.length} card numbers were found`)
    } finally {
      agent.destroy()
      child.kill()
      await world.stop()
    }
  })
})

function postCard(url: string, agent: https.Agent, number: string): Promise<number | undefined> {
  const body = JSON.stringify({ payment_method: { card: { number, cvc: '737' } } })
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: 'Bearer sk_test_a',
      'content-type': 'application/json',
      'content-length': body.length,
    }
    const request = https.request(`${url}/v1/charges`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    request.on('error', reject).end(body)
  })
}
