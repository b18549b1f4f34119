import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { runOnTerminal, startOnTerminal } from './testing/fake-terminal.ts'
import { openStubDoor, problemAnswer } from './testing/stub-door.ts'

const token = `op_${'t'.repeat(32)}`
const key = `sk_live_${'k'.repeat(43)}`
const deployment = { object: 'deployment', environment: 'production', operator: 'ada', api_url: '', relay_url: '' }
let folder: string
let env: Record<string, string>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fincore-profiles-'))
  env = { XDG_CONFIG_HOME: join(folder, 'config') }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const path = () => join(folder, 'config', 'fincore', 'profiles.json')
const modeOf = (name: string) => (statSync(name).mode & 0o777).toString(8)

test('a profile is kept where its owner alone can read it, and its secrets are never shown', async (t) => {
  const door = await openStubDoor(t, (url) => ({ body: url.startsWith('/admin') ? deployment : { data: [] } }))
  mkdirSync(join(folder, 'config', 'fincore'), { recursive: true, mode: 0o755 })
  const words = ['login', '--profile', 'live', '--admin-url', door.url, '--api-url', door.url]
  const login = startOnTerminal(words, { env, isTTY: true, typed: [`wrong\x15${token}x\x7f`, key] })
  const { code, out, err } = await login.ended
  assert.equal(code, 0, err)
  assert.deepEqual(login.rawModes, [true, false, true, false])
  assert.match(out, /you are ada, an operator of its production\.\n.*one of live mode/)
  assert.deepEqual([modeOf(path()), modeOf(join(path(), '..'))], ['600', '700'])
  const kept = JSON.parse(readFileSync(path(), 'utf8'))
  assert.deepEqual(
    [kept.current, kept.profiles.live.admin.token, kept.profiles.live.api.secret_key],
    ['live', token, key],
  )

  const listed = await runOnTerminal(['profile', 'list', '--json'], { env })
  assert.equal(JSON.parse(listed.out).operator, 'ada')
  for (const secret of [token, key]) assert.ok(!(out + err + listed.out + listed.err).includes(secret))
  const again = await runOnTerminal([...words, '--token-stdin', '--json'], { env, typed: [token, key] })
  assert.deepEqual(JSON.parse(again.out), JSON.parse(listed.out))
  for (const step of ['use', 'remove'])
    assert.equal(JSON.parse((await runOnTerminal(['profile', step, 'live', '--json'], { env })).out).name, 'live')
  assert.ok(!readFileSync(path(), 'utf8').includes(token))
})

test('a token that is refused, or would cross a network readable, is not kept', async () => {
  const cases = [
    ['http://127.0.0.1:1', 2, /nothing listens there/],
    ['http://fincore.example', 2, /has no TLS, and its token would be readable/],
    ['https://user:pw@fincore.example', 64, /An address is written as/],
  ] as const
  for (const [url, code, says] of cases) {
    const ended = await runOnTerminal(['login', '--admin-url', url, '--token-stdin'], { env, typed: [token] })
    assert.equal(ended.code, code, ended.err)
    assert.match(ended.err, says)
  }
  assert.throws(() => readFileSync(path()), /ENOENT/)
})

test('the address of the one API, given for the other, is told from a wrong path', async (t) => {
  const door = await openStubDoor(t, () => problemAnswer(404, 'route_not_found'))
  for (const [option, says] of [
    ['--admin-url', /but not with the admin API\./],
    ['--api-url', /but not with the API\./],
  ] as const) {
    const ended = await runOnTerminal(['login', option, door.url, '--token-stdin'], { env, typed: [token] })
    assert.equal(ended.code, 2, ended.err)
    assert.match(ended.err, says)
  }
  assert.throws(() => readFileSync(path()), /ENOENT/)
})

test('profiles that others can read are not used, and a broken file is not quoted', async () => {
  mkdirSync(join(path(), '..'), { recursive: true })
  writeFileSync(path(), '{"current": null, "profiles": {}}', { mode: 0o600 })
  chmodSync(path(), 0o640)
  const open = await runOnTerminal(['merchants', 'list'], { env })
  assert.match(open.err, /can be read by others[\s\S]*chmod 600/)
  chmodSync(path(), 0o600)
  writeFileSync(path(), `{"token": "${token}", broken`)
  const broken = await runOnTerminal(['merchants', 'list'], { env })
  assert.deepEqual(
    [broken.code, /cannot be read as profiles/.test(broken.err), broken.err.includes(token)],
    [2, true, false],
  )
})

test('an address and its secret come from one place: a named profile, the environment, the one in use, development', async (t) => {
  const seen: string[] = []
  const door = await openStubDoor(t, (url, { headers }) => {
    seen.push(String(headers.authorization).slice(7))
    return { body: url === '/admin/v1/deployment' ? deployment : { object: 'list', data: [], has_more: false } }
  })
  const list = async (more: Record<string, string>, ...words: string[]) => {
    seen.length = 0
    const ended = await runOnTerminal(['merchants', 'list', ...words], { env: { ...env, ...more }, cwd: folder })
    return ended.code === 0 ? seen.join() : ended.err
  }
  mkdirSync(join(folder, '.fincore'))
  const dev = {
    admin: door.url,
    api: door.url,
    secret_key: 'sk_test_dev',
    ca: join(folder, 'ca.pem'),
    operators: [
      { name: 'alice', token: 'of-alice' },
      { name: 'bob', token: 'of-bob' },
    ],
  }
  writeFileSync(join(folder, '.fincore', 'dev.json'), JSON.stringify(dev))
  writeFileSync(dev.ca, 'none')
  assert.equal(await list({}), 'of-alice')
  assert.equal(await list({}, '--as', 'bob'), 'of-bob')
  // It says whose secret it takes.
  for (const [words, who] of [
    [['merchants', 'list', '--as', 'bob'], 'bob'],
    [['charges', 'list'], 'its merchant'],
  ] as const) {
    const { err } = await runOnTerminal([...words], { env, cwd: folder })
    assert.ok(err.includes(`Using the development FinCore at ${door.url}, as ${who}.`), err)
  }
  for (const name of ['one', 'two'])
    await runOnTerminal(['login', '--profile', name, '--admin-url', door.url, '--token-stdin'], {
      env,
      typed: [`of-${name}`],
    })
  assert.equal(await list({}), 'of-two')
  assert.match(await list({}, '--as', 'bob'), /--as names an operator of the development FinCore/)
  const described = { FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: 'of-env' }
  assert.equal(await list(described), 'of-env')
  assert.equal(await list(described, '--profile', 'one'), 'of-one')
  assert.match(await list({ FINCORE_ADMIN_URL: door.url }), /FINCORE_OPERATOR_TOKEN is not/)
  // What a merchant's server knows is no operator's.
  assert.equal(await list({ FINCORE_API_URL: door.url, FINCORE_SECRET_KEY: key }), 'of-two')
})
