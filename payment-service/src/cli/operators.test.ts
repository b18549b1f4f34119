import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runOnTerminal } from './testing/fake-terminal.ts'
import { openStubDoor, problemAnswer } from './testing/stub-door.ts'

const deployment = { object: 'deployment', environment: 'production', operator: 'ada', api_url: '', relay_url: '' }
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('a token is made on its owner’s machine: FinCore is told the digest, and the profile has the new one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-operators-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const env = { XDG_CONFIG_HOME: folder }
  let refuses = false
  const door = await openStubDoor(t, (url) =>
    url.endsWith('/token')
      ? refuses
        ? problemAnswer(503, 'audit_log_unavailable')
        : { body: { object: 'operator', id: 'ada', name: 'ada', status: 'active' } }
      : { body: deployment },
  )
  const first = `op_${'t'.repeat(32)}`
  await runOnTerminal(['login', '--admin-url', door.url, '--token-stdin'], { env, typed: [first] })
  const tokenOf = () =>
    JSON.parse(readFileSync(join(folder, 'fincore', 'profiles.json'), 'utf8')).profiles.default.admin.token
  refuses = true
  assert.notEqual((await runOnTerminal(['operators', 'roll-token'], { env })).code, 0)
  assert.equal(tokenOf(), first, 'one that FinCore has not taken is not kept')
  refuses = false
  const rolled = await runOnTerminal(['operators', 'roll-token'], { env })
  assert.equal(rolled.code, 0, rolled.err)
  assert.match(tokenOf(), /^op_[\w-]{43}$/)
  assert.notEqual(tokenOf(), first)
  assert.ok(!(rolled.out + rolled.err).includes(tokenOf()))
  assert.ok(door.asked.includes('POST /admin/v1/operators/ada/token'))

  const file = join(folder, 'token.txt')
  const made = await runOnTerminal(['operators', 'new-token', '--token-file', file, '--json'], { env })
  const token = readFileSync(file, 'utf8').trim()
  assert.deepEqual(JSON.parse(made.out), { object: 'operator_token', token_digest: sha256(token) })
  assert.equal((statSync(file).mode & 0o777).toString(8), '600')
  const slip = await runOnTerminal(['operators', 'add', 'carol', '--token-digest', token], { env })
  assert.equal(slip.code, 64)
  assert.match(slip.err, /It is not the token, which you must not pass on/)
  assert.ok(!slip.err.includes(token))
})
