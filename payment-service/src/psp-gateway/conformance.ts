import { after, before, describe } from 'node:test'
import type { Bench } from './conformance/bench.ts'
import { addCertaintyCases } from './conformance/certainty-cases.ts'
import { addCheckCases } from './conformance/check-cases.ts'
import { addHostedCases } from './conformance/hosted-cases.ts'
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
    before(async () => {
      opened = await openBench()
    })
    after(() => opened?.close())
    const steps = createSteps(psp, () => {
      if (opened === undefined) throw new Error('A case used the bench before it was open')
      return opened
    })
    addPaymentCases(psp, steps)
    addCertaintyCases(psp, steps)
    addRawCardCases(psp, steps)
    addHostedCases(psp, steps)
    addWebhookCases(steps)
    addReconciliationCases(psp, steps)
    addCheckCases(psp, steps)
    addRequestCases(psp, steps)
    addSecrecyCases(psp, steps)
  })
}
