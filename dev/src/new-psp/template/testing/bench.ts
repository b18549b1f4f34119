import type { Bench } from '@fincore/payment-service/psp-gateway/conformance/bench'
import { nextStep } from '../next-step.ts'

/** newpsp's test environment, in which the suite can provoke all that an adapter must understand. */
export async function openNewpspBench(): Promise<Bench> {
  throw new Error(
    nextStep(3, 'testing/bench.ts', 'open the PSP’s test environment or a stand-in of it, and describe it as a Bench'),
  )
}
