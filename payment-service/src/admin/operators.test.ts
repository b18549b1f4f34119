import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditedService, operators, startAuditedService } from '../audit/testing/audited-service.ts'
import type { PaymentService } from '../payment-service.ts'
import { digestOf } from '../secrets.ts'

let world: AuditedService
before(async () => {
  world = await startAuditedService()
})
after(() => world.close())

const hex = (token: string) => digestOf(token).toString('hex')
/** The name that a token signs in with; null when it is refused. */
async function signIn(token: string, service: PaymentService = world.service): Promise<string | null> {
  const response = await fetch(`${service.addresses.admin}/admin/v1/deployment`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.ok([200, 401, 403].includes(response.status), String(response.status))
  return response.ok ? String(((await response.json()) as { operator: string }).operator) : null
}
async function callAs(token: string, path: string, body: object = {}): Promise<{ status: number; code?: string }> {
  const response = await fetch(`${world.service.addresses.admin}/admin/v1/operators${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { code } = (await response.json()) as { code?: string }
  return { status: response.status, ...(code === undefined ? {} : { code }) }
}
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) if (await isSo()) return
  assert.fail('it did not come to be so')
}
const { ada, ben } = operators

test('an operator comes in when one has asked and another approved the same token, and not before', async () => {
  const token = 'c'.repeat(43)
  const ask = () => callAs(ada, '', { name: 'carol', token_digest: hex(token) })
  assert.deepEqual(await ask(), { status: 201 })
  assert.equal(await signIn(token), null)
  const approve = (by: string, digest = hex(token)) => callAs(by, '/carol/approve', { token_digest: digest })
  assert.deepEqual(await approve(ada), { status: 403, code: 'two_operators_required' })
  assert.deepEqual(await approve(ben, hex('another')), { status: 400, code: 'parameter_invalid' })
  assert.deepEqual(await approve(ben), { status: 200 })
  assert.deepEqual(await approve(ben), { status: 409, code: 'conflict' })
  await until(async () => (await signIn(token)) === 'carol')
  // A token that is lost is replaced in the same way; the old one is good until then.
  const another = 'C'.repeat(43)
  await callAs(ben, '', { name: 'carol', token_digest: hex(another) })
  assert.equal(await signIn(token), 'carol')
  await callAs(ada, '/carol/approve', { token_digest: hex(another) })
  await until(async () => (await signIn(token)) === null && (await signIn(another)) === 'carol')
  // Nobody gets the token of somebody else: then it would not be known who acted.
  await callAs(ada, '', { name: 'twin', token_digest: hex(another) })
  assert.deepEqual(await callAs(ben, '/twin/approve', { token_digest: hex(another) }), {
    status: 409,
    code: 'conflict',
  })
})

test('who is disabled is out at once, on every process, and what was asked with it is void', async () => {
  const [token, friend] = ['d'.repeat(43), 'f'.repeat(43)]
  await callAs(ada, '', { name: 'dora', token_digest: hex(token) })
  await callAs(ben, '/dora/approve', { token_digest: hex(token) })
  await until(async () => (await signIn(token)) === 'dora')
  await callAs(token, '', { name: 'friend', token_digest: hex(friend) })
  assert.deepEqual(await callAs(token, '/dora/disable'), { status: 409, code: 'conflict' })
  assert.deepEqual(await callAs(ben, '/dora/disable', { reason: 'Left.' }), { status: 200 })
  await until(async () => (await signIn(token)) === null)
  assert.deepEqual(await callAs(ben, '/friend/approve', { token_digest: hex(friend) }), {
    status: 409,
    code: 'conflict',
  })
  assert.deepEqual(await callAs(ben, '/nobody/disable'), { status: 404, code: 'resource_not_found' })
})

test('a call that was under way when its operator was disabled does nothing, least of all give the operator a token', async () => {
  const [token, rolled] = ['h'.repeat(43), 'i'.repeat(43)]
  await callAs(ada, '', { name: 'hugo', token_digest: hex(token) })
  await callAs(ben, '/hugo/approve', { token_digest: hex(token) })
  await until(async () => (await signIn(token)) === 'hugo')
  const db = await world.owner.connect()
  await db.query('begin')
  await db.query(
    `update operators set token_digest = null, disabled_at = now(), disabled_by = 'ben' where name = 'hugo'`,
  )
  const calls = [callAs(token, '/hugo/token', { token_digest: hex(rolled) }), callAs(token, '/ada/disable')]
  await sleep(300)
  await db.query('commit')
  db.release()
  const refused = { status: 401, code: 'operator_required' }
  assert.deepEqual(await Promise.all(calls), [refused, refused])
  assert.deepEqual(await Promise.all([token, rolled, ada].map((one) => signIn(one))), [null, null, 'ada'])
})

test('settings bring back no token that was rolled, and nobody who was disabled; new ones in their file do, at once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-operators-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [operatorsFile, tokenFile] = [join(folder, 'operators'), join(folder, 'token')]
  const write = (list: Record<string, string>) =>
    writeFileSync(operatorsFile, JSON.stringify(Object.entries(list).map(([name, token]) => ({ name, token }))))
  const [eve, fay] = ['e'.repeat(40), 'g'.repeat(40)]
  write({ ...operators, eve, fay })
  writeFileSync(tokenFile, 'old-'.repeat(9))
  const start = (roles: string) =>
    world.start({
      ROLES: roles,
      BOOTSTRAP_OPERATORS: '',
      BOOTSTRAP_OPERATORS_FILE: operatorsFile,
      INTERNAL_TOKEN: '',
      INTERNAL_TOKEN_FILE: tokenFile,
    })
  const first = await start('admin')
  const rolled = 'r'.repeat(43)
  assert.deepEqual(await callAs(ada, '/eve/token', { token_digest: hex(rolled) }), {
    status: 403,
    code: 'two_operators_required',
  })
  assert.deepEqual(await callAs(eve, '/eve/token', { token_digest: hex(rolled) }), { status: 200 })
  await callAs(ada, '/fay/disable')
  const again = await start('api,admin')
  t.after(() => again.stop())
  await first.stop()
  assert.deepEqual(await Promise.all([eve, rolled, fay].map((token) => signIn(token, again))), [null, 'eve', null])
  const askInternal = async (token: string) => {
    const response = await fetch(`${again.addresses.internal}/internal/stray_numbers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    return response.status
  }
  assert.deepEqual([await askInternal('old-'.repeat(9)), await askInternal('new-'.repeat(9))], [400, 401])
  // The relay changes while the service takes both.
  writeFileSync(tokenFile, `${'old-'.repeat(9)},${'new-'.repeat(9)}`)
  const fayAnew = 'G'.repeat(40)
  write({ ...operators, eve, fay: fayAnew })
  await until(async () => (await signIn(fayAnew, again)) === 'fay' && (await askInternal('new-'.repeat(9))) === 400)
  assert.equal(await askInternal('old-'.repeat(9)), 400)
  assert.equal(await signIn(rolled, again), 'eve')
  // A process that still has the settings of before gives nobody an old token back, and lets nobody in who was put out.
  await callAs(ada, '/fay/disable')
  const stale = await world.start({
    ROLES: 'admin',
    BOOTSTRAP_OPERATORS: JSON.stringify([{ name: 'fay', token: fay }]),
  })
  t.after(() => stale.stop())
  assert.deepEqual(await Promise.all([fay, fayAnew].map((token) => signIn(token, stale))), [null, null])
})
