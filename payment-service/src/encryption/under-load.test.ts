import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testPrograms } from '@fincore/dev/test-programs'
import { type AuditedService, startAuditedService } from '../audit/testing/audited-service.ts'
import type { PaymentService } from '../payment-service.ts'
import { countByKey } from '../store/stored-secrets.ts'
import { openKeyRing } from './key-ring.ts'
import { rotateEncryption } from './rotate.ts'

let world: AuditedService
let second: PaymentService
before(async () => {
  world = await startAuditedService()
  second = await world.start()
})
after(async () => {
  await second.stop()
  await world.close()
})

/** As an operator runs it, in a process of its own. */
async function runCommand(command: string): Promise<{ code: number; out: string; errors: string }> {
  const child = spawn(process.execPath, [testPrograms.fincore, 'encryption', command, '--json'], {
    env: {
      DATABASE_URL: world.database.appUrl,
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      INTERNAL_TOKEN: 'i'.repeat(40),
      PUBLIC_URL: 'http://127.0.0.1:4000',
      RELAY_URL: 'https://127.0.0.1:4001',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const told = { out: '', errors: '' }
  child.stdout.on('data', (chunk) => (told.out += chunk))
  child.stderr.on('data', (chunk) => (told.errors += chunk))
  const [code] = await once(child, 'close')
  return { code, ...told }
}

test('two services take requests while the keys are rotated twice, and lose none', { timeout: 120_000 }, async (t) => {
  const doors = [world.service.addresses.api ?? '', second.addresses.api ?? '']
  const merchants = await Promise.all(Array.from({ length: 4 }, () => world.merchant()))
  const failures: string[] = []
  const answered = { made: 0, shownAgain: 0, read: 0 }
  const finished = new AbortController()
  const ask = async (
    door: number,
    key: string,
    method: string,
    path: string,
    more: { id?: string; body?: object } = {},
  ) => {
    const response = await fetch(`${doors[door % 2]}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(method === 'POST'
          ? { 'idempotency-key': more.id ?? randomUUID(), 'content-type': 'application/json' }
          : {}),
      },
      ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
    })
    const body = (response.status === 204 ? {} : await response.json()) as Record<string, unknown>
    if (!response.ok) failures.push(`${method} ${path}: ${response.status} ${body.code}`)
    return body
  }
  /** What one process seals the other opens: a repeat shows the secret again, from the sealed row. */
  const shop = async (index: number): Promise<void> => {
    const { key, account } = merchants[index] ?? { key: '', account: '' }
    for (let round = index; !finished.signal.aborted; round++) {
      const order = { id: randomUUID(), body: { url: 'http://127.0.0.1:9/hook' } }
      const made = await ask(round, key, 'POST', '/webhook_endpoints', order)
      answered.made += 1
      const again = await ask(round + 1, key, 'POST', '/webhook_endpoints', order)
      if (again.secret !== made.secret) failures.push('another secret was shown')
      answered.shownAgain += 1
      const rolled = await ask(round + 1, key, 'POST', `/webhook_endpoints/${made.id}/rotate_secret`, { body: {} })
      if (!String(rolled.secret).startsWith('whsec_')) failures.push('no secret was shown')
      for (const { deps } of [world.service, second])
        if ((await deps.directory.findPspAccount(account))?.credentials.secret_key === undefined)
          failures.push('an account is gone')
      answered.read += 2
      await ask(round, key, 'DELETE', `/webhook_endpoints/${made.id}`)
      // Enough of them at any moment, and a machine that has something else to do as well.
      await sleep(60)
    }
  }
  /** Until some have been answered that began after now. */
  const more = async () => {
    const from = answered.made
    while (failures.length === 0 && answered.made < from + merchants.length + 1) await sleep(5)
  }
  const shops = merchants.map((_, index) => shop(index))
  await more()
  const first = await runCommand('rotate')
  await more()
  const { pool, config, log } = world.service.deps
  const lines: string[] = []
  const ring = await openKeyRing(pool, config, log)
  await rotateEncryption({ pool, settings: config, ring, tell: (line) => void lines.push(line) })
  while (failures.length === 0 && Math.min(answered.made, answered.shownAgain) <= 10) await more()
  finished.abort()
  await Promise.all(shops)
  assert.equal(first.code, 0, first.errors)
  assert.equal(JSON.parse(first.out).key, 1)
  for (const said of [first.errors, lines.join('\n')]) {
    assert.match(said, /2 of 2 processes know the new key\./)
    assert.match(said, /2 of 2 processes seal with it\./)
  }
  assert.deepEqual(failures, [])
  assert.deepEqual([...(await countByKey(world.owner)).keys()], [2])
  const status = JSON.parse((await runCommand('status')).out)
  assert.deepEqual(
    status.keys.map((key: { number: number; state: string }) => `${key.number} ${key.state}`),
    ['0 seed', '1 retired', '2 active'],
  )
  assert.equal(status.processes.length, 2)
  t.diagnostic(JSON.stringify(answered))
})
