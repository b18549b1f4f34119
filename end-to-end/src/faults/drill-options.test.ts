import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commandOf, phaseNames, readSettings } from './drill-options.ts'

describe('the arguments of the fault drill', () => {
  it('are all optional', () => {
    const whole = { seed: 1, payments: 2_000, minutes: 6, phases: phaseNames, markdown: false }
    assert.deepEqual(readSettings([]), whole)
  })
  it('come back in the command that runs it again', () => {
    const args = ['--seed', '7', '--payments', '900', '--minutes', '3', '--only', 'steps,pool']
    const settings = readSettings(args)
    assert.ok(!('wrong' in settings))
    assert.deepEqual(settings.phases, ['steps', 'pool'])
    assert.equal(commandOf(settings), `npm run drill:faults -- ${args.join(' ')}`)
  })
  for (const [args, said] of [
    [['--only', 'kills'], /--only takes calm, network/],
    [['--only', ''], /--only takes/],
    [['--seeds', '7'], /--seeds/],
    [['7'], /7/],
    [['--seed'], /--seed/],
    [['--seed', 'x'], /--seed must/],
    [['--payments', '9'], /--payments must/],
    [['--minutes', '10'], /--minutes must/],
  ] as const) {
    it(`are refused with a line: ${args.join(' ')}`, () => {
      const settings = readSettings(args)
      assert.ok('wrong' in settings)
      assert.match(settings.wrong.join(), said)
    })
  }
})
