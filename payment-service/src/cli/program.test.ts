import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Command } from 'commander'
import { examplesOf } from './action.ts'
import { exitCodes } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { runOnTerminal } from './testing/fake-terminal.ts'
import { openStubDoor, problemAnswer } from './testing/stub-door.ts'

const event = {
  id: `evt_${'0'.repeat(26)}`,
  type: 'ping',
  created_at: '',
  sequence: 1,
  data: { object: { id: 'whe_1' } },
}
let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'fincore-program-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

function listLeaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(listLeaves)
}
/** Words as a shell splits them, as far as the examples need it. */
function splitLine(line: string): string[] {
  const [, words = ''] = /^fincore (.*?)( [<>] \S+)?$/.exec(line) ?? []
  return [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}
const silent = { env: {}, cwd: '/', stdin: process.stdin, onInterrupt: () => () => {} }
function quietProgram(): Command {
  const output = { write: () => true }
  return createProgram({ io: { ...silent, stdout: output, stderr: output }, ending: 'done' })
}

test('every command says what it does, with examples that it understands', async () => {
  const leaves = listLeaves(quietProgram())
  assert.ok(leaves.length >= 30)
  for (const leaf of leaves) {
    assert.match(leaf.description(), /^[A-Z].*\.$/s, leaf.name())
    assert.ok(examplesOf(leaf).length > 0, `${leaf.name()} has no example`)
    for (const line of examplesOf(leaf)) {
      const program = quietProgram()
      const ran: string[] = []
      for (const one of listLeaves(program)) one.action(() => void ran.push(one.description()))
      await program.parseAsync(splitLine(line), { from: 'user' })
      assert.deepEqual(ran, [leaf.description()], line)
    }
  }
})

test('every exit code of the table is had by what it says', async (t) => {
  const door = await openStubDoor(t, (path) =>
    path.startsWith('/v1/events/')
      ? { body: event }
      : path.startsWith('/v1/refunds')
        ? { body: {} }
        : problemAnswer(path.startsWith('/v1') ? 503 : 403, 'no'),
  )
  const [operator, merchant, secret] = ['o'.repeat(32), { FINCORE_API_URL: door.url }, `sk_test_${'k'.repeat(43)}`]
  const env = { XDG_CONFIG_HOME: folder }
  const asOperator = { env: { ...env, FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: operator } }
  const asMerchant = { env: { ...env, ...merchant, FINCORE_SECRET_KEY: secret } }
  const cases = [
    ['done', 'profile list', { env }],
    ['done', '--help', { env }],
    ['found', `events resend ${event.id} --forward-to http://127.0.0.1:1/`, asMerchant],
    ['failed', 'merchants list', { env }],
    ['failed', 'charges list', asMerchant],
    ['refused', 'merchants list', asOperator],
    ['fault', 'refunds list', asMerchant],
    ['usage', 'merchants lits', { env }],
    ['usage', 'keys list --merchant mer_1', { env }],
    ['usage', 'login --admin-url https://fincore.example', { env }],
    ['interrupted', `login --admin-url ${door.url}`, { env, isTTY: true, typed: ['\x03'] }],
  ] as const
  for (const [ending, line, terminal] of cases) {
    const { code, out, err } = await runOnTerminal(line.split(' '), terminal)
    assert.equal(code, exitCodes[ending].code, `${line}: ${out}${err}`)
    assert.ok(ending === 'done' || ending === 'found' || err.length > 20, line)
    for (const text of [operator, secret]) assert.ok(!(out + err).includes(text))
  }
  assert.deepEqual(new Set(cases.map(([ending]) => ending)), new Set(Object.keys(exitCodes)))
})

test('a failure says what happened, why, and what next; for a program as one line', async (t) => {
  const door = await openStubDoor(t, () => problemAnswer(403, 'two_operators_required'))
  const env = { XDG_CONFIG_HOME: folder, FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: 'o'.repeat(32) }
  assert.equal(
    (await runOnTerminal(['merchants', 'list'], { env })).err,
    [
      'FinCore refused it: It may not be (two_operators_required, 403).',
      '  Because.',
      '  More: https://pay.example/docs/errors#two_operators_required',
      '  Request: req_1',
      '',
    ].join('\n'),
  )
  const { out, err } = await runOnTerminal(['merchants', 'list', '--json'], { env })
  assert.equal(out, '')
  const told = JSON.parse(err)
  assert.deepEqual([told.object, told.code, told.request_id], ['error', 'two_operators_required', 'req_1'])
})

test('a failure names the parameter that is wrong, once', async (t) => {
  let detail = 'url must be an absolute address.'
  const door = await openStubDoor(t, () => {
    const { body, ...answer } = problemAnswer(400, 'parameter_invalid')
    return { ...answer, body: { ...(body as object), param: 'url', detail } }
  })
  const env = { XDG_CONFIG_HOME: folder, FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: 'o'.repeat(32) }
  const second = async () => (await runOnTerminal(['merchants', 'list'], { env })).err.split('\n')[1]
  assert.equal(await second(), '  url must be an absolute address.')
  detail = 'It leads nowhere.'
  assert.equal(await second(), '  url: It leads nowhere.')
})

test('what is not FinCore is not believed, and not a word of it is shown', async (t) => {
  const door = await openStubDoor(t, (path) =>
    path.includes('merchants') ? { body: 'trust \x1b[31mme' } : { status: 500, type: 'text/html', body: 'trust me' },
  )
  const env = { XDG_CONFIG_HOME: folder, FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: 'o'.repeat(32) }
  for (const line of ['merchants list', 'audit export --from 2026-01-01 --to 2026-01-02']) {
    const { code, out, err } = await runOnTerminal(line.split(' '), { env })
    assert.equal(code, exitCodes.failed.code)
    assert.match(err, /is not FinCore \(status \d+\)/)
    assert.ok(!(out + err).includes('trust'))
  }
})

test('a list is read page by page, and tells that there is more', async (t) => {
  const rows = Array.from({ length: 250 }, (_, index) => ({
    id: `mer_${String(999 - index)}`,
    name: `Shop \x1b[2J${index}`,
    created_at: 'now',
  }))
  const door = await openStubDoor(t, (path) => {
    const query = new URL(path, 'http://door').searchParams
    const from = rows.findIndex(({ id }) => id === query.get('starting_after')) + 1
    const data = rows.slice(from, from + Number(query.get('limit')))
    return { body: { object: 'list', data, has_more: from + data.length < rows.length } }
  })
  const env = { XDG_CONFIG_HOME: folder, FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: 'o'.repeat(32) }
  const all = await runOnTerminal(['merchants', 'list', '--limit', '1000', '--json'], { env })
  const lines = all.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id)
  assert.deepEqual([lines, door.asked.length, all.err], [rows.map(({ id }) => id), 3, ''])
  const some = await runOnTerminal(['merchants', 'list', '--limit', '2'], { env })
  assert.equal(
    some.out,
    ['ID       NAME        CREATED', 'mer_999  Shop �[2J0  now', 'mer_998  Shop �[2J1  now', ''].join('\n'),
  )
  assert.match(some.err, /There are more: --starting-after mer_998/)
})
