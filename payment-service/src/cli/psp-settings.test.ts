import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startOnTerminal, type TerminalSettings } from './testing/fake-terminal.ts'
import { openStubDoor } from './testing/stub-door.ts'

const secret = `sk_test_${'a'.repeat(24)}`
const credentials = {
  secret_key: secret,
  publishable_key: `pk_test_${'a'.repeat(24)}`,
  webhook_secret: `whsec_${'a'.repeat(24)}`,
}
let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'fincore-psp-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))
const addStripe = ['psp', 'add', '--merchant', `mer_${'0'.repeat(26)}`, '--psp', 'stripe']

async function add(url: string, words: string[], settings: Partial<TerminalSettings> = {}) {
  const env = { XDG_CONFIG_HOME: folder, FINCORE_ADMIN_URL: url, FINCORE_OPERATOR_TOKEN: 'o'.repeat(32) }
  return startOnTerminal([...addStripe, ...words], { env, ...settings }).ended
}

test('credentials are asked for by the adapter’s own table, or come from a file, and are never shown', async (t) => {
  const bodies: unknown[] = []
  const door = await openStubDoor(t, (_path, request) => {
    request.on('data', (chunk) => bodies.push(JSON.parse(String(chunk))))
    return { status: 201, body: { id: 'pspa_1', psp: 'stripe', findings: [], webhook_url: 'https://pay.example/w' } }
  })
  const file = join(folder, 'stripe.json')
  writeFileSync(file, JSON.stringify(credentials))
  const typed = await add(door.url, [], { isTTY: true, typed: Object.values(credentials) })
  const fromFile = await add(door.url, ['--credentials-file', file])
  assert.deepEqual([typed.code, fromFile.code], [0, 0], typed.err + fromFile.err)
  assert.match(typed.err, /^secret_key \(a secret or restricted key, which begins with/)
  assert.deepEqual(bodies, [
    { psp: 'stripe', config: {}, credentials },
    { psp: 'stripe', config: {}, credentials },
  ])
  for (const text of Object.values(credentials)) assert.ok(!JSON.stringify([typed, fromFile]).includes(text))
})

test('what cannot be right is told before anything is sent, and nothing of it is quoted', async (t) => {
  const door = await openStubDoor(t, () => ({ body: {} }))
  const file = (name: string, value: unknown) => {
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))
    return ['--credentials-file', join(folder, name)]
  }
  const cases: [string[], number, RegExp][] = [
    [['--config', `secret_key=${secret}`], 64, /every user of this machine can read it/],
    [
      file('swapped.json', { ...credentials, publishable_key: secret }),
      64,
      /credentials\.publishable_key cannot be right/,
    ],
    [file('less.json', { secret_key: secret }), 64, /credentials\.publishable_key cannot be right/],
    [file('broken.json', `{"secret_key": "${secret}"`), 2, /must be one JSON object of texts/],
    [file('deep.json', { secret_key: { of: secret } }), 2, /must be one JSON object of texts/],
    [['--credentials-file', join(folder, 'none.json')], 2, /cannot be read \(ENOENT\)/],
    [[], 64, /no terminal to ask on.*\n.*--credentials-file/],
  ]
  for (const [words, code, says] of cases) {
    const ended = await add(door.url, words)
    assert.equal(ended.code, code, ended.err)
    assert.match(ended.err, says)
    assert.ok(!(ended.out + ended.err).includes(secret))
  }
  assert.deepEqual(door.asked, [])
})
