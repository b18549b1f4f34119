import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

test('a result is of the test file that ran, also where its tests stand in a module that it imports', (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fincore-results-test-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('cases.mjs', `import { it } from 'node:test'\nexport const addCases = () => it('a shared case', () => {})\n`)
  write('one.test.mjs', `import { addCases } from './cases.mjs'\naddCases()\n`)
  write('two.test.mjs', `import { addCases } from './cases.mjs'\naddCases()\n`)
  const reporter = new URL('./result-reporter.ts', import.meta.url).href
  const { stdout } = spawnSync(
    process.execPath,
    ['--test', `--test-reporter=${reporter}`, '--test-reporter-destination=stdout', 'one.test.mjs', 'two.test.mjs'],
    { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } },
  )
  const results = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { file: string; name: string })
  assert.deepEqual(results.map(({ file, name }) => [file, name]).sort(), [
    ['one.test.mjs', 'a shared case'],
    ['two.test.mjs', 'a shared case'],
  ])
})
