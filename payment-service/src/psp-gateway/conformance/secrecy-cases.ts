import assert from 'node:assert/strict'
import type { Psp } from '../port.ts'
import { type Steps, toText } from './steps.ts'

/** An account’s set-up, and that nothing of it is ever said. The last cases: they look at all that was said before. */
export function addSecrecyCases(psp: Psp, steps: Steps): void {
  const { bench, it, keep, said } = steps
  it('finds a wrong set-up when it is made', () => {
    assert.deepEqual(psp.preflight(bench().account), [])
    const { optional, ofAnyForm } = bench().settings
    for (const group of ['config', 'credentials'] as const) {
      for (const name of Object.keys(bench().account[group])) {
        const field = `${group}.${name}`
        const mayBeMissing = optional.includes(field)
        for (const value of [
          '',
          ...(ofAnyForm.includes(field) ? [] : ['wrong']),
          ...(mayBeMissing ? [] : [undefined]),
        ]) {
          const broken = { ...bench().account, [group]: { ...bench().account[group], [name]: value } }
          const findings = keep(psp.preflight(broken))
          const now = new Date()
          try {
            psp.payments.lookUp(broken, {
              kind: 'authorize',
              reference: 'att_1',
              payment: null,
              sentAt: now,
              askedAt: now,
            })
          } catch (error) {
            keep(String(error))
          }
          assert(
            findings.some((finding) => finding.severity === 'error' && finding.field === field),
            field,
          )
        }
      }
    }
    const { credentials } = bench().account
    const [first = '', second = ''] = Object.keys(credentials)
    const swapped = { ...credentials, [first]: credentials[second] ?? '', [second]: credentials[first] ?? '' }
    assert.notEqual(keep(psp.preflight({ ...bench().account, credentials: swapped })).length, 0)
  })

  it('says which account at the PSP it is, whatever its keys are', () => {
    const { account, strangersAccount } = bench()
    const identity = keep(psp.identify(account))
    assert.deepEqual(psp.identify(strangersAccount), identity)
    assert.equal(psp.identify({ ...account, config: {}, credentials: {} }).mode.isLive, false, 'live without saying so')
  })

  it('puts no credential and no card number into anything that it says', () => {
    const text = toText(said)
    const secrets = [
      ...Object.values(bench().account.credentials),
      ...Object.values(bench().strangersAccount.credentials),
      ...[...Object.values(bench().cards), ...bench().declines.map(({ card }) => card)].map(
        (card) => card?.number ?? '',
      ),
    ]
    assert(text.length > 10_000)
    for (const secret of secrets) assert(!text.includes(secret), 'a secret was said')
  })
}
