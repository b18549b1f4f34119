import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from './config.ts'
import type { LogFields } from './log.ts'
import { recordsNothing } from './observability/metrics.ts'
import { watchSecretFiles } from './secret-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'fincore-secrets-'))
after(() => rmSync(folder, { recursive: true }))

const tokens = { first: 'first-'.repeat(8), second: 'second-'.repeat(8) }
const env = {
  DATABASE_URL: 'postgres://nowhere',
  ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
  INTERNAL_TOKEN: tokens.first,
  PUBLIC_URL: 'http://127.0.0.1:4000',
  RELAY_URL: 'https://127.0.0.1:4001',
}
const { INTERNAL_TOKEN: _, ...withoutToken } = env

/** The folder of a secret as Kubernetes mounts it: the file is a link through `..data`, and that link is what changes. */
function mount(version: string, text: string): string {
  mkdirSync(join(folder, version))
  writeFileSync(join(folder, version, 'token'), text)
  symlinkSync(version, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  return join(folder, '..data', 'token')
}

test('what a file holds anew is in use without a restart; what is wrong is told by name and not used', async (t) => {
  const file = mount('v1', `${tokens.first}\n`)
  const config = loadConfig({ ...withoutToken, INTERNAL_TOKEN_FILE: file })
  assert.deepEqual(config.internalTokens, [tokens.first])
  const said: string[] = []
  const write = (message: string, fields?: LogFields) => void said.push(`${message}: ${fields?.reason}`)
  const changes: string[] = []
  const job = watchSecretFiles(
    config,
    { log: { debug: write, info: write, warn: write, error: write }, metrics: recordsNothing },
    async (fields) => void changes.push([...fields].join()),
    5,
  )
  t.after(() => job.stop())
  const until = async (isSo: () => boolean) => {
    for (const deadline = Date.now() + 5_000; !isSo() && Date.now() < deadline; ) await sleep(5)
    assert.ok(isSo(), said.join('\n'))
  }
  mount('v2', `${tokens.first},${tokens.second}\n`)
  await until(() => changes.length === 1)
  assert.deepEqual(config.internalTokens, [tokens.first, tokens.second])
  mount('v3', 'short-and-secret\n')
  await until(() => said.length === 2)
  rmSync(join(folder, 'v3', 'token'))
  await until(() => said.length === 3)
  assert.deepEqual(config.internalTokens, [tokens.first, tokens.second])
  mount('v4', tokens.second)
  await until(() => changes.length === 2)
  assert.deepEqual(config.internalTokens, [tokens.second])
  // Written over in its place, as an agent may do.
  writeFileSync(join(folder, 'v4', 'token'), `${tokens.second},${tokens.first}`)
  await until(() => changes.length === 3)
  assert.deepEqual(said, [
    'settings were read again from their files: INTERNAL_TOKEN',
    'a file of a setting is wrong; what it held before stays in use: INTERNAL_TOKEN_FILE must have at least 32 characters',
    'a file of a setting is wrong; what it held before stays in use: INTERNAL_TOKEN_FILE must name a file that this process may read: there is no such file',
    'settings were read again from their files: INTERNAL_TOKEN',
    'settings were read again from their files: INTERNAL_TOKEN',
  ])
  assert.deepEqual(new Set(changes), new Set(['internalTokens']))
})

test('a start names a file that is missing, empty or wrong, and a setting that is given twice', () => {
  const empty = join(folder, 'empty')
  writeFileSync(empty, '\n')
  const cases: [Record<string, string>, RegExp][] = [
    [
      { ...withoutToken, INTERNAL_TOKEN_FILE: join(folder, 'none') },
      /INTERNAL_TOKEN_FILE must name a file .*: there is no such file\./,
    ],
    [{ ...withoutToken, INTERNAL_TOKEN_FILE: empty }, /INTERNAL_TOKEN_FILE names a file that is empty\./],
    [{ ...env, INTERNAL_TOKEN_FILE: empty }, /INTERNAL_TOKEN and INTERNAL_TOKEN_FILE are both set/],
    [{ ...env, INTERNAL_TOKEN: [...'abc'].map((letter) => letter.repeat(32)).join() }, /INTERNAL_TOKEN may be two/],
    [{ ...env, INTERNAL_TOKEN: `${tokens.first},short` }, /INTERNAL_TOKEN must have at least 32 characters/],
    [{ ...env, ENCRYPTION_KMS_KEY_ID: 'alias/fincore' }, /AWS_REGION is missing; ENCRYPTION_KMS_KEY_ID needs it/],
    [{ ...env, BOOTSTRAP_OPERATORS: '[{"name": "alice"' }, /BOOTSTRAP_OPERATORS must be a JSON list/],
  ]
  for (const [wrong, says] of cases)
    assert.throws(
      () => loadConfig(wrong),
      (error) => {
        assert.match(String(error), says)
        assert.doesNotMatch(String(error), /first-|alice/)
        return true
      },
    )
})

test('what is no file of a secret’s size is refused and not waited for, as a pipe that nobody writes to', () => {
  const [pipe, large] = [join(folder, 'pipe'), join(folder, 'large')]
  execFileSync('mkfifo', [pipe])
  writeFileSync(large, 'x'.repeat(65_537))
  for (const file of [pipe, large, folder])
    assert.throws(
      () => loadConfig({ ...withoutToken, INTERNAL_TOKEN_FILE: file }),
      /INTERNAL_TOKEN_FILE must name a file, of 64 KiB at most/,
    )
})
