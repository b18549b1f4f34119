import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathInRepository } from '../managed-process.ts'
import { makePsp } from './make-psp.ts'

const gateway = 'payment-service/src/psp-gateway'

describe('npm run new-psp', () => {
  let root: string
  let written: string[]
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'fincore-new-psp-'))
    cpSync(pathInRepository('payment-service'), join(root, 'payment-service'), { recursive: true })
    symlinkSync(pathInRepository('node_modules'), join(root, 'node_modules'))
    written = makePsp(root, 'acmepay')
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  it('makes a folder with the new name all through, whose every import is there, and registers it', () => {
    assert.ok(written.includes(`${gateway}/acmepay/acmepay.test.ts`))
    for (const path of written) {
      const text = readFileSync(join(root, path), 'utf8')
      assert.doesNotMatch(text, /newpsp|@fincore\/payment-service/i, path)
      for (const [, imported = ''] of text.matchAll(/ from '(\.[^']+)'/g))
        assert.ok(existsSync(join(root, dirname(path), imported)), `${path} imports ${imported}`)
    }
    const registry = readFileSync(join(root, gateway, 'registry.ts'), 'utf8')
    assert.match(registry, /^import \{ acmepayPsp \} from '\.\/acmepay\/acmepay\.ts'$/m)
    assert.match(registry, /^ {2}acmepay: acmepayPsp,$/m)
  })

  it('fails conformance once, and says what is next', () => {
    const files = ['acmepay.test.ts', 'outcomes.test.ts'].map((file) => join(root, gateway, 'acmepay', file))
    const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    assert.equal(status, 1)
    assert.match(
      stdout,
      /Next \(step 3 of docs\/adding-a-psp\.md\): answer as the PSP does .* in payment-service\/src\/psp-gateway\/acmepay\/testing\/bench\.ts\./,
    )
    assert.match(stdout, /^ℹ fail 1$/m)
    assert.match(stdout, /✔ reads a decline whose code FinCore has no word for/)
  })

  it('overwrites nothing, and takes only a name that can be one', () => {
    assert.throws(() => makePsp(root, 'acmepay'), /There is .*acmepay already/)
    assert.throws(() => makePsp(root, 'sandbox'), /already/)
    for (const name of ['', 'a', '../x', 'Acme', 'acme pay', '1st'])
      assert.throws(() => makePsp(root, name), /A PSP’s name is/)
  })
})
