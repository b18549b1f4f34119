import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { environmentNames, environments } from '../environments.ts'
import { breakRule, dataRules, judgeData } from './data-rules.ts'
import { synthesise } from './synthesise.ts'

for (const name of environmentNames) {
  it(`${name} keeps data, keys and audit as they must be`, () => {
    assert.deepEqual(judgeData(synthesise(name).templates, environments[name]), [])
  })
}

describe('what must be so of data, keys and audit', () => {
  for (const rule of dataRules) {
    it(`is noticed when it is not so: ${rule.says}`, () => {
      const broken = breakRule(synthesise('production').templates, rule)
      assert.deepEqual(judgeData(broken, environments.production), [rule.says])
    })
  }
})
