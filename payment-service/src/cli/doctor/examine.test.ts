import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOnTerminal } from '../testing/fake-terminal.ts'
import { openStubDoor, problemAnswer } from '../testing/stub-door.ts'

const id = (prefix: string) => `${prefix}_${'0'.repeat(26)}`
const daysAhead = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const long = '2020-01-01T00:00:00Z'
const merchants = [{ id: id('mer'), name: 'Shop' }]
const sealed = { writable: true, why: null, oldest_waiting_seconds: 1 }
type Lists = Record<string, object[] | object>

/** What the admin API of a deployment answers, by the ends of its paths. */
const well: Lists = {
  merchants,
  psp_accounts: [{ id: id('pspa'), status: 'active' }],
  check: { result: 'ok', findings: [] },
  api_keys: [{ id: id('key'), hint: 'sk_live_…', revoked_at: null, ends_at: null }],
  raw_card_grants: [{ id: id('grant'), status: 'active', valid_until: daysAhead(200) }],
  unresolved_attempts: [{ id: '1', state: 'action_required' }],
  flagged: [],
  held: [],
  reconciliation_findings: [],
  notices: [],
  status: sealed,
}
const ill: Lists = {
  ...well,
  check: { result: 'error', findings: [{ result: 'error', meaning: 'The PSP refuses the key.' }] },
  api_keys: [
    { id: id('key'), hint: 'sk_test_…', revoked_at: null, ends_at: null },
    { id: id('key'), hint: 'sk_test_…', revoked_at: long, ends_at: null },
    { id: id('key'), hint: 'sk_test_…', revoked_at: null, ends_at: long },
  ],
  raw_card_grants: [
    { id: id('grant'), status: 'requested', valid_until: daysAhead(90) },
    { id: id('grant'), status: 'active', valid_until: daysAhead(30) },
    { id: id('grant'), status: 'active', valid_until: daysAhead(3) },
    { id: id('grant'), status: 'suspended', valid_until: daysAhead(90) },
    { id: id('grant'), status: 'expired', valid_until: daysAhead(-3) },
  ],
  unresolved_attempts: [{ id: '1', state: 'unknown' }],
  flagged: [{ id: '1' }],
  held: [
    { id: '1', received_at: long },
    { id: '2', received_at: new Date().toISOString() },
  ],
  reconciliation_findings: [{ id: '1' }],
  notices: [{ id: '1' }],
  status: { writable: false, why: '42501', oldest_waiting_seconds: null },
}
/** What of the ill one must be found. */
const wrong = [
  'api_answers',
  'audit_log_closed',
  'books_differ',
  'grant_ends_now',
  'grant_ends_soon',
  'grant_suspended',
  'grant_waits',
  'key_of_other_environment',
  'notices_unread',
  'payments_unresolved',
  'psp_account_wrong',
  'psp_events_flagged',
  'psp_events_held',
]

test('doctor finds everything that an operator must mend, and nothing where all is well', async (t) => {
  let lists = well
  const door = await openStubDoor(t, (path) => {
    const { pathname, searchParams } = new URL(path, 'http://stub')
    if (pathname === '/health/ready') return { body: { status: 'ok' } }
    if (pathname === '/admin/v1/deployment')
      return { body: { environment: 'production', operator: 'ada', api_url: door.url, relay_url: door.url } }
    const end = pathname.split('/').at(-1) ?? ''
    const answer = lists[end === 'held_psp_events' ? (searchParams.get('state') ?? '') : end]
    if (answer === undefined) return problemAnswer(404, 'route_not_found')
    return { body: Array.isArray(answer) ? { object: 'list', data: answer, has_more: false } : answer }
  })
  const env = { FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: 'o'.repeat(32), XDG_CONFIG_HOME: '/none' }
  const examine = async () => {
    const { code, out, err } = await runOnTerminal(['doctor', '--json'], { env })
    const findings = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { code: string; result: string; todo: string | null })
    return { code, findings, err }
  }
  const good = await examine()
  assert.equal(good.code, 0, JSON.stringify(good))
  assert.deepEqual(
    good.findings.filter(({ result }) => !['ok', 'unchecked'].includes(result)),
    [],
  )
  assert.ok(good.findings.some(({ code }) => code === 'psp_account_right'))

  const unread = { code: 'reply_not_understood', result: 'unchecked', meaning: 'The PSP answered something else.' }
  lists = { ...well, check: { result: 'ok', findings: [unread] } }
  const unclear = await examine()
  const ofAccount = unclear.findings.filter(({ code }) => code.startsWith('psp_account'))
  assert.deepEqual([unclear.code, ofAccount.map(({ code }) => code)], [0, ['psp_account_unchecked']])

  lists = ill
  const bad = await examine()
  assert.equal(bad.code, 1, bad.err)
  const codes = new Set(bad.findings.map(({ code }) => code))
  for (const code of wrong) assert.ok(codes.has(code), `${code}: ${[...codes]}`)
  assert.equal(bad.findings.filter(({ code }) => code === 'key_of_other_environment').length, 1)
  for (const { result, todo, code } of bad.findings) assert.ok(result === 'ok' || (todo?.length ?? 0) > 20, code)
})

test('doctor goes on where nothing answers, and says so of each door once', async () => {
  const nothing = 'http://127.0.0.1:1'
  const env = {
    FINCORE_ADMIN_URL: nothing,
    FINCORE_OPERATOR_TOKEN: 'o'.repeat(32),
    FINCORE_API_URL: nothing,
    FINCORE_SECRET_KEY: `sk_test_${'k'.repeat(43)}`,
    XDG_CONFIG_HOME: '/none',
  }
  for (const [lacking, codes] of [
    ['FINCORE_CA_FILE', ['admin_not_reached', 'api_not_reached', 'database_unchecked']],
    ['FINCORE_ADMIN_URL', ['admin_unchecked', 'api_not_reached', 'database_unchecked']],
  ] as const) {
    const { code, out, err } = await runOnTerminal(['doctor', '--json'], {
      env: { ...env, [lacking]: '' },
      cwd: '/none',
    })
    const found = out.trimEnd().split('\n')
    assert.deepEqual([code, found.map((line) => JSON.parse(line).code), err], [1, codes, ''])
  }
})
