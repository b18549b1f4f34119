import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pathInRepository } from './managed-process.ts'

const checker = fileURLToPath(new URL('./check-boundaries.ts', import.meta.url))

/** A copy of some workspaces in which a rule may be broken. */
function copyRepository(test: { after(clean: () => void): void }, workspaces: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'fincore-boundaries-test-'))
  test.after(() => rmSync(root, { recursive: true, force: true }))
  for (const path of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json', ...workspaces]) {
    cpSync(pathInRepository(path), join(root, path), {
      recursive: true,
      filter: (from) => !from.endsWith('node_modules'),
    })
  }
  // Packages are linked one by one, so that the workspaces' own names lead into the copy.
  mkdirSync(join(root, 'node_modules', '@fincore'), { recursive: true })
  for (const name of readdirSync(pathInRepository('node_modules'))) {
    if (name !== '@fincore') symlinkSync(pathInRepository(`node_modules/${name}`), join(root, 'node_modules', name))
  }
  for (const name of workspaces) symlinkSync(join(root, name), join(root, 'node_modules', '@fincore', name))
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

test('each planted violation is found and named', (t) => {
  const root = copyRepository(t, ['api-contract', 'payment-service', 'card-relay'])
  const lines = new Map<string, string[]>()
  for (const { file, line } of plantedViolations) lines.set(file, [...(lines.get(file) ?? []), line])
  for (const [file, imports] of lines) {
    mkdirSync(join(root, file, '..'), { recursive: true })
    writeFileSync(join(root, file), `${imports.join('\n')}\nexport {}\n`)
  }
  const { status, stderr } = check(root)
  assert.equal(status, 1)
  for (const { file, says } of plantedViolations)
    assert.ok(stderr.includes(`${says}: ${file} → `), `${says} at ${file}\n${stderr}`)
})

test('a check that found too few modules fails', (t) => {
  const { status, stderr, stdout } = check(copyRepository(t, ['api-contract']))
  assert.equal(status, 1)
  assert.match(stdout, /^Boundaries: \d+ modules, /)
  assert.match(stderr, /the check itself is broken/)
})
