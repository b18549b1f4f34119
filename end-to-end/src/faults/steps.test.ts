import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { steps } from './steps.ts'

const store = fileURLToPath(import.meta.resolve('@fincore/payment-service/store/pool')).replace(/[^/]+$/, '')
const sources = globSync('*.ts', { cwd: store }).map((file) => readFileSync(`${store}${file}`, 'utf8'))
/** One piece for each statement that the store sends, with its name. */
const statements = sources.flatMap((source) => source.split(/(?=\bquery(?:<[^()]*>)?\()/))

describe('a step of the fault drill that is a statement', () => {
  for (const step of steps) {
    const place = step.place({ key: '', amount: 0 })
    if (!('statement' in place)) continue
    it(`stands in the store: ${step.name} (${step.victim})`, () => {
      const isSent = statements.some((text) => place.statement({ link: '', text, transaction: '' }))
      const isCommitted = place.statement({ link: '', text: '?????commit', transaction: sources.join() })
      assert.ok(isSent || isCommitted)
    })
  }
})
