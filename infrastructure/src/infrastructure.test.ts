import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { synthesise } from './checks/synthesise.ts'
import { environmentNames, environments } from './environments.ts'

for (const name of environmentNames) {
  describe(`the ${name} environment`, () => {
    const { templates } = synthesise(environments[name])

    it('synthesises its stacks without an account', () => {
      assert.deepEqual(Object.keys(templates).sort(), ['data', 'foundation', 'service'])
    })
  })
}
