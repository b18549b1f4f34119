import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const folder = import.meta.dirname
const sources = globSync('*.ts', { cwd: folder }).filter((name) => !name.endsWith('.test.ts'))
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

/** An assessor shall read it in an hour. Blank lines, comments and imports do not count, and neither do tests. */
const mostLines = 1_000
const isCode = (line: string) => !/^(\s*(\/\/|\/?\*|$)|import )/.test(line)

describe('the size of the card relay', () => {
  it(`is less than ${mostLines} lines of code`, (context) => {
    const counts = sources.map((name) => ({ name, lines: read(name).split('\n').filter(isCode).length }))
    const sum = counts.reduce((total, { lines }) => total + lines, 0)
    context.diagnostic(`${sum} lines of code in ${sources.length} files`)
    assert.ok(sources.length > 10 && sum > 500, 'the count itself is broken')
    assert.ok(sum < mostLines, `${sum} lines of code`)
  })

  it('is no matter of long lines', () => {
    const lines = sources.flatMap((name) => read(name).split('\n').filter(isCode))
    assert.deepEqual(
      lines.filter((line) => line.length > 120),
      [],
    )
  })

  it('has no dependencies, and nothing that is installed with it', () => {
    const { devDependencies, ...rest } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'))
    assert.ok(Object.keys(devDependencies).length > 0, 'the file itself was not read')
    assert.deepEqual(
      Object.keys(rest).filter((key) => /dependencies|scripts/i.test(key)),
      [],
    )
  })

  it('imports Node’s own modules, its own files and types', () => {
    const pattern = /^(?:import|export) (type )?.*?from '([^']+)'|\b(?:import|require)\(/gm
    const imports = sources.flatMap((name) => {
      return [...read(name).matchAll(pattern)].map(([text, type, from = text]) => ({
        name,
        from,
        isType: type !== undefined,
      }))
    })
    assert.equal(imports.length, sources.flatMap((name) => read(name).match(/^import /gm) ?? []).length)
    assert.ok(imports.length > 50, 'the imports themselves were not found')
    for (const { name, from, isType } of imports) {
      const isOwn = /^\.\/[a-z-]+\.(ts|json)$/.test(from)
      assert.ok(
        from.startsWith('node:') || isOwn || (isType && from.startsWith('@fincore/api-contract/')),
        `${name}: ${from}`,
      )
    }
  })
})
