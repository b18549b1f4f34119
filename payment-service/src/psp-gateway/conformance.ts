import { after, before, describe, it } from 'node:test'
import type { Bench } from './conformance/bench.ts'
import { addCertaintyCases } from './conformance/certainty-cases.ts'
import { addCheckCases } from './conformance/check-cases.ts'
import { addHostedCases } from './conformance/hosted-cases.ts'
import { addNewWordCases } from './conformance/new-word-cases.ts'
import { addPaymentCases } from './conformance/payment-cases.ts'
import { addRawCardCases } from './conformance/raw-card-cases.ts'
import { addReconciliationCases } from './conformance/reconciliation-cases.ts'
import { addRequestCases } from './conformance/request-cases.ts'
import { addSecrecyCases } from './conformance/secrecy-cases.ts'
import { createSteps } from './conformance/steps.ts'
import { addWebhookCases } from './conformance/webhook-cases.ts'
import type { Psp } from './port.ts'

/** The suite that every adapter must pass. `openBench` starts what it needs; the suite closes it. */
export function runConformance(psp: Psp, openBench: () => Promise<Bench>): void {
  describe(`the ${psp.name} adapter keeps the port's contract`, () => {
    let opened: Bench | undefined
    let failure: unknown
    // A hook that fails would fail every case, and hide its reason among them.
    before(async () => {
      try {
        opened = await openBench()
      } catch (error) {
        failure = error
      }
    })
    after(() => opened?.close())
    it('has a bench that opens', () => {
      if (opened === undefined) throw failure
    })
    const steps = createSteps(psp, () => opened)
    addPaymentCases(psp, steps)
    addCertaintyCases(psp, steps)
    addRawCardCases(psp, steps)
    addHostedCases(psp, steps)
    addWebhookCases(steps)
    addNewWordCases(psp, steps)
    addReconciliationCases(psp, steps)
    addCheckCases(psp, steps)
    addRequestCases(psp, steps)
    addSecrecyCases(psp, steps)
  })
}
