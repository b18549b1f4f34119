import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pathInRepository } from './managed-process.ts'

const checker = fileURLToPath(new URL('./check-boundaries.ts', import.meta.url))

/**
 * Files that say nothing but an import, where the rules look for one: what they import is there, and as empty. The
 * checker's own rules, settings and packages are this repository's.
 */
function plantFiles(test: { after(clean: () => void): void }, imports: ReadonlyMap<string, readonly string[]>): string {
  const root = mkdtempSync(join(tmpdir(), 'fincore-boundaries-test-'))
  test.after(() => rmSync(root, { recursive: true, force: true }))
  const workspaces = new Set([...imports.keys()].map((file) => file.split('/')[0] ?? ''))
  for (const path of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json'])
    cpSync(pathInRepository(path), join(root, path))
  symlinkSync(pathInRepository('node_modules'), join(root, 'node_modules'))
  for (const workspace of workspaces) {
    mkdirSync(join(root, workspace))
    cpSync(pathInRepository(`${workspace}/package.json`), join(root, workspace, 'package.json'))
  }
  for (const [file, lines] of imports) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), `${lines.join('\n')}\nexport {}\n`)
  }
  return root
}

function check(root: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [checker, root], { encoding: 'utf8' })
}

const plantedViolations = [
  { file: 'payment-service/src/payments/planted.ts', line: "import 'node:fs'", says: 'payments-are-pure' },
  { file: 'payment-service/src/payments/planted.ts', line: "import 'pg'", says: 'payments-are-pure' },
  { file: 'card-relay/src/planted.ts', line: "import 'undici'", says: 'relay-imports-node-only' },
  {
    file: 'payment-service/src/flows/planted.ts',
    line: "import '../http/api-server.ts'",
    says: 'nothing-imports-http',
  },
  {
    file: 'payment-service/src/store/planted.ts',
    line: "import '../jobs/run-every.ts'",
    says: 'doors-and-jobs-lie-above-flows',
  },
  {
    file: 'card-relay/src/planted.ts',
    line: "import '../../payment-service/src/ids.ts'",
    says: 'workspaces-by-package-name',
  },
  { file: 'payment-service/src/flows/planted.ts', line: "import 'stripe'", says: 'stand-ins-are-for-tests' },
  {
    file: 'payment-service/src/flows/planted.ts',
    line: "import '@opentelemetry/api'",
    says: 'opentelemetry-behind-one-file',
  },
  {
    file: 'payment-service/src/flows/planted.ts',
    line: "import '../observability/export-spans.ts'",
    says: 'opentelemetry-when-it-is-on',
  },
  { file: 'card-relay/src/planted.ts', line: "import './absent.ts'", says: 'everything-resolves' },
  { file: 'card-relay/src/planted.ts', line: "import './planted.ts'", says: 'no-circles' },
]

const imported = ['http/api-server.ts', 'jobs/run-every.ts', 'ids.ts', 'observability/export-spans.ts']

test('each planted violation is found and named', (t) => {
  const files = new Map<string, string[]>(imported.map((path) => [`payment-service/src/${path}`, []]))
  for (const { file, line } of plantedViolations) files.set(file, [...(files.get(file) ?? []), line])
  const { status, stderr } = check(plantFiles(t, files))
  assert.equal(status, 1)
  for (const { file, says } of plantedViolations)
    assert.ok(stderr.includes(`${says}: ${file} → `), `${says} at ${file}\n${stderr}`)
})

test('a check that found too few modules fails', (t) => {
  const { status, stderr, stdout } = check(plantFiles(t, new Map([['card-relay/src/main.ts', []]])))
  assert.equal(status, 1)
  assert.match(stdout, /^Boundaries: \d+ modules, /)
  assert.match(stderr, /the check itself is broken/)
})
