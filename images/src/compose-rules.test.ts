import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathInRepository } from '@fincore/dev/managed-process'
import { databaseLogSettings } from '@fincore/payment-service/store/database-log'
import { composeRules, findBroken, lintCompose, listReachable } from './compose-rules.ts'

const path = pathInRepository('compose.yaml')
const text = readFileSync(path, 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'fincore-compose-'))
after(() => rmSync(folder, { recursive: true }))

/** For each rule, edits of compose.yaml of which each alone breaks it. */
const breaks: Record<string, [string, string][]> = {
  'pinned-image': [
    ['fincore/card-relay:0.1.0', 'fincore/card-relay:latest'],
    [/postgres:18.*/.exec(text)?.[0] ?? '', 'postgres:18-bookworm'],
  ],
  unprivileged: [
    ['user: "999:999"', 'user: "0:0"'],
    ['cap_drop: [ALL]', 'cap_drop: [NET_RAW]'],
    ['no-new-privileges:true', 'seccomp:unconfined'],
  ],
  'read-only': [['read_only: true', 'read_only: false']],
  'no-core-file': [['core: 0', 'nofile: 1024']],
  bounded: [
    ['mem_limit: 512m', 'shm_size: 512m'],
    ['max-size: 20m', 'tag: fincore'],
  ],
  restarted: [
    ['restart: unless-stopped', 'restart: "no"'],
    ['stop_grace_period: 30s', 'stop_grace_period: 10s'],
  ],
  'own-namespaces': [
    ['- database:/var/lib/postgresql', '- /var/run/docker.sock:/var/run/docker.sock:ro'],
    ['shm_size: 256m', 'pid: host'],
  ],
  'closed-doors': [
    ['127.0.0.1:4002:4002', '0.0.0.0:4002:4002'],
    ['127.0.0.1:4000:4000', '4000:4000'],
  ],
  'secrets-in-files': [['BOOTSTRAP_OPERATORS_FILE: /run/secrets/operators', 'BOOTSTRAP_OPERATORS: x']],
  segmented: [
    ['networks: [cards, relay-door]', 'networks: [cards, database-api, relay-door]'],
    ['database-worker:\n    internal: true', 'database-worker: {}'],
  ],
}

test('every rule finds what breaks it', () => {
  assert.deepEqual(
    Object.keys(breaks),
    composeRules.map(({ name }) => name),
  )
  for (const [rule, edits] of Object.entries(breaks)) {
    for (const [find, replacement] of edits) {
      assert.ok(find !== '' && text.includes(find), find)
      const found = findBroken(text.replace(find, replacement)).map((finding) => finding.rule)
      assert.ok(found.includes(rule), `${rule} does not find “${replacement}”, only ${found.join(', ') || 'nothing'}`)
    }
  }
})

test('dclint’s own findings count', () => {
  const file = join(folder, 'compose.yaml')
  writeFileSync(file, `version: "3"\n${text}`)
  assert.ok(lintCompose(file).some(({ rule }) => rule === 'no-version-field'))
})

test('FinCore’s compose file has no finding, and starts the version that this is', () => {
  assert.deepEqual(lintCompose(path), [])
  const { version } = JSON.parse(readFileSync(pathInRepository('package.json'), 'utf8')) as { version: string }
  const versions = [...text.matchAll(/image: fincore\/[a-z-]+:(\S+)/g)].map(([, found]) => found)
  assert.deepEqual(new Set(versions), new Set([version]))
})

test('who can reach whom is what docs/one-host.md says', () => {
  const reachable = Object.entries(listReachable(text)).map(
    ([name, others]) => `| \`${name}\` | ${others.map((other) => `\`${other}\``).join(', ')} |`,
  )
  const page = readFileSync(pathInRepository('docs/one-host.md'), 'utf8')
  for (const row of reachable) assert.ok(page.includes(row), `docs/one-host.md lacks the row ${row}`)
})

test('the database logs no value, and has every setting that FinCore looks for', () => {
  for (const [name, [value]] of Object.entries(databaseLogSettings))
    assert.ok(text.includes(`- ${name}=${value}\n`), name)
})
