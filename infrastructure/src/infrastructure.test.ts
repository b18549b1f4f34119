import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from './checks/nag.ts'
import { synthesise } from './checks/synthesise.ts'
import { environmentNames } from './environments.ts'

for (const name of environmentNames) {
  describe(`the ${name} environment`, () => {
    const { app, templates } = synthesise(name)

    it('synthesises its stacks without an account', () => {
      assert.deepEqual(Object.keys(templates).sort(), ['data', 'foundation', 'migrations', 'service'])
    })

    it('has no finding of PCI DSS, AWS Solutions and NIST 800-53, and no suppression that is not needed', () => {
      assert.deepEqual(judge(app), { violations: [], needless: [] })
    })
  })
}
