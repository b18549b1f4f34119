import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runOnTerminal, startOnTerminal } from './testing/fake-terminal.ts'
import { openStubDoor, problemAnswer } from './testing/stub-door.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'fincore-listen-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))
const envOf = (url: string, mode = 'test') => ({
  XDG_CONFIG_HOME: folder,
  FINCORE_API_URL: url,
  FINCORE_SECRET_KEY: `sk_${mode}_${'k'.repeat(43)}`,
})
const listen = ['webhooks', 'listen', '--forward-to']

test('events go to this machine alone, of test mode alone, and of types that there are', async (t) => {
  const door = await openStubDoor(t, () => ({ body: { data: [], has_more: false } }))
  const cases = [
    [envOf(door.url, 'live'), ['http://127.0.0.1:1/'], 2, /not one of test mode/],
    [envOf(door.url), ['http://shop.example/hooks'], 64, /is not this machine.*\n.*--allow-remote/],
    [envOf(door.url), ['http://127.0.0.1.shop.example/'], 64, /is not this machine/],
    [envOf(door.url), ['http://user@127.0.0.1:1/'], 64, /--forward-to is an address/],
    [envOf(door.url), ['http://127.0.0.1:1/', '--events', 'charge.capture'], 64, /no type of event charge\.capture/],
  ] as const
  for (const [env, words, code, says] of cases) {
    const ended = await runOnTerminal([...listen, ...words], { env })
    assert.equal(ended.code, code, ended.err)
    assert.match(ended.err, says)
  }
  assert.deepEqual(door.asked, [])
})

test('the secret is shown when it is made and kept; --new-secret makes another', async (t) => {
  const door = await openStubDoor(t, () => ({ body: { data: [], has_more: false } }))
  const secretOf = async (...more: string[]) => {
    const listening = startOnTerminal([...listen, 'http://[::1]:1/', ...more], { env: envOf(door.url) })
    while (!listening.written().err.includes('Ctrl-C')) await new Promise((turn) => setImmediate(turn))
    listening.interrupt()
    const { code, err } = await listening.ended
    assert.equal(code, 0)
    return /whsec_\S+/.exec(err)?.[0]
  }
  const first = await secretOf()
  assert.ok(first)
  assert.equal(await secretOf(), undefined)
  const other = await secretOf('--new-secret')
  assert.ok(other && other !== first)
})

test('a FinCore that is away for a moment is waited for; one that refuses the key ends it', async (t) => {
  let count = 0
  const door = await openStubDoor(t, () => {
    count += 1
    if (count === 2) return problemAnswer(503, 'service_unavailable')
    return count > 2 ? problemAnswer(401, 'api_key_invalid') : { body: { data: [], has_more: false } }
  })
  const ended = await runOnTerminal([...listen, 'http://127.0.0.1:1/'], { env: envOf(door.url) })
  assert.equal(ended.code, 3)
  assert.match(ended.err, /Waiting: .*\(service_unavailable\)[\s\S]*\(api_key_invalid, 401\)/)
})
